import type { Change, Fields, FieldValue, Json, ReadBack, WriteContext } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { keyOf } from './collection-request.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { findRecords } from './find-records.ts'
import { recordId } from './record-id.ts'
import { relationshipOf } from './relationship.ts'
import { instant } from './soql.ts'

/** null: no such record; undefined: several, or none can be named. */
export type HeldRecord = { readonly id: string; readonly fields: Fields } | null | undefined

/** What Salesforce holds of the records that the changes mean. */
export async function readBack(
  api: SalesforceApi,
  object: DescribeSObjectResult,
  changes: readonly Change[],
  { match, signal }: Pick<WriteContext, 'match' | 'signal'>,
): Promise<readonly ReadBack[]> {
  const records = await readRecords(api, object, changes, { match, signal })
  return records.map((record) => record && record.fields)
}

/** One per change, in order. */
export async function readRecords(
  api: SalesforceApi,
  object: DescribeSObjectResult,
  changes: readonly Change[],
  { match, signal }: { readonly match: string; readonly signal: AbortSignal },
): Promise<readonly HeldRecord[]> {
  const isNamed = (change: Change) => match !== 'Id' || recordId.test(keyOf(change, match))
  const fields = readableFields(object, changes).filter((name) => name !== match)
  const found = await findRecords(api, object, changes.filter(isNamed), { match, fields, signal })
  return changes.map((change) => {
    if (!isNamed(change)) return undefined
    const [record, ...others] = found(change)
    if (!record) return null
    if (others.length > 0) return undefined
    return {
      id: String(record['Id']),
      fields: Object.fromEntries([match, ...fields].map((name) => [name, valueAt(object, record, name)])),
    }
  })
}

/** A lookup that may point at several objects cannot be followed in a query. */
export function readableFields(object: DescribeSObjectResult, changes: readonly Change[]): readonly string[] {
  const known = new Set(object.fields.map(({ name }) => name))
  const names = new Set(changes.flatMap(({ fields }) => Object.keys(fields)))
  let bytes = 0
  // What has no room in a URL beside the keys is not read.
  return [...names].filter(
    (name) =>
      (known.has(name) || relationshipOf(object, name)?.type === null) && (bytes += name.length + 6) < maxSelectBytes,
  )
}

function valueAt(object: DescribeSObjectResult, record: { readonly [name: string]: Json }, path: string): FieldValue {
  const [name = '', inner] = path.split('.')
  const value = record[name] ?? null
  if (inner !== undefined)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? ((value as { readonly [name: string]: Json })[inner] ?? null) // Not an array, so an object.
      : null
  const type = object.fields.find((field) => field.name === name)?.type
  return type === 'datetime' && typeof value === 'string' ? instant(value).replace('.000Z', 'Z') : value
}

const maxSelectBytes = 8_000
