import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import type { Endpoint } from './collection.ts'
import { storeOf } from './connected-store.ts'
import { endpoints } from './endpoints.ts'
import { accountId } from './objects/account.ts'
import { readParameters } from './parameters.ts'
import { createRateLimits, type RateLimits } from './rate-limit.ts'
import { getRecord } from './records.ts'
import {
  isRefusal,
  refuseAccount,
  refuseKey,
  refusePath,
  refusePermission,
  refuseRate,
  refuseVersion,
  type Refusal,
} from './refusal.ts'
import { toSeconds } from './scene.ts'
import { findVersion, olderVersion, type ApiVersion } from './versions.ts'

/** The key of the sandbox's account. */
export const sandboxKey = 'sk_test_sandbox_of_millrace'

/** The live key of the same account, which has sold nothing yet: the objects of the one mode are not in the other. */
export const liveKey = 'sk_live_sandbox_of_millrace'

/** A restricted key that may do everything but this. */
export const restrictedKey = (permission: string) => `${restrictedPrefix}${permission}`
const restrictedPrefix = 'rk_test_sandbox_of_millrace_without_'

/** Answers as api.stripe.com does: https://docs.stripe.com/api */
export function serveRequests(context: SimulatorContext): (request: Request) => Response {
  const limits = createRateLimits(() => performance.now())
  return (request) => {
    const requestId = `req_${String(context.store.next('request')).padStart(14, '0')}`
    const version = findVersion(request.headers.get('stripe-version'))
    const answer =
      limits.account() && !context.fault('rate_limit')
        ? answerRequest(context, request, { version, limits })
        : refuseRate('global-rate')
    return isRefusal(answer)
      ? sendRefusal(answer, requestId, version)
      : send(200, answer, headersOf(requestId, version))
  }
}

function answerRequest(
  context: SimulatorContext,
  request: Request,
  { version, limits }: { readonly version: ApiVersion | undefined; readonly limits: RateLimits },
): JsonObject | Refusal {
  const key = readKey(request.headers.get('authorization'))
  const lacks = key?.startsWith(restrictedPrefix) ? key.slice(restrictedPrefix.length) : null
  if (key === null || (key !== sandboxKey && key !== liveKey && lacks === null)) return refuseKey(key)
  const store = storeOf(context.store, key === liveKey ? 'live' : null)
  if (!version) return refuseVersion(request.headers.get('stripe-version') ?? '')
  const named = request.headers.get('stripe-account')
  const account = named === accountId ? null : named
  if (account !== null && !mayRead({ ...context, store }, account)) return refuseAccount(key, account)
  const url = new URL(request.url)
  const found = request.method === 'GET' ? findEndpoint(url.pathname) : undefined
  if (!found) return refusePath(request.method, url.pathname)
  const { endpoint, id } = found
  if (!limits.endpoint(endpoint.path)) return refuseRate('endpoint-rate')
  if (lacks === endpoint.permission) return refusePermission(key, account ?? accountId, lacks)
  const parameters = readParameters(url.searchParams, endpoint)
  if (isRefusal(parameters)) return parameters
  return endpoint.answer({
    context: { ...context, store: storeOf(store, account) },
    account,
    platform: store,
    id,
    path: url.pathname,
    version,
    parameters,
    now: toSeconds(context.now()),
  })
}

/** Connected, and not by the fault `account_revoked` (account: its id) disconnected since it was listed. */
const mayRead = ({ store, fault }: SimulatorContext, account: string): boolean =>
  getRecord(store, 'accounts', account) !== undefined && fault('account_revoked')?.account !== account

/** Bearer, or basic with the key as the user: https://docs.stripe.com/api/authentication */
function readKey(header: string | null): string | null {
  const [scheme = '', value = ''] = (header ?? '').split(' ')
  if (/^bearer$/i.test(scheme) && value) return value
  if (/^basic$/i.test(scheme) && value) return Buffer.from(value, 'base64').toString().split(':')[0] || null
  return null
}

function findEndpoint(path: string): { readonly endpoint: Endpoint; readonly id: string } | undefined {
  for (const { endpoint, pattern } of routes) {
    const match = pattern.exec(path)
    if (match) return { endpoint, id: decodeURIComponent(match[1] ?? '') }
  }
  return undefined
}

function sendRefusal(
  { status, type, message, code, param, limit }: Refusal,
  requestId: string,
  version: ApiVersion | undefined,
): Response {
  const error = {
    ...(code && { code, doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}` }),
    message,
    ...(param && { param }),
    request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
    type,
  }
  return send(
    status,
    { error },
    { ...headersOf(requestId, version), ...(limit && { 'stripe-rate-limited-reason': limit }) },
  )
}

/** Two spaces and a newline at the end, as the vendor writes it. */
function send(status: number, body: JsonObject, headers: Record<string, string>): Response {
  return new Response(`${JSON.stringify(body, null, 2)}\n`, { status, headers })
}

const headersOf = (requestId: string, version: ApiVersion | undefined): Record<string, string> => ({
  'content-type': 'application/json',
  'request-id': requestId,
  'stripe-version': (version ?? olderVersion).name,
  'cache-control': 'no-cache, no-store',
})

const routes = endpoints.map((endpoint) => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replace(':id', '([^/]+)')}$`),
}))
