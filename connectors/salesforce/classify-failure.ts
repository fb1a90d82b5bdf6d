import { retryAfterMs, type ExchangeAnswer, type Failure } from 'millrace'

/** What the vendor said of a request that failed. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm */
export type VendorError = { readonly code: string; readonly message: string }

/** Of an error that jsforce made from an answer. By shape, so that this file does not load the SDK. */
export function vendorErrorOf(error: unknown): VendorError | undefined {
  return error instanceof Error && 'errorCode' in error && typeof error.errorCode === 'string'
    ? { code: error.errorCode, message: error.message }
    : undefined
}

/**
 * What the error of one attempt means. undefined: not the vendor's (sockets, timeouts, malformed answers), which the host
 * knows.
 */
export function classifyFailure(error: unknown, answer: ExchangeAnswer | null): Failure | undefined {
  if (!answer) return undefined
  if (answer.status >= 300 && answer.status < 400)
    return {
      kind: 'refused',
      status: answer.status,
      message: `it sends on to another address (HTTP ${answer.status}): instance_url or login_url is not the one of the API`,
    }
  const vendor = vendorErrorOf(error)
  if (!vendor) return undefined
  const { status } = answer
  const facts = { status, code: vendor.code, message: vendor.message, ...waitOf(answer) }
  return { ...facts, ...meaningOf(vendor, status) }
}

/** The token endpoint answers in OAuth's own form: jsforce gives `error` as the name. */
export function classifySignIn(error: unknown, answer: ExchangeAnswer | null): Failure | undefined {
  if (!answer || !(error instanceof Error)) return undefined
  const facts = {
    status: answer.status,
    code: error.name,
    message: `${error.name}: ${error.message}`,
    ...waitOf(answer),
  }
  if (answer.status >= 300 && answer.status < 400)
    return {
      kind: 'refused',
      status: answer.status,
      message: `it sends on to another address (HTTP ${answer.status}): login_url is not the one of your domain`,
    }
  if (answer.status < 300) return { kind: 'malformed', status: answer.status, message: 'the answer is not a token' }
  if (error.name === 'rate_limit_exceeded' || answer.status === 429)
    return { ...facts, kind: 'rate', notReceived: true }
  // Seen for minutes after a connected app is made, and in maintenance.
  if (
    answer.status >= 500 ||
    answer.status === 408 ||
    error.name === 'temporarily_unavailable' ||
    error.name === 'unknown_error'
  )
    return { ...facts, kind: 'server' }
  return { ...facts, kind: 'auth' }
}

function meaningOf({ code, message }: VendorError, status: number): Pick<Failure, 'kind' | 'notReceived'> {
  if (code === 'REQUEST_LIMIT_EXCEEDED' || code === 'LIMIT_EXCEEDED')
    // The same code for the day's total and for requests at one time; only the latter passes by waiting.
    return /^Concurrent/i.test(message) ? { kind: 'rate', notReceived: true } : { kind: 'quota' }
  if (status === 429) return { kind: 'rate', notReceived: true }
  if (status === 401 || authCodes.has(code)) return { kind: 'auth' }
  if (passingCodes.has(code) || status >= 500 || status === 408 || status === 420) return { kind: 'server' }
  return { kind: 'refused' }
}

function waitOf({ header }: ExchangeAnswer): { readonly retryAfterMs?: number } {
  const wait = retryAfterMs(header('retry-after'), header('date'), new Date())
  return wait === undefined ? {} : { retryAfterMs: wait }
}

const authCodes: ReadonlySet<string> = new Set([
  'INVALID_SESSION_ID',
  'INVALID_AUTH_HEADER',
  'INVALID_LOGIN',
  'API_DISABLED_FOR_ORG',
  'API_CURRENTLY_DISABLED',
  'INACTIVE_OWNER_OR_USER',
])
const passingCodes: ReadonlySet<string> = new Set([
  'UNABLE_TO_LOCK_ROW',
  'SERVER_UNAVAILABLE',
  'QUERY_TIMEOUT',
  'REQUEST_RUNNING_TOO_LONG',
  'UNKNOWN_EXCEPTION',
  'SERVICE_UNAVAILABLE',
])
