import type { Change, JsonObject } from 'millrace'
import { allPages } from './all-pages.ts'
import type { SalesforceApi } from './client.ts'
import { keyOf } from './collection-request.ts'
import type { DescribeSObjectResult, Field } from './describe.ts'
import { fetchQueryPage, headerBytes, maxUriBytes } from './query.ts'
import { encodeSoql, quote } from './soql.ts'

/** The records that each of the changes means, with these fields and their Ids. Deleted ones are not found. */
export async function findRecords(
  api: SalesforceApi,
  object: DescribeSObjectResult,
  changes: readonly Change[],
  { match, fields = [], signal }: Asked,
): Promise<(change: Change) => readonly JsonObject[]> {
  const field = object.fields.find(({ name }) => name === match)
  const found = new Map<string, JsonObject[]>()
  for (const soql of lookupQueries(object, changes, { match, fields }))
    for await (const { lines } of allPages(soql, (page) => fetchQueryPage(api, { kind: 'query', soql: page, signal })))
      for (const line of Buffer.from(lines).toString().split('\n')) {
        if (line === '') continue
        const record: JsonObject = JSON.parse(line)
        const key = fold(String(record[match]), field)
        const known = found.get(key)
        if (known) known.push(record)
        else found.set(key, [record])
      }
  return (change) => found.get(fold(keyOf(change, match), field)) ?? []
}

type Asked = { readonly match: string; readonly fields?: readonly string[]; readonly signal: AbortSignal }

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
