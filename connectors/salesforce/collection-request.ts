import { MillraceError, type Change } from 'millrace'
import type { DescribeSObjectResult } from './describe.ts'
import { nestRelationship, relationshipOf } from './relationship.ts'
import type { Row, RowKind } from './row.ts'

export type CollectionRequest = {
  readonly method: 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body: string | null
  readonly docs: string
}

/** One request for up to two hundred rows of one kind: rows fail one by one, and the answer is in their order. */
export function collectionRequest(
  object: DescribeSObjectResult,
  match: string,
  { kind, rows }: { readonly kind: RowKind; readonly rows: readonly Row[] },
): CollectionRequest {
  switch (kind) {
    case 'upsert':
      return {
        method: 'PATCH',
        path: `/composite/sobjects/${object.name}/${match}`,
        docs: docs.upsert,
        body: bodyOf(rows.map(({ change }) => recordOf(object, change.fields))),
      }
    case 'insert':
      return {
        method: 'POST',
        path: '/composite/sobjects',
        docs: docs.insert,
        body: bodyOf(rows.map(({ change }) => recordOf(object, change.fields))),
      }
    case 'update':
      return {
        method: 'PATCH',
        path: '/composite/sobjects',
        docs: docs.update,
        body: bodyOf(
          rows.map(({ id, change }) => {
            const { [match]: _key, ...values } = change.fields
            const { attributes, ...fields } = recordOf(object, values)
            return { attributes, id, ...fields }
          }),
        ),
      }
    case 'delete':
      return {
        method: 'DELETE',
        path: `/composite/sobjects?ids=${rows.map(({ id }) => id ?? '').join(',')}&allOrNone=false`,
        docs: docs.delete,
        body: null,
      }
  }
}

/** The value that finds the record, as it is sent. */
export function keyOf(change: Change, match: string): string {
  const value = change.fields[match]
  if (value === undefined || value === null) return change.key
  if (typeof value === 'object' && 'rawJSON' in value && typeof value.rawJSON === 'string') return value.rawJSON
  return String(value)
}

/** @throws MillraceError MR-1209 where a record would have to be made by its Id */
export function checkMatch(match: string, changes: readonly Change[]): void {
  if (match !== 'Id' || changes.every((change) => change.op !== 'upsert' && change.op !== 'insert')) return
  throw new MillraceError('MR-1209', {
    message:
      'Writing to Salesforce: `match: Id` finds records, but Salesforce makes Ids itself and creates by an external id only.',
    kept: 'Nothing was sent.',
    next: 'Set `mode: update`, or match an external id field.',
  })
}

function recordOf(object: DescribeSObjectResult, fields: Change['fields']): { readonly [name: string]: unknown } {
  const entries = Object.entries(fields).map(([name, value]) => {
    const relationship = relationshipOf(object, name)
    return relationship ? nestRelationship(relationship, value) : ([name, value] as const)
  })
  return { attributes: { type: object.name }, ...Object.fromEntries(entries) }
}

// Exact numbers are raw JSON values: their digits go as they are.
const bodyOf = (records: readonly object[]) => JSON.stringify({ allOrNone: false, records })

const base = 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/'
const docs = {
  upsert: `${base}resources_composite_sobjects_collections_upsert.htm`,
  insert: `${base}resources_composite_sobjects_collections_create.htm`,
  update: `${base}resources_composite_sobjects_collections_update.htm`,
  delete: `${base}resources_composite_sobjects_collections_delete.htm`,
} as const satisfies Record<RowKind, string>
