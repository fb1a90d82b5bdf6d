import type { Failure } from 'millrace'
import { GraphError, isForbidden, isUnknown } from './graph-error.ts'

/**
 * What only Facebook's connector can say of a refusal. undefined: the host knows (sockets, timeouts, malformed answers).
 * https://developers.facebook.com/docs/marketing-api/error-reference
 */
export function classifyFailure(error: unknown): Failure | undefined {
  if (!(error instanceof GraphError)) return undefined
  const { status, graphCode, subcode, message, traceId } = error
  if (status >= 300 && status < 400)
    return { kind: 'refused', status, message: 'it sends on to another address: base_url is not the one of the API' }
  return {
    message,
    // Errors may come as 200, which says nothing.
    ...(status >= 400 && { status }),
    ...(graphCode !== 0 && { code: subcode === 0 ? `${graphCode}` : `${graphCode}/${subcode}` }),
    ...(traceId !== null && { requestId: traceId }),
    ...meaningOf(error),
  }
}

function meaningOf(error: GraphError): Pick<Failure, 'kind' | 'notReceived' | 'retryAfterMs'> {
  const { graphCode, status, isTransient, message, regainMs } = error
  if (signInCodes.has(graphCode) || /appsecret_proof/.test(message) || isForbidden(error)) return { kind: 'auth' }
  if (isRateCode(graphCode) || (graphCode === 0 && status === 429))
    return { kind: 'rate', notReceived: true, retryAfterMs: regainMs > 0 ? regainMs : usualWaitMs }
  if (isTransient || isUnknown(error) || status >= 500 || status === 408) return { kind: 'server' }
  if (graphCode === 0 && status < 300) return { kind: 'malformed' }
  return { kind: graphCode === 0 && (status === 401 || status === 403) ? 'auth' : 'refused' }
}

/** App, user, page, custom and the business use cases: https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
const isRateCode = (code: number) =>
  code === 4 || code === 17 || code === 32 || code === 341 || code === 613 || (code >= 80_000 && code <= 80_014)

/** Token wrong, expired or missing; session over. https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging */
const signInCodes: ReadonlySet<number> = new Set([102, 104, 190, 463, 467])

/** Where no header says for how long. */
const usualWaitMs = 60_000
