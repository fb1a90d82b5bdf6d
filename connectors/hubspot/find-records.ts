import { isObject, listOf, textOf, type JsonBody } from './classify-failure.ts'
import type { HubspotApi } from './client.ts'
import { recordId } from './encode-change.ts'
import { pathOf } from './object-type.ts'
import { foldKey, maxInputs, mergedIds, readBody } from './requests.ts'
import { malformed } from './transport.ts'

export type FoundRecord = { readonly id: string; readonly properties: JsonBody }

/** The records that a property's values name; several where the property is not unique. */
export type FoundRecords = (value: string) => readonly FoundRecord[]

export type Lookup = {
  readonly object: string
  readonly property: string
  readonly values: readonly string[]
  /** What to bring of them beside the property itself. */
  readonly properties: readonly string[]
}

/** Archived records are not found. */
export async function findRecords(api: HubspotApi, lookup: Lookup, signal: AbortSignal): Promise<FoundRecords> {
  const { object, property } = lookup
  const byKey = new Map<string, FoundRecord[]>()
  for (const values of cutValues(lookup)) {
    const part = { ...lookup, values }
    const records = isSearched(object, property) ? searchRecords(api, part, signal) : readRecords(api, part, signal)
    for (const record of await records) {
      for (const key of keysOf(record, property)) {
        const others = (byKey.get(key) ?? []).filter(({ id }) => id !== record.id)
        byKey.set(key, [...others, record])
      }
    }
  }
  return (value) => byKey.get(foldKey(property, value)) ?? []
}

/** Values as many as one request may ask for, each once. One that no search can hold is not asked for, and so not found. */
export function cutValues(lookup: Lookup): readonly (readonly string[])[] {
  const isLong = (values: readonly string[]) =>
    isSearched(lookup.object, lookup.property) &&
    Buffer.byteLength(JSON.stringify(searchBody({ ...lookup, values }))) > maxSearchBytes
  const parts: string[][] = [[]]
  for (const value of new Set(lookup.values)) {
    if (isLong([value])) continue
    const part = parts.at(-1) ?? []
    if (part.length > 0 && (part.length === maxInputs || isLong([...part, value]))) parts.push([value])
    else part.push(value)
  }
  return parts.filter((part) => part.length > 0)
}

/** Merged records live on under a new id, and are still found by those that they had. */
function keysOf(record: FoundRecord, property: string): readonly string[] {
  if (property !== recordId) return [foldKey(property, textOf(record.properties[property]) ?? '')]
  return [...new Set([record.id, ...mergedIdsOf(record)])]
}

/** The ids of the records that were merged into this one; none where they were not asked for. */
export const mergedIdsOf = ({ properties }: FoundRecord): readonly string[] =>
  (textOf(properties[mergedIds]) ?? '')
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each !== '')

/** A company's domain finds it, but HubSpot does not hold it unique: only the search knows it. */
export const isSearched = (object: string, property: string) =>
  property === 'domain' && (object === 'company' || object === 'companies' || object === '0-2')

async function readRecords(api: HubspotApi, lookup: Lookup, signal: AbortSignal): Promise<readonly FoundRecord[]> {
  const type = pathOf(lookup.object)
  return api.call<readonly FoundRecord[]>({
    label: `POST /crm/v3/objects/${type}/batch/read`,
    docs: readDocs,
    signal,
    send: (sdk) => sdk.batch.read(type, readBody(lookup.property, lookup.values, lookup.properties)),
    // Records that are not there are errors of a 207.
    read: readRecordList,
    recover: ({ status, code }) => (status === 404 && code === 'OBJECT_NOT_FOUND' ? { value: [] } : undefined),
  })
}

async function searchRecords(api: HubspotApi, lookup: Lookup, signal: AbortSignal): Promise<readonly FoundRecord[]> {
  const type = pathOf(lookup.object)
  const records: FoundRecord[] = []
  let after: string | undefined
  do {
    const body = searchBody(lookup, after)
    const page = await api.call({
      label: `POST /crm/v3/objects/${type}/search`,
      docs: searchDocs,
      signal,
      endpoint: searches,
      send: (sdk) => sdk.request('POST', `/crm/v3/objects/${encodeURIComponent(type)}/search`, body),
      read: (answer) => ({ records: readRecordList(answer), after: nextPage(answer) }),
    })
    records.push(...page.records)
    after = page.after
  } while (after !== undefined)
  if (lookup.properties.length === 0) return records
  // Names of properties may be longer than the body of a search.
  const properties = [lookup.property, ...lookup.properties]
  const byId = { object: lookup.object, property: recordId, values: records.map(({ id }) => id), properties }
  const read: FoundRecord[] = []
  for (const values of cutValues(byId)) read.push(...(await readRecords(api, { ...byId, values }, signal)))
  return read
}

/** https://developers.hubspot.com/docs/api-reference/search/guide : five requests a second, 200 records a page, 3,000 characters a body. */
export const searchBody = ({ property, values }: Lookup, after = '0') => ({
  limit: pageSize,
  // Described as required, on the first page too.
  after,
  sorts: [recordId],
  properties: [property],
  filterGroups: [{ filters: [{ propertyName: property, values: [...values], operator: 'IN' }] }],
})

function nextPage({ paging }: JsonBody): string | undefined {
  const next = isObject(paging) ? paging['next'] : undefined
  return isObject(next) ? textOf(next['after']) : undefined
}

function readRecordList({ results }: JsonBody): readonly FoundRecord[] {
  if (!Array.isArray(results)) throw malformed('answered a reading of records without a list of results')
  return listOf(results).flatMap(({ id, properties, archived }) =>
    typeof id === 'string' && archived !== true ? [{ id, properties: isObject(properties) ? properties : {} }] : [],
  )
}

const pageSize = 200
// HubSpot takes five a second of an account.
const searches = { name: 'search', ratePerSecond: 4 }
// Of 3,000; `after` grows.
const maxSearchBytes = 2_900
export const readDocs =
  'https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-read'
export const searchDocs =
  'https://developers.hubspot.com/docs/api-reference/crm-objects-v3/search/post-crm-v3-objects-objectType-search'
