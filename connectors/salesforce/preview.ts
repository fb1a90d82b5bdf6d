import { type Change, type Json, type JsonObject, type RequestPreview } from 'millrace'
import { checkMatch, collectionRequest, keyOf } from './collection-request.ts'
import { inOrder } from './all-pages.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { lookupQueries } from './find-records.ts'
import { jobBody } from './ingest-job.ts'
import { formatRows } from './ingest-rows.ts'
import { readableFields } from './read-back.ts'
import { checkFields } from './relationship.ts'
import { kindOf, rowKinds, type Row, type RowKind } from './row.ts'
import { encodeSoql } from './soql.ts'
import { splitForJobs } from './write-changes.ts'
import { cutRequests } from './write-collections.ts'
import type { Writing } from './writing.ts'

/** The requests of `write`. Ids that are looked up stand as `<Id of ACME-00042>`: nothing is asked for a preview. */
export function previewChanges(
  { api, object, bulk }: Writing,
  changes: readonly Change[],
  options: JsonObject,
): readonly RequestPreview[] {
  const match = typeof options['match'] === 'string' ? options['match'] : guessMatch(object, changes)
  checkMatch(match, changes)
  checkFields(object, match, changes)
  const rowsOf = (kind: RowKind) =>
    changes.flatMap((change, index): Row[] =>
      kindOf(change) === kind
        ? [{ index, change, id: match === 'Id' ? change.key : `<Id of ${keyOf(change, match)}>` }]
        : [],
    )
  const rows = {
    upsert: rowsOf('upsert'),
    insert: rowsOf('insert'),
    update: rowsOf('update'),
    delete: rowsOf('delete'),
  }
  const { jobs, rest } = splitForJobs(object, rows, bulk)
  const show = (path: string, request: Omit<RequestPreview, 'path'>): RequestPreview => ({
    ...request,
    path: `${api.basePath}${path}`,
  })
  const looked = (kinds: readonly RowKind[], fields: readonly string[]) => {
    const found = kinds.flatMap((kind) => rows[kind].map(({ change }) => change))
    return lookupQueries(object, found, { match, fields }).map((soql) =>
      show(`/query?q=${encodeSoql(inOrder(soql))}`, { method: 'GET', body: null, docs: queryDocs }),
    )
  }
  return [
    ...looked(
      ['insert'],
      readableFields(
        object,
        rows.insert.map(({ change }) => change),
      ).filter((name) => name !== match),
    ),
    ...looked(['update', 'delete'], []),
    ...rowKinds.flatMap((kind) =>
      [...cutRequests(rest[kind], 200)].map((part) => {
        const { path, ...request } = collectionRequest(object, match, { kind, rows: part })
        return show(path, { ...request, body: request.body === null ? null : parse(request.body) })
      }),
    ),
    ...jobs.flatMap(({ kind, rows: members }) => [
      show('/jobs/ingest', { method: 'POST', body: jobBody({ object: object.name, kind, match }), docs: jobDocs }),
      show('/jobs/ingest/<job>/batches', {
        method: 'PUT',
        body: formatRows(object, match, { kind, rows: members }),
        docs: jobDocs,
      }),
      show('/jobs/ingest/<job>', { method: 'PATCH', body: { state: 'UploadComplete' }, docs: jobDocs }),
    ]),
  ]
}

/** Numbers that a double would alter are shown as text of their digits. */
function parse(body: string): Json {
  const parsed: Json = JSON.parse(body, (_name, value: Json, context?: { readonly source?: string }) =>
    typeof value === 'number' && isAltered(value, context?.source) ? (context?.source ?? value) : value,
  )
  return parsed
}

const isAltered = (value: number, source: string | undefined) =>
  source !== undefined && String(value) !== source && digits(source) > 15

const digits = (text: string) => text.replace(/[-.]/g, '').replace(/^0+/, '').length

/** Without the sync's word for it: the field that has the key as its value. */
function guessMatch(object: DescribeSObjectResult, changes: readonly Change[]): string {
  const [change] = changes
  const keys = object.fields.filter((field) => field.externalId).map(({ name }) => name)
  return (
    keys.find(
      (name) =>
        change && change.fields[name] !== undefined && keyOf(change, name).toLowerCase() === change.key.toLowerCase(),
    ) ?? 'Id'
  )
}

const queryDocs = 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm'
const jobDocs = 'https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0_ingest.htm'
