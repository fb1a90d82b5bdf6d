import type { Failure } from 'millrace'

/** What jsforce throws for an answer above 399, with the status and the answer's body as they came. */
export type SalesforceFailure = { readonly status: number; readonly errorCode: string; readonly message: string }

/**
 * The vendor's error in something that jsforce threw; undefined: not an answer (sockets, timeouts).
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
 */
export function readFailure(error: unknown): SalesforceFailure | undefined {
  if (!(error instanceof Error)) return undefined
  // The token endpoint: `name` is the OAuth error. Other endpoints answer text here, so the code is ERROR_HTTP_<status>.
  const http = /^ERROR_HTTP_(\d+)$/.exec(error.name)
  if (!http)
    return oauthErrors.has(error.name) ? { status: 400, errorCode: error.name, message: error.message } : undefined
  const status = Number(http[1])
  const [first] = readErrors(error.message)
  return {
    status,
    errorCode: first?.errorCode ?? `HTTP_${status}`,
    message: first?.message ?? error.message.slice(0, 300),
  }
}

export function classifyFailure(error: unknown): Failure | undefined {
  const failure = readFailure(error)
  if (!failure) return undefined
  const { status, errorCode: code } = failure
  const facts = { message: `${code}: ${failure.message}`, status, code }
  if (oauthErrors.has(code) || status === 401) return { kind: 'auth', ...facts }
  if (code === 'REQUEST_LIMIT_EXCEEDED') return { kind: 'quota', ...facts }
  if (status === 429) return { kind: 'rate', ...facts, notReceived: true }
  if (status >= 500 || status === 408 || passing.has(code)) return { kind: 'server', ...facts }
  if (code === 'API_DISABLED_FOR_ORG' || code === 'INSUFFICIENT_ACCESS') return { kind: 'auth', ...facts }
  return { kind: 'refused', ...facts }
}

/** Codes that pass by themselves: locks and a busy server. */
export const passing: ReadonlySet<string> = new Set([
  'UNABLE_TO_LOCK_ROW',
  'SERVER_UNAVAILABLE',
  'REQUEST_RUNNING_TOO_LONG',
])

export const isSessionExpired = (error: unknown): boolean => readFailure(error)?.status === 401

const oauthErrors: ReadonlySet<string> = new Set([
  'invalid_client',
  'invalid_client_id',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_request',
  'inactive_user',
  'inactive_org',
])

function readErrors(body: string): readonly { readonly errorCode?: string; readonly message?: string }[] {
  try {
    const parsed: unknown = JSON.parse(body)
    return Array.isArray(parsed) ? parsed.filter((item) => typeof item === 'object' && item !== null) : []
  } catch {
    return []
  }
}
