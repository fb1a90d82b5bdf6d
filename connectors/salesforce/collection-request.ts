import { MillraceError, type Change } from 'millrace'

export type CollectionRequest = {
  readonly method: 'PATCH'
  readonly path: string
  readonly body: string
  readonly docs: string
}

/**
 * Upserts by external id. Rows fail one by one, and the answer is in their order.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm
 */
export function upsertRequest(object: string, match: string, changes: readonly Change[]): CollectionRequest {
  return request(
    `/composite/sobjects/${object}/${match}`,
    upsertDocs,
    changes.map((change) => ({ attributes: { type: object }, ...change.fields })),
  )
}

/**
 * Updates by Id: never creates.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm
 */
export function updateRequest(
  object: string,
  match: string,
  rows: readonly { readonly id: string; readonly change: Change }[],
): CollectionRequest {
  return request(
    '/composite/sobjects',
    updateDocs,
    rows.map(({ id, change }) => {
      const { [match]: _key, ...values } = change.fields
      return { attributes: { type: object }, id, ...values }
    }),
  )
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
  if (match !== 'Id' || changes.every((change) => change.op !== 'upsert')) return
  throw new MillraceError('MR-1209', {
    message:
      'Writing to Salesforce: `match: Id` finds records, but Salesforce makes Ids itself and upserts by an external id only.',
    kept: 'Nothing was sent.',
    next: 'Set `mode: update`, or match an external id field.',
  })
}

function request(path: string, docs: string, records: readonly object[]): CollectionRequest {
  // Exact numbers are raw JSON values: their digits go as they are.
  return { method: 'PATCH', path, body: JSON.stringify({ allOrNone: false, records }), docs }
}

const upsertDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm'
const updateDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm'
