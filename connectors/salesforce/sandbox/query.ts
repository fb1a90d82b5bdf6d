import type { SimulatorContext } from 'millrace/sandbox'
import { findObject } from './objects.ts'
import { definitionRecords, type Records } from './records.ts'
import { invalidType, refuse } from './refusal.ts'
import { renderRecord } from './render.ts'
import { parseSoql } from './soql-parser.ts'
import { runQuery, type Found } from './soql-run.ts'

/**
 * `query`, `queryAll` and `tooling/query`, with pages behind locators that die with the process.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
 */
export function createQueryEndpoint(context: SimulatorContext) {
  const cursors = new Map<string, Found>()
  const definitions = definitionRecords()
  // Definitions answer at `query` too.
  const records: Records = {
    get: (type, id) => (findObject(type)?.tooling ? definitions : context.store).get(type, id),
    all: (type) => (findObject(type)?.tooling ? definitions : context.store).all(type),
  }

  return (request: Request, route: QueryRoute): string => {
    const size = batchSize(request)
    if (route.locator !== null) return nextPage(route.locator, size, route)
    const soql = new URL(request.url).searchParams.get('q')
    if (soql === null || soql.trim() === '') throw refuse(400, 'MALFORMED_QUERY', 'A query string has to be specified')
    const query = parseSoql(soql)
    // To a user without View Setup and Configuration. The words are of github.com/tprouvot/Salesforce-Inspector-reloaded/issues/1310
    if (findObject(query.from)?.tooling && context.fault('hide_setup'))
      throw refuse(400, 'INVALID_TYPE', `sObject type '${query.from}' is not supported.`)
    if (route.kind === 'tooling/query' && !findObject(query.from)?.tooling) throw invalidType(query.from)
    if (
      query.from.toLowerCase() === 'fielddefinition' &&
      !/EntityDefinition|DurableId/i.test(soql.slice(soql.search(/where/i)))
    )
      throw refuse(400, 'MALFORMED_QUERY', 'a filter on a reified column is required [EntityDefinitionId,DurableId]')
    const found = runQuery(records, query, {
      deleted: route.kind === 'queryAll' && !context.fault('purge_deleted'),
    })
    if (query.count) return JSON.stringify({ totalSize: found.rows.length, done: true, records: [] })
    return page(found, 0, size, route)
  }

  function nextPage(locator: string, size: number, route: QueryRoute): string {
    const [id = '', offset = ''] = locator.split('-')
    const found = cursors.get(id)
    if (!found || !/^\d+$/.test(offset)) throw refuse(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
    return page(found, Number(offset), size, route, id)
  }

  function page(found: Found, from: number, size: number, route: QueryRoute, id?: string): string {
    const to = from + Math.min(size, mostRows(context, found))
    const done = to >= found.rows.length
    let next = ''
    if (!done) {
      const cursor = id ?? `0r8xx${String(context.store.next('locator')).padStart(13, '0')}`
      cursors.set(cursor, found)
      // The vendor keeps ten cursors for a user, too.
      if (cursors.size > 10) for (const oldest of cursors.keys()) if (cursors.size > 10) cursors.delete(oldest)
      next = `"nextRecordsUrl":"${route.base}/${route.kind === 'tooling/query' ? 'tooling/query' : 'query'}/${cursor}-${to}",`
    }
    const texts = found.rows
      .slice(from, to)
      .map((record) => renderRecord(records, found.object, record, found.columns, route.base))
    return `{"totalSize":${found.rows.length},"done":${done},${next}"records":[${texts.join(',')}]}`
  }
}

/**
 * A page may have fewer rows than it was asked for: with two long texts of the org's own it always has.
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_changing_batch_size.htm
 */
function mostRows(context: SimulatorContext, { columns }: Found): number {
  const longTexts = columns.filter(
    ({ field }) => field.type === 'textarea' && field.length > 255 && field.name.endsWith('__c'),
  )
  const cut = Number(context.fault('short_pages')?.['rows'] ?? Infinity)
  return Math.min(cut, longTexts.length >= 2 ? 200 : Infinity)
}

export type QueryRoute = {
  readonly kind: 'query' | 'queryAll' | 'tooling/query'
  readonly locator: string | null
  readonly base: string
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm */
function batchSize(request: Request): number {
  const asked = /batchSize=(\d+)/i.exec(request.headers.get('sforce-query-options') ?? '')?.[1]
  return asked === undefined ? 2_000 : Math.min(2_000, Math.max(200, Number(asked)))
}
