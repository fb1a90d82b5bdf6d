import { type Change, type Json, type JsonObject, type RequestPreview } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { checkMatch, keyOf, updateRequest, upsertRequest, type CollectionRequest } from './collection-request.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { lookupQueries } from './find-records.ts'
import { encodeSoql } from './soql.ts'

/** The requests of `write`. Ids that are looked up stand as `<Id of ACME-00042>`: nothing is asked for a preview. */
export function previewChanges(
  api: SalesforceApi,
  object: DescribeSObjectResult,
  changes: readonly Change[],
  options: JsonObject,
): readonly RequestPreview[] {
  const match = typeof options['match'] === 'string' ? options['match'] : guessMatch(object, changes)
  checkMatch(match, changes)
  const upserts = changes.filter(({ op }) => op === 'upsert')
  const others = changes.filter(({ op }) => op !== 'upsert')
  const lookups = others.length > 0 ? lookupQueries(object, others, match) : []
  const updates = others.map((change) => ({
    id: match === 'Id' ? change.key : `<Id of ${keyOf(change, match)}>`,
    change,
  }))
  return [
    ...lookups.map((soql): RequestPreview => ({
      method: 'GET',
      path: `${api.basePath}/query?q=${encodeSoql(soql)}`,
      body: null,
      docs: queryDocs,
    })),
    ...(upserts.length > 0 ? [show(api, upsertRequest(object.name, match, upserts))] : []),
    ...(updates.length > 0 ? [show(api, updateRequest(object.name, match, updates))] : []),
  ]
}

function show(api: SalesforceApi, { method, path, body, docs }: CollectionRequest): RequestPreview {
  return { method, path: `${api.basePath}${path}`, body: parse(body), docs }
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
