import type { SimulatorContext } from 'millrace/sandbox'
import { assignsOwners } from './assignment-rule.ts'
import { createRecords, deleteRecords, renderResults, updateRecords, upsertRecords } from './collections.ts'
import { describeGlobal, describeObject } from './describe.ts'
import { parseBody } from './field-value.ts'
import { countRequest, limitsOf } from './daily.ts'
import { answerIngest } from './ingest.ts'
import { findObject } from './objects.ts'
import { createQueryJobsEndpoint } from './query-jobs.ts'
import { createQueryEndpoint, type QueryRoute } from './query.ts'
import { methodsOf, notFound, refuse, SalesforceRefusal } from './refusal.ts'
import { answerUserInfo, checkSession, issueToken } from './session.ts'

/** The REST API. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_list.htm */
export function serveRequests(context: SimulatorContext): (request: Request) => Promise<Response> {
  const answerQuery = createQueryEndpoint(context)
  const answerQueryJobs = createQueryJobsEndpoint(context)
  return async (request) => {
    const url = new URL(request.url)
    const tooLong = refuseLength(request, url)
    if (tooLong) return tooLong
    const usage = countRequest(context)
    const withUsage = (response: Response) => {
      // https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
      response.headers.set('sforce-limit-info', `api-usage=${usage.used}/${usage.limit}`)
      return response
    }
    try {
      if (url.pathname === '/services/oauth2/token') return await issueToken(context, request)
      if (url.pathname === '/services/data' || url.pathname === '/services/data/') return Response.json(versions)
      if (url.pathname === '/services/oauth2/userinfo') return answerUserInfo(context, request)
      const user = checkSession(context, request)
      if (context.fault('daily_limit') || usage.used > usage.limit)
        throw refuse(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
      if (context.fault('rate_limit'))
        throw refuse(403, 'REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.')
      if (context.fault('server_unavailable'))
        throw refuse(503, 'SERVER_UNAVAILABLE', 'The server is unavailable, please try again.')
      const text = await answer(request, url, { usage, user })
      if (typeof text !== 'string') return withUsage(text)
      return withUsage(new Response(text, { headers: { 'content-type': 'application/json;charset=UTF-8' } }))
    } catch (error) {
      if (!(error instanceof SalesforceRefusal)) throw error
      const { status, message, errorCode, fields } = error.error
      // Who asked for CSV is not promised JSON, and there is no code to be read in this.
      if (status === 401 && request.headers.get('accept') === 'text/csv')
        return withUsage(new Response(message, { status, headers: { 'content-type': 'text/csv' } }))
      return withUsage(Response.json([{ message, errorCode, ...(fields && { fields: [...fields] }) }], { status }))
    }
  }

  async function answer(
    request: Request,
    url: URL,
    { usage, user }: { readonly usage: ReturnType<typeof countRequest>; readonly user: string },
  ): Promise<string | Response> {
    const match = /^(\/services\/data\/v(\d+)\.0)(?:\/(.*))?$/.exec(url.pathname)
    const [, base = '', version = '', path = ''] = match ?? []
    if (!match || Number(version) < oldestVersion || Number(version) > newestVersion) throw notFound()
    const parts = path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
    const stamp = { at: context.now(), by: user }
    const write = { stamp, assigns: assignsOwners(request) }
    const body = async () => parseBody(await request.text())
    const needs = methodsOf(request)
    const query = queryRoute(parts, base)
    if (query) {
      needs('GET')
      return answerQuery(request, query)
    }
    const [first, second, third] = parts
    if (first === undefined) return JSON.stringify(resources(base))
    if (first === 'limits' && second === undefined) return JSON.stringify(limitsOf(context, usage))
    if (first === 'sobjects' && second === undefined) return JSON.stringify(describeGlobal(base))
    if (first === 'sobjects' && third === 'describe' && parts.length === 3) {
      needs('GET')
      const object = findObject(second ?? '')
      if (!object || object.tooling) throw notFound()
      return JSON.stringify(describeObject(object, base))
    }
    if (first === 'jobs' && second === 'ingest')
      return answerIngest(context, request, { parts: parts.slice(2), base, stamp })
    if (first === 'jobs' && second === 'query') return answerQueryJobs(request, { parts: parts.slice(2), url, user })
    if (first === 'composite' && second === 'sobjects' && parts.length === 2) {
      needs('DELETE', 'PATCH', 'POST')
      if (request.method === 'POST') return renderResults(createRecords(context, await body(), write))
      if (request.method === 'PATCH') return renderResults(updateRecords(context, await body(), write))
      return renderResults(deleteRecords(context, idsOf(url), stamp))
    }
    if (first === 'composite' && second === 'sobjects' && parts.length === 4) {
      needs('PATCH')
      return renderResults(upsertRecords(context, { object: third ?? '', field: parts[3] ?? '' }, await body(), write))
    }
    throw notFound()
  }
}

/**
 * Before anything else looks at the request, so the answer is the web server's own.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
 */
function refuseLength(request: Request, url: URL): Response | undefined {
  const uri = Buffer.byteLength(url.pathname + url.search)
  let headers = 0
  for (const [name, value] of request.headers) headers += Buffer.byteLength(`${name}: ${value}\r\n`)
  const refusal =
    uri > maxHeadBytes
      ? ([414, 'URI Too Long'] as const)
      : uri + headers > maxHeadBytes
        ? ([431, 'Request Header Fields Too Large'] as const)
        : undefined
  if (!refusal) return undefined
  const [status, reason] = refusal
  return new Response(`<h1>Bad Message ${status}</h1><pre>reason: ${reason}</pre>`, {
    status,
    headers: { 'content-type': 'text/html;charset=iso-8859-1' },
  })
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
    ['composite', 'jobs', 'limits', 'query', 'queryAll', 'sobjects', 'tooling'].map((name) => [
      name,
      `${base}/${name}`,
    ]),
  )
/** https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm */
const maxHeadBytes = 16_384
const oldestVersion = 31
const newestVersion = 66
const versions = Array.from({ length: newestVersion - oldestVersion + 1 }, (_, index) => {
  const version = oldestVersion + index
  return { label: releaseName(version), url: `/services/data/v${version}.0`, version: `${version}.0` }
})

/** Three releases a year: 66 is Spring '26, 67 Summer '26, 68 Winter '27. */
function releaseName(version: number): string {
  const season = ['Spring', 'Summer', 'Winter'][version % 3]
  return `${season} '${Math.floor(version / 3) + 4 + (version % 3 === 2 ? 1 : 0)}`
}
