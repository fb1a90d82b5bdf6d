import { isObject, listOf, textOf, type JsonBody } from './classify-failure.ts'
import type { HubspotApi } from './client.ts'
import { recordId } from './encode-change.ts'
import { aliasProperty, pathOf } from './object-type.ts'
import { foldKey, maxInputs, readBody, type Lookup } from './requests.ts'
import { malformed } from './transport.ts'

export type FoundRecord = { readonly id: string; readonly properties: JsonBody }

/** The records that a property's values name; several where the property is not unique. */
export type FoundRecords = (value: string) => readonly FoundRecord[]

/**
 * Archived records are not found. Whether HubSpot compares a property's values without case it does not say: what it finds for
 * a value that no record has to the letter is the one that has it in another case. Where that is another value's, too, it is
 * asked again for this one alone.
 */
export async function findRecords(api: HubspotApi, lookup: Lookup, signal: AbortSignal): Promise<FoundRecords> {
  const { object, property } = lookup
  const byKey = new Map<string, FoundRecord[]>()
  const byOtherCase = new Map<string, FoundRecord[]>()
  const asked = new Set(lookup.values.map((value) => foldKey(property, value)))
  for (const values of cutValues(lookup)) {
    const part = { ...lookup, values }
    const records = isSearched(object, property) ? searchRecords(api, part, signal) : readRecords(api, part, signal)
    for (const record of await records) {
      const keys = keysOf(record, lookup)
      for (const key of keys) addRecord(byKey, key, record)
      if (keys.some((key) => asked.has(key))) continue
      for (const key of keys) addRecord(byOtherCase, key.toLowerCase(), record)
    }
  }
  const { true: exact = [], false: others = [] } = Object.groupBy(asked, (key) => `${byKey.has(key)}`)
  const taken = new Set(exact.map((key) => key.toLowerCase()))
  const twins = others.filter((key) => taken.has(key.toLowerCase()))
  const foundTwins = twins.length === 0 ? undefined : await findRecords(api, { ...lookup, values: twins }, signal)
  return (value) => {
    const key = foldKey(property, value)
    return byKey.get(key) ?? foundTwins?.(key) ?? byOtherCase.get(key.toLowerCase()) ?? []
  }
}

function addRecord(records: Map<string, FoundRecord[]>, key: string, record: FoundRecord): void {
  const others = (records.get(key) ?? []).filter(({ id }) => id !== record.id)
  records.set(key, [...others, record])
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

/** The values by which a record is found: its own, and those that it has beside it. */
const keysOf = (record: FoundRecord, of: Finder): readonly string[] => [
  ...new Set([ownKeyOf(record, of), ...aliasesOf(record, of)]),
]

export type Finder = Pick<Lookup, 'object' | 'property'>

export const ownKeyOf = ({ id, properties }: FoundRecord, { property }: Finder): string =>
  property === recordId ? id : foldKey(property, textOf(properties[property]) ?? '')

/** The ids that were merged into a record, a contact's further addresses; none where they were not asked for. */
export function aliasesOf({ properties }: FoundRecord, { object, property }: Finder): readonly string[] {
  const name = aliasProperty(object, property)
  const text = name === undefined ? undefined : textOf(properties[name])
  return (text ?? '')
    .split(';')
    .map((each) => foldKey(property, each))
    .filter((each) => each !== '')
}

/** A company's domain finds it, but HubSpot does not hold it unique: only the search knows it. */
export const isSearched = (object: string, property: string) =>
  property === 'domain' && (object === 'company' || object === 'companies' || object === '0-2')

async function readRecords(api: HubspotApi, lookup: Lookup, signal: AbortSignal): Promise<readonly FoundRecord[]> {
  const type = pathOf(lookup.object)
  return api.call<readonly FoundRecord[]>({
    label: `POST /crm/v3/objects/${type}/batch/read`,
    readsOnly: true,
    docs: readDocs,
    signal,
    send: (sdk) => sdk.batch.read(type, readBody(lookup)),
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
      readsOnly: true,
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
