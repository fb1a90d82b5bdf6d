import { retryAfterMs, type ExchangeAnswer, type Failure } from 'millrace'

/** A refusal of the vendor: what it means to the host, and the codes by which this connector goes on. */
export type Refusal = {
  readonly failure: Failure
  readonly errors: readonly AdsError[]
  readonly isTokenRefused: boolean
}

/** One error of a GoogleAdsFailure. https://developers.google.com/google-ads/api/docs/concepts/api-objects#errors */
export type AdsError = {
  /** `quotaError` */
  readonly kind: string
  /** `RESOURCE_EXHAUSTED` */
  readonly code: string
  readonly message: string
  readonly retryDelayMs: number | null
}

/** null: not a refusal. https://developers.google.com/google-ads/api/docs/best-practices/understand-api-errors */
export function readRefusal(answer: ExchangeAnswer, now: Date): Refusal | null {
  const body = parseError(answer.bytes)
  if (answer.status < 300 && !body) return null
  const errors = body?.errors ?? []
  const [first] = errors
  const message = describe(body, answer.status)
  const facts = {
    message,
    status: answer.status,
    ...(first && { code: `${first.kind}.${first.code}` }),
    ...(body?.requestId && { requestId: body.requestId }),
  }
  const waits = errors.flatMap(({ retryDelayMs }) => retryDelayMs ?? [])
  const retryAfterMs = waits.length > 0 ? Math.max(...waits) : retryAfterOf(answer, now)
  return {
    errors,
    failure: { ...facts, ...kindOf({ status: body?.code ?? answer.status, errors, retryAfterMs }) },
    isTokenRefused:
      errors.some(({ code }) => staleTokens.has(code)) ||
      (errors.length === 0 && (body?.code ?? answer.status) === 401),
  }
}

type Told = { readonly status: number; readonly errors: readonly AdsError[]; readonly retryAfterMs: number | undefined }

function kindOf({ status, errors, retryAfterMs }: Told): Pick<Failure, 'kind' | 'retryAfterMs' | 'notReceived'> {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  const codes = new Set(errors.map(({ code }) => code))
  const kinds = new Set(errors.map(({ kind }) => kind))
  if (kinds.has('quotaError')) {
    // Of a day's operations the vendor says in how many hours there are new ones: nothing that a run waits for.
    const isForNow =
      codes.has('RESOURCE_TEMPORARILY_EXHAUSTED') || codes.has('EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION')
    if (retryAfterMs !== undefined ? retryAfterMs <= longestWaitMs : isForNow)
      return { kind: 'rate', notReceived: true, ...wait }
    return { kind: 'quota' }
  }
  if (errors.some(({ code }) => transient.has(code))) return { kind: 'server', ...wait }
  if (kinds.has('authenticationError') && !codes.has('CUSTOMER_NOT_FOUND')) return { kind: 'auth' }
  if (kinds.has('authorizationError') && !notOfCredentials(codes)) return { kind: 'auth' }
  if (codes.has('DEVELOPER_TOKEN_PARAMETER_MISSING')) return { kind: 'auth' }
  if (errors.length > 0) return { kind: 'refused' }
  if (status === 429) return { kind: 'rate', notReceived: true, ...wait }
  if (status === 401 || status === 403) return { kind: 'auth' }
  // An error as 200 is no answer of this API: a proxy's, or one cut off.
  if (status >= 500 || status === 408 || status === 499 || status < 300) return { kind: 'server', ...wait }
  return { kind: 'refused' }
}

/** This account cannot be read now, whoever asks; others can. */
export const isAccountClosed = ({ errors }: Refusal) => errors.some(({ code }) => closedAccounts.has(code))

export const isPageTokenGone = ({ errors }: Refusal) =>
  errors.some(({ code }) => code === 'EXPIRED_PAGE_TOKEN' || code === 'INVALID_PAGE_TOKEN')

/** The token endpoint: https://datatracker.ietf.org/doc/html/rfc6749#section-5.2 */
export function readSignInRefusal(answer: ExchangeAnswer, now: Date): Failure | null {
  if (answer.status >= 200 && answer.status < 300) return null
  const body = membersOf(parse(answer.bytes))
  const code = typeof body.error === 'string' ? body.error : undefined
  const detail = typeof body.error_description === 'string' ? body.error_description : undefined
  const retryAfterMs = retryAfterOf(answer, now)
  const facts = { status: answer.status, message: detail ?? code ?? `HTTP ${answer.status}`, ...(code && { code }) }
  if (code !== undefined && signInRefusals.has(code)) return { kind: 'auth', ...facts }
  return { ...facts, ...kindOf({ status: answer.status, errors: [], retryAfterMs }) }
}

type ErrorBody = {
  readonly code: number | null
  readonly message: string
  readonly errors: readonly AdsError[]
  readonly requestId: string | null
}

/** `{ error }`; searchStream's is in an array. */
function parseError(bytes: Uint8Array): ErrorBody | null {
  // A page of rows is not parsed to find out that it is none.
  if (
    !/^\s*\[?\s*\{\s*"error"/.test(
      Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString('latin1'),
    )
  )
    return null
  const whole = parse(bytes)
  const error = membersOf(membersOf(Array.isArray(whole) ? whole[0] : whole).error)
  const details = Array.isArray(error.details) ? error.details.map(membersOf) : []
  const failure = details.find((detail) => String(detail['@type']).endsWith('.errors.GoogleAdsFailure'))
  return {
    code: typeof error.code === 'number' ? error.code : null,
    message: typeof error.message === 'string' ? error.message : '',
    errors: Array.isArray(failure?.errors) ? failure.errors.map(errorOf) : [],
    requestId: typeof failure?.requestId === 'string' ? failure.requestId : null,
  }
}

function errorOf(value: unknown): AdsError {
  const { errorCode, message, details } = membersOf(value)
  const [kind = 'unknown', code = 'UNKNOWN'] = Object.entries(membersOf(errorCode))[0] ?? []
  const { retryDelay } = membersOf(membersOf(details).quotaErrorDetails)
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(typeof retryDelay === 'string' ? retryDelay : '')?.[1]
  return {
    kind,
    code: String(code),
    message: typeof message === 'string' ? message : '',
    retryDelayMs: seconds === undefined ? null : Number(seconds) * 1000,
  }
}

function describe(body: ErrorBody | null, status: number): string {
  if (status >= 300 && status < 400)
    return `sent on to another address (HTTP ${status}): the base_url is not the one of the API`
  const told = body?.errors.map(({ code, message }) => `${message} (${code})`).join('; ')
  return told || body?.message || `HTTP ${status}`
}

const retryAfterOf = ({ header }: ExchangeAnswer, now: Date): number | undefined =>
  retryAfterMs(header('retry-after'), header('date'), now)

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    // A proxy's page: the status says what there is to say.
    return null
  }
}

export const membersOf = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const notOfCredentials = (codes: ReadonlySet<string>) =>
  [...codes].every((code) => closedAccounts.has(code) || code === 'METRIC_ACCESS_DENIED')

const closedAccounts: ReadonlySet<string> = new Set([
  'CUSTOMER_NOT_ENABLED',
  'ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT',
])
const staleTokens: ReadonlySet<string> = new Set(['OAUTH_TOKEN_EXPIRED', 'OAUTH_TOKEN_INVALID'])
const transient: ReadonlySet<string> = new Set([
  'TRANSIENT_ERROR',
  'INTERNAL_ERROR',
  'DEADLINE_EXCEEDED',
  'RPC_DEADLINE_TOO_SHORT',
  'CONCURRENT_MODIFICATION',
])
const signInRefusals: ReadonlySet<string> = new Set([
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'deleted_client',
])

/** The host's own limit for a wait that a vendor asks for. */
const longestWaitMs = 900_000
