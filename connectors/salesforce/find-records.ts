import type { Change, JsonObject } from 'millrace'
import { allPages } from './all-pages.ts'
import type { SalesforceApi } from './client.ts'
import { keyOf } from './collection-request.ts'
import type { DescribeSObjectResult, Field } from './describe.ts'
import { fetchQueryPage, headerBytes, maxUriBytes } from './query.ts'
import { encodeSoql, quote } from './soql.ts'

export type Found = { readonly match: Field | undefined; readonly idsOf: (change: Change) => readonly string[] }

/** The Ids of the records that the changes mean. Deleted ones are not found. */
export async function findRecords(
  api: SalesforceApi,
  object: DescribeSObjectResult,
  changes: readonly Change[],
  context: { readonly match: string; readonly signal: AbortSignal },
): Promise<Found> {
  const match = object.fields.find((field) => field.name === context.match)
  const ids = new Map<string, string[]>()
  for (const soql of lookupQueries(object, changes, { match: context.match, fields: [] })) {
    for await (const record of readLookup(api, soql, context.signal)) {
      const key = fold(String(record[context.match]), match)
      const known = ids.get(key)
      if (known) known.push(String(record['Id']))
      else ids.set(key, [String(record['Id'])])
    }
  }
  return { match, idsOf: (change) => ids.get(fold(keyOf(change, context.match), match)) ?? [] }
}

/** The records of one of these queries. */
export async function* readLookup(api: SalesforceApi, soql: string, signal: AbortSignal): AsyncGenerator<JsonObject> {
  for await (const { lines } of allPages(soql, (page) => fetchQueryPage(api, { kind: 'query', soql: page, signal })))
    for (const line of Buffer.from(lines).toString().split('\n')) if (line !== '') yield JSON.parse(line)
}

/** As few queries as the limit of a URL allows. */
export function lookupQueries(
  object: DescribeSObjectResult,
  changes: readonly Change[],
  { match, fields }: { readonly match: string; readonly fields: readonly string[] },
): readonly string[] {
  const field = object.fields.find(({ name }) => name === match)
  const select = `SELECT ${[...new Set(['Id', match, ...fields])].join(', ')}`
  const room = maxUriBytes - headerBytes - headroom - encodeSoql(fields.join(', ')).length
  const queries: string[] = []
  let literals: string[] = []
  let bytes = 0
  const flush = () => {
    if (literals.length > 0) queries.push(`${select} FROM ${object.name} WHERE ${match} IN (${literals.join(', ')})`)
    literals = []
    bytes = 0
  }
  for (const change of changes) {
    const key = keyOf(change, match)
    const literal = isNumber(field) ? key : quote(key)
    const size = encodeSoql(`${literal}, `).length
    if (bytes + size > room) flush()
    literals.push(literal)
    bytes += size
  }
  flush()
  return queries
}

/** As Salesforce compares. */
export function fold(key: string, field: Field | undefined): string {
  if (isNumber(field)) return key.replace(/\.0+$/, '')
  if (field?.type === 'id') return key.slice(0, 15)
  return field && heedsCase(field) ? key.trim() : key.trim().toLowerCase()
}

/**
 * A field of the org's own is compared without case only where it is unique, and not told to heed it. SOQL finds by one that
 * is not unique without case all the same: what it finds is compared once more.
 * https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/langCon_apex_dml_examples_upsert.htm
 */
export function heedsCase({ type, caseSensitive, custom, unique }: Field): boolean {
  // E-mail fields that are unique are described as case-sensitive; all hold lower case only.
  return type !== 'email' && (caseSensitive || (custom && !unique))
}

const isNumber = (field: Field | undefined) =>
  field !== undefined && ['int', 'long', 'double', 'currency', 'percent'].includes(field.type)

/** Host, path, SELECT and FROM; and of a further page where it begins. */
const headroom = 640
