import { MillraceError, retryAfterMs, type ExchangeAnswer, type Failure } from 'millrace'

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
  const { status } = answer
  const vendor = vendorErrorOf(error)
  // No row is to be blamed, nor would any pass: it ends the run as wrong keys do.
  const other = saysAnother(status, vendor)
  if (other !== null)
    return {
      kind: 'auth',
      status,
      message: `${other}: instance_url or login_url is not the one of the API, ${between}`,
    }
  if (!vendor) return undefined
  const facts = { status, code: vendor.code, message: vendor.message, ...waitOf(answer) }
  return { ...facts, ...meaningOf(vendor, status) }
}

/** The token endpoint answers in OAuth's own form: jsforce gives `error` as the name. */
export function classifySignIn(error: unknown, answer: ExchangeAnswer | null): Failure | undefined {
  // A token for an address that is not gone to: no other answer would help.
  if (error instanceof MillraceError && error.code === 'MR-3008') return undefined
  if (!answer || !(error instanceof Error)) return undefined
  const facts = {
    status: answer.status,
    code: error.name,
    message: `${error.name}: ${error.message}`,
    ...waitOf(answer),
  }
  const other = saysAnother(answer.status, { code: error.name, message: error.message })
  if (other !== null)
    return {
      kind: 'auth',
      status: answer.status,
      message: `${other}: login_url is not the one of your domain, ${between}`,
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

/** What something else than the API says, for Salesforce's own 404 and 405 have a code: jsforce makes one where there is none. null: it is Salesforce. */
function saysAnother(status: number, vendor: VendorError | undefined): string | null {
  if (status >= 300 && status < 400) return `it sends on to another address (HTTP ${status})`
  const isUncoded = vendor !== undefined && /^(Error|ERROR_HTTP_\d+)$/.test(vendor.code)
  return (status === 404 || status === 405) && isUncoded ? `HTTP ${status}, and no error of Salesforce's` : null
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

const between = 'or a proxy stands before it'
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
