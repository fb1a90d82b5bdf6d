/** The bodies of sObject Collections, made in one place: what is previewed is what is sent. */
import type { Change, Json, RequestPreview } from 'millrace'

export type Target = { readonly object: string; readonly match: string }

/** PATCH …/composite/sobjects/{object}/{external id field}: creates or updates. */
export function upsertRequest(changes: readonly Change[], { object, match }: Target) {
  return {
    path: `/composite/sobjects/${encodeURIComponent(object)}/${encodeURIComponent(match)}`,
    body: JSON.stringify({
      allOrNone: false,
      records: changes.map(({ fields }) => ({ attributes: { type: object }, ...fields })),
    }),
  }
}

/** PATCH …/composite/sobjects: by Id, so that nothing is ever created. The match field itself is not written. */
export function updateRequest(
  changes: readonly { readonly change: Change; readonly id: string }[],
  { object, match }: Target,
) {
  return {
    path: '/composite/sobjects',
    body: JSON.stringify({
      allOrNone: false,
      records: changes.map(({ change, id }) => {
        const { [match]: _match, ...fields } = change.fields
        return { attributes: { type: object }, Id: id, ...fields }
      }),
    }),
  }
}

export function previewWrite(changes: readonly Change[], target: Target): readonly RequestPreview[] {
  const upserts = changes.filter(({ op }) => op === 'upsert' && target.match !== 'Id')
  const updates = changes.filter((change) => !upserts.includes(change))
  const requests = [
    ...(upserts.length > 0 ? [upsertRequest(upserts, target)] : []),
    ...(updates.length > 0
      ? [
          updateRequest(
            updates.map((change) => ({ change, id: target.match === 'Id' ? change.key : `(the Id of ${change.key})` })),
            target,
          ),
        ]
      : []),
  ]
  return requests.map(({ path, body }) => ({
    method: 'PATCH',
    path,
    body: JSON.parse(body) as Json,
    docs: collectionsDocs,
  }))
}

export const sizeOfRecord = ({ fields }: Change): number => Buffer.byteLength(JSON.stringify(fields)) + 60

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm */
export const collectionsDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm'

/** Records of one request. */
export const maxRows = 200
