import { MillraceError, type Failure } from 'millrace'

/**
 * What the error of one attempt means. undefined: not ours to say (the host's own timeout, an abort).
 * https://docs.customer.io/integrations/api/track/#section/Errors : no machine-readable code but the status.
 */
export function classifyFailure(error: unknown, region: 'us' | 'eu'): Failure | undefined {
  if (error instanceof MillraceError)
    return error.code === 'MR-3005' ? { kind: 'malformed', message: error.message } : undefined
  if (isRequestError(error)) return classifyStatus(error, region)
  if (error instanceof TypeError && fetchMessages.includes(error.message)) return classifySocket(error)
  return undefined
}

function classifyStatus(error: RequestError, region: 'us' | 'eu'): Failure {
  const status = error.statusCode
  const message = error.message === 'Unknown error' ? `HTTP ${status}` : error.message
  if (status === 401 || status === 403)
    return { kind: 'auth', status, message: `${message}. Site ID, API key and region (${region}) must belong together` }
  if (status === 429) return { kind: 'rate', status, message, notReceived: true, ...retryAfter(error) }
  if (status === 408 || status >= 500) return { kind: 'server', status, message, ...retryAfter(error) }
  if (status >= 300 && status < 400)
    return {
      kind: 'refused',
      status,
      message: `sent on to another address: the workspace may not be in region ${region}`,
    }
  return { kind: 'refused', status, message }
}

/** `fetch` says only "fetch failed"; the socket's error is its cause. */
function classifySocket(error: TypeError): Failure {
  const cause: unknown = error.cause
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined
  return {
    kind: 'network',
    message: code ?? (cause instanceof Error ? cause.message : error.message),
    code,
    notReceived: code !== undefined && beforeSending.has(code),
  }
}

function retryAfter({ response }: RequestError): { readonly retryAfterMs?: number } {
  const header = response.headers['retry-after']
  if (!header) return {}
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? {} : { retryAfterMs: Math.max(0, ms) }
}

type RequestError = Error & {
  readonly statusCode: number
  readonly response: { readonly headers: { readonly [name: string]: string } }
}

// By shape and not by class, so that this file does not load the SDK.
const isRequestError = (error: unknown): error is RequestError =>
  error instanceof Error && error.name === 'CustomerIORequestError' && 'statusCode' in error

// The socket broke before, or while, the answer was read.
const fetchMessages: readonly string[] = ['fetch failed', 'terminated']
const beforeSending: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])
