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
  const values = [...new Set(lookup.values)]
  for (let from = 0; from < values.length; from += maxInputs) {
    const part = { ...lookup, values: values.slice(from, from + maxInputs) }
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

/** Merged records live on under a new id, and are still found by those that they had. */
function keysOf({ id, properties }: FoundRecord, property: string): readonly string[] {
  if (property !== recordId) return [foldKey(property, textOf(properties[property]) ?? '')]
  const merged = (textOf(properties[mergedIds]) ?? '').split(';').map((each) => each.trim())
  return [...new Set([id, ...merged.filter((each) => each !== '')])]
}

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
      send: (sdk) => sdk.request('POST', `/crm/v3/objects/${encodeURIComponent(type)}/search`, body),
      read: (answer) => ({ records: readRecordList(answer), after: nextPage(answer) }),
    })
    records.push(...page.records)
    after = page.after
  } while (after !== undefined)
  return records
}

/** https://developers.hubspot.com/docs/api-reference/search/guide : four requests a second, 200 records a page. */
export const searchBody = ({ property, values, properties }: Lookup, after = '0') => ({
  limit: pageSize,
  // Described as required, on the first page too.
  after,
  sorts: [recordId],
  properties: [...new Set([property, ...properties])],
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
export const readDocs =
  'https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-read'
export const searchDocs =
  'https://developers.hubspot.com/docs/api-reference/crm-objects-v3/search/post-crm-v3-objects-objectType-search'
