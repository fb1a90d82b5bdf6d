import type { SimulatorContext } from 'millrace/sandbox'
import { createRecords, deleteRecords, renderResults, updateRecords, upsertRecords } from './collections.ts'
import { describeGlobal, describeObject } from './describe.ts'
import { parseBody } from './field-value.ts'
import { integrationUserId } from './identity.ts'
import { findObject } from './objects.ts'
import { createQueryEndpoint, type QueryRoute } from './query.ts'
import { notFound, refuse, SalesforceRefusal } from './refusal.ts'
import { checkSession, issueToken } from './session.ts'

/** The REST API. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_list.htm */
export function serveRequests(context: SimulatorContext): (request: Request) => Promise<Response> {
  const answerQuery = createQueryEndpoint(context)
  return async (request) => {
    const url = new URL(request.url)
    try {
      // https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
      if (Buffer.byteLength(url.pathname + url.search) > 16_384)
        throw refuse(414, 'URI_TOO_LONG', 'The length of the URI exceeds the 16,384 byte limit')
      if (url.pathname === '/services/oauth2/token') return await issueToken(context, request)
      if (url.pathname === '/services/data' || url.pathname === '/services/data/') return Response.json(versions)
      checkSession(context, request)
      if (context.fault('daily_limit')) throw refuse(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
      if (context.fault('rate_limit'))
        throw refuse(403, 'REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.')
      if (context.fault('server_unavailable'))
        throw refuse(503, 'SERVER_UNAVAILABLE', 'The server is unavailable, please try again.')
      const text = await answer(request, url)
      return withUsage(new Response(text, { headers: { 'content-type': 'application/json;charset=UTF-8' } }))
    } catch (error) {
      if (!(error instanceof SalesforceRefusal)) throw error
      const { status, message, errorCode, fields } = error.error
      return withUsage(Response.json([{ message, errorCode, ...(fields && { fields: [...fields] }) }], { status }))
    }
  }

  async function answer(request: Request, url: URL): Promise<string> {
    const match = /^(\/services\/data\/v(\d+)\.0)(?:\/(.*))?$/.exec(url.pathname)
    const [, base = '', version = '', path = ''] = match ?? []
    if (!match || Number(version) < oldestVersion || Number(version) > newestVersion) throw notFound()
    const parts = path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
    const stamp = { at: context.now(), by: integrationUserId }
    const body = async () => parseBody(await request.text())
    const needs = (method: string) => {
      if (request.method !== method)
        throw refuse(405, 'METHOD_NOT_ALLOWED', `HTTP Method '${request.method}' not allowed. Allowed are ${method}`)
    }
    const query = queryRoute(parts, base)
    if (query) {
      needs('GET')
      return answerQuery(request, query)
    }
    const [first, second, third] = parts
    if (first === undefined) return JSON.stringify(resources(base))
    if (first === 'limits' && second === undefined) return JSON.stringify(limits())
    if (first === 'sobjects' && second === undefined) return JSON.stringify(describeGlobal(base))
    if (first === 'sobjects' && third === 'describe' && parts.length === 3) {
      needs('GET')
      const object = findObject(second ?? '')
      if (!object || object.tooling) throw notFound()
      return JSON.stringify(describeObject(object, base))
    }
    if (first === 'composite' && second === 'sobjects' && parts.length === 2) {
      if (request.method === 'POST') return renderResults(createRecords(context, await body(), stamp))
      if (request.method === 'PATCH') return renderResults(updateRecords(context, await body(), stamp))
      if (request.method === 'DELETE') return renderResults(deleteRecords(context, idsOf(url), stamp))
      throw refuse(
        405,
        'METHOD_NOT_ALLOWED',
        `HTTP Method '${request.method}' not allowed. Allowed are DELETE,PATCH,POST`,
      )
    }
    if (first === 'composite' && second === 'sobjects' && parts.length === 4) {
      needs('PATCH')
      return renderResults(upsertRecords(context, { object: third ?? '', field: parts[3] ?? '' }, await body(), stamp))
    }
    throw notFound()
  }

  /** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm */
  function withUsage(response: Response): Response {
    const share = context.fault('near_limit')
    const used = share ? Math.round(dailyRequests * 0.85) : context.store.next('api requests')
    response.headers.set('sforce-limit-info', `api-usage=${used}/${dailyRequests}`)
    return response
  }
}

function queryRoute(parts: readonly string[], base: string): QueryRoute | undefined {
  const tooling = parts[0] === 'tooling'
  const [kind, locator, more] = tooling ? parts.slice(1) : parts
  if ((kind !== 'query' && (kind !== 'queryAll' || tooling)) || more !== undefined) return undefined
  return { kind: tooling ? 'tooling/query' : kind, locator: locator ?? null, base }
}

function idsOf(url: URL): readonly string[] {
  const ids = url.searchParams.get('ids')
  if (!ids) throw refuse(400, 'MISSING_ARGUMENT', 'The ids parameter is required')
  return ids.split(',')
}

const resources = (base: string) =>
  Object.fromEntries(
    ['composite', 'limits', 'query', 'queryAll', 'sobjects', 'tooling'].map((name) => [name, `${base}/${name}`]),
  )
const limits = () => ({ DailyApiRequests: { Max: dailyRequests, Remaining: dailyRequests } })

const dailyRequests = 100_000
const oldestVersion = 31
const newestVersion = 66
const versions = [64, 65, 66].map((version) => ({
  label: ["Summer '25", "Winter '26", "Spring '26"][version - 64],
  url: `/services/data/v${version}.0`,
  version: `${version}.0`,
}))
