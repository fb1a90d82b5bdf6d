import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { sendJson } from './answer-json.ts'
import { rootManager } from './credentials.ts'
import {
  isRefusal,
  refuseDeveloperToken,
  refuseJson,
  refuseQuota,
  refuseRate,
  refuseServer,
  refuseToken,
  sendRefusal,
  type Refusal,
} from './refusal.ts'
import { search } from './search.ts'
import { searchFields } from './search-fields.ts'
import { giveToken, isTokenGood } from './tokens.ts'

/** The only version that is served: the SDK's. */
const version = 'v25'

/** Answers as googleads.googleapis.com and oauth2.googleapis.com do. https://developers.google.com/google-ads/api/rest/overview */
export function serveRequests(context: SimulatorContext): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url)
    const text = await request.text()
    if (request.method === 'POST' && pathname === '/token') return giveToken(context, request, text)
    const requestId = `sbx${String(context.store.next('request')).padStart(19, '0')}`
    const answer = answerRequest(context, { request, pathname, text })
    return isRefusal(answer) ? sendRefusal(answer, requestId, version) : sendJson(answer, requestId)
  }
}

type Asked = { readonly request: Request; readonly pathname: string; readonly text: string }

function answerRequest(context: SimulatorContext, { request, pathname, text }: Asked): JsonObject | Refusal {
  const { fault } = context
  const route = `${request.method} ${pathname}`
  const [, of, path = ''] = /^\/(v\d+)(\/.*)$/.exec(pathname) ?? []
  const customer = /^\/customers\/([^/:]+)\/googleAds:search$/.exec(path)?.[1]
  const isKnown =
    (request.method === 'POST' && (customer !== undefined || path === '/googleAdsFields:search')) ||
    (request.method === 'GET' && path === '/customers:listAccessibleCustomers')
  if (of !== version || !isKnown)
    return {
      status: 404,
      name: 'NOT_FOUND',
      message: `The requested URL ${route} was not found on this server.`,
      error: null,
    }
  const limited = fault('rate_limit')
  if (limited) return refuseRate(typeof limited.retry_after === 'number' ? limited.retry_after : null)
  if (!isTokenGood(context, request.headers.get('authorization'))) return refuseToken()
  if (request.headers.get('developer-token') === '') return refuseDeveloperToken()
  const parameters = [...new URL(request.url).searchParams.keys()]
  if (parameters[0] !== undefined)
    return refuseJson(`Invalid JSON payload received. Unknown name "${parameters[0]}": Cannot bind query parameter.`)
  if (fault('quota')) return refuseQuota()
  if (fault('transient')) return refuseServer('TRANSIENT_ERROR')
  if (fault('deadline')) return refuseServer('DEADLINE_EXCEEDED')
  if (path === '/customers:listAccessibleCustomers') return { resourceNames: [`customers/${rootManager}`] }
  if (path === '/googleAdsFields:search') return searchFields(text)
  return search(context, { customer: customer ?? '', login: request.headers.get('login-customer-id'), text })
}
