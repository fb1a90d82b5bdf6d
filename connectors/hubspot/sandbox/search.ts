import type { SimulatorContext } from 'millrace/sandbox'
import { answerJson } from './answer.ts'
import { showRecord } from './batch.ts'
import type { ObjectType } from './properties.ts'
import { isItem, readObject, refuseUnknown } from './read-json.ts'
import type { CrmRecord } from './records.ts'
import { invalid, invalidJson } from './refusal.ts'

/** One filter: `IN` or `EQ`. https://developers.hubspot.com/docs/api-reference/search/guide */
export function searchRecords(context: SimulatorContext, type: ObjectType, text: string): Response {
  if (text.length > maxBodyChars) throw invalid(`The request body is longer than ${maxBodyChars} characters`)
  const body = readObject(text, ['query', 'limit', 'after', 'sorts', 'properties', 'filterGroups'])
  const { limit = 10, after = '0', properties = [], filterGroups } = body
  if (filterGroups === undefined) throw invalidJson('Some required fields were not set: [filterGroups]')
  if (typeof limit !== 'number' || limit < 1 || limit > maxPage) throw invalid(`limit must be from 1 to ${maxPage}`)
  if (typeof after !== 'string' || !/^\d+$/.test(after)) throw invalidJson('Cannot deserialize after')
  if (Number(after) + limit > maxResults) throw invalid(`A search has at most ${maxResults} results`)
  if (!Array.isArray(properties) || !properties.every((name) => typeof name === 'string'))
    throw invalidJson('Cannot deserialize properties: a list of texts')
  const matches = readFilter(type, filterGroups)
  const found = [...context.store.all(type.name)]
    .map(([, record]) => record as CrmRecord) // only records are put under a type's name
    .filter((record) => matches(record.properties))
  const from = Number(after)
  const page = found.slice(from, from + limit)
  const next = from + limit < found.length ? { paging: { next: { after: String(from + limit) } } } : {}
  return answerJson(context, 200, {
    total: found.length,
    results: page.map((record) => showRecord(record, properties)),
    ...next,
  })
}

function readFilter(type: ObjectType, groups: unknown): (properties: CrmRecord['properties']) => boolean {
  const [group, ...moreGroups] = Array.isArray(groups) ? groups : []
  const filters: unknown = isItem(group) ? group['filters'] : undefined
  const [filter, ...moreFilters] = Array.isArray(filters) ? filters : []
  if (!isItem(filter) || moreGroups.length > 0 || moreFilters.length > 0)
    throw invalid('one group of one filter; others are not in the sandbox')
  const { propertyName, operator, values, value } = refuseUnknown(filter, [
    'propertyName',
    'operator',
    'values',
    'value',
    'highValue',
  ])
  if (typeof propertyName !== 'string') throw invalidJson('Some required fields were not set: [propertyName]')
  if (!type.properties.has(propertyName))
    throw invalid(`There was a problem with the request: no property ${propertyName}`)
  const wanted = operator === 'IN' ? values : operator === 'EQ' ? [value] : undefined
  if (!Array.isArray(wanted)) throw invalid(`operator ${String(operator)} is not in the sandbox`)
  const folded = new Set(wanted.map((each) => String(each).toLowerCase()))
  return (properties) => folded.has(String(properties[propertyName] ?? '').toLowerCase())
}

const maxPage = 200
/** Whoever goes on behind these is refused. https://developers.hubspot.com/docs/api-reference/search/guide#limitations */
const maxResults = 10_000
const maxBodyChars = 3_000
