import type { Json, JsonObject } from 'millrace'
import { fields, goesWith, resources, type FieldSpec, type ResourceSpec } from './fields.ts'
import { parseGaql } from './gaql.ts'
import { readBody } from './read-body.ts'
import { isRefusal, refuseQuery, refuseRequest, type Refusal } from './refusal.ts'
import { toCamelCase } from './answer-json.ts'

/** https://developers.google.com/google-ads/api/rest/reference/rest/v25/googleAdsFields/search */
export function searchFields(text: string): JsonObject | Refusal {
  const body = readBody(text, { query: 'string', pageToken: 'string', pageSize: 'integer' })
  if (isRefusal(body)) return body
  if (typeof body.query !== 'string' || body.query === '')
    return refuseRequest('REQUIRED_FIELD_MISSING', 'The required field was not present.')
  const query = parseGaql(body.query, 'fields')
  if (isRefusal(query)) return query
  const unknown = [...query.select, ...query.where.map(({ field }) => field)].find((name) => !artifactFields.has(name))
  if (unknown !== undefined) return refuseQuery('UNRECOGNIZED_FIELD', `Unrecognized field in the query: '${unknown}'.`)
  const size = Math.min(10_000, Number(body.pageSize ?? 10_000))
  const from = body.pageToken === undefined ? 0 : Number(body.pageToken)
  if (!Number.isSafeInteger(from)) return refuseRequest('INVALID_PAGE_TOKEN', 'Page token is invalid.')
  const all = [...artifacts()].filter((artifact) =>
    query.where.every(({ field, operator, values }) => {
      const value = String(artifact[field] ?? '')
      const texts = values.map((each) => each.text)
      if (operator === 'LIKE') return value.startsWith((texts[0] ?? '').replace(/%$/, ''))
      if (operator === 'IN') return texts.includes(value)
      return operator === '=' ? value === texts[0] : value !== texts[0]
    }),
  )
  const page = all.slice(from, from + size)
  return {
    ...(page.length > 0 && { results: page.map((artifact) => show(artifact, query.select)) }),
    ...(from + size < all.length && { nextPageToken: String(from + size) }),
    ...(all.length > 0 && { totalResultsCount: String(all.length) }),
  }
}

type Artifact = { readonly [field: string]: Json }

function* artifacts(): Generator<Artifact> {
  for (const resource of resources.values()) yield ofResource(resource)
  for (const field of fields.values()) yield ofField(field)
}

const ofResource = ({ name, joins, splits, metrics, segments }: ResourceSpec): Artifact => ({
  name,
  category: 'RESOURCE',
  data_type: 'MESSAGE',
  selectable: false,
  filterable: false,
  sortable: false,
  is_repeated: false,
  selectable_with: [...joins, ...splits, ...segments, ...metrics],
  attribute_resources: joins,
  metrics,
  // Of both kinds: names of resources, and of segments.
  segments: [...splits, ...segments],
})

const ofField = ({ name, category, dataType, isRepeated, enumValues }: FieldSpec): Artifact => ({
  name,
  category,
  data_type: dataType,
  selectable: true,
  filterable: true,
  sortable: !isRepeated,
  is_repeated: isRepeated,
  enum_values: enumValues,
  selectable_with: selectableWith(name, category),
})

function selectableWith(name: string, category: FieldSpec['category']): readonly string[] {
  const where = [...resources.values()].filter(
    ({ metrics, segments }) => metrics.includes(name) || segments.includes(name),
  )
  if (category === 'METRIC')
    return [
      ...where.map((resource) => resource.name),
      ...new Set(where.flatMap(({ segments }) => segments).filter((segment) => goesWith(name, segment))),
    ]
  if (category === 'SEGMENT')
    return [
      ...where.map((resource) => resource.name),
      ...new Set(where.flatMap(({ metrics }) => metrics).filter((metric) => goesWith(metric, name))),
    ]
  return []
}

function show(artifact: Artifact, select: readonly string[]): JsonObject {
  const shown: { [name: string]: Json } = { resourceName: `googleAdsFields/${String(artifact.name)}` }
  for (const field of select) {
    const value = artifact[field]
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue
    shown[toCamelCase(field)] = value
  }
  return shown
}

const artifactFields: ReadonlySet<string> = new Set([
  'name',
  'category',
  'data_type',
  'selectable',
  'filterable',
  'sortable',
  'is_repeated',
  'enum_values',
  'selectable_with',
  'attribute_resources',
  'metrics',
  'segments',
])
