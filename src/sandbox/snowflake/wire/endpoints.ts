/** Which endpoint answers which path. */
import type { Service } from '../service.ts'
import { success, type Answer } from './answer.ts'
import type { JsonRecord } from './read-body.ts'
import { authenticatorRequest, consoleLogin, login } from './login.ts'
import { abortByQuery, abortByRequest, monitorQuery, queryRequest, queryResult, sendChunk } from './query-endpoints.ts'
import { endSession, heartbeat, renewToken } from './session-endpoints.ts'

export type WireRequest = {
  /** What the path's pattern holds in brackets. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  readonly body: JsonRecord
  readonly token: string | null
  readonly address: string
  /** Aborted when the client hangs up. */
  readonly gone: AbortSignal
}

/** An answer, a file of a result, another address, or nothing: the socket is cut. */
export type Reply = Answer | { readonly file: string } | { readonly location: string } | { readonly cut: true }

export type Endpoint = (service: Service, request: WireRequest) => Promise<Reply>

export function findEndpoint(
  method: string,
  path: string,
): { readonly endpoint: Endpoint; readonly parts: readonly string[] } | null {
  for (const [wanted, pattern, endpoint] of endpoints) {
    const match = wanted === method ? pattern.exec(path) : null
    if (match) return { endpoint, parts: match.slice(1) }
  }
  return null
}

const endpoints: readonly (readonly [method: string, path: RegExp, endpoint: Endpoint])[] = [
  ['POST', /^\/session\/v1\/login-request$/, login],
  ['POST', /^\/session\/authenticator-request$/, authenticatorRequest],
  ['GET', /^\/console\/login$/, consoleLogin],
  ['POST', /^\/session\/token-request$/, renewToken],
  ['POST', /^\/session\/heartbeat$/, heartbeat],
  ['POST', /^\/session$/, endSession],
  ['POST', /^\/queries\/v1\/query-request$/, queryRequest],
  ['POST', /^\/queries\/v1\/abort-request$/, abortByRequest],
  ['POST', /^\/queries\/([0-9a-f-]+)\/abort-request$/, abortByQuery],
  ['GET', /^\/queries\/([0-9a-f-]+)\/result$/, queryResult],
  ['GET', /^\/monitoring\/queries\/([0-9a-f-]+)$/, monitorQuery],
  ['GET', /^\/results\/([0-9a-f-]+)\/(\d+)$/, sendChunk],
  ['POST', /^\/telemetry\/send(?:\/sessionless)?$/, async () => success({ telemetry: 'Log Received' })],
]
