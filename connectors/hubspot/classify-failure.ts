import { retryAfterMs, type ExchangeAnswer, type Failure } from 'millrace'

/** The vendor's error. https://developers.hubspot.com/docs/api-reference/error-handling */
export type VendorError = {
  readonly status: number
  /** The most telling of its codes: that of the first detail, else the category. */
  readonly code: string
  readonly message: string
  readonly correlationId: string | null
  /** In HubSpot's words, which name its request; a path that it does not have is answered with a page, by a proxy with another's words. */
  readonly isOwn: boolean
}

/** An answer that is a refusal, thrown within an attempt so that the host asks what it means. */
export class HubspotRefusal extends Error {
  readonly error: VendorError
  readonly answer: ExchangeAnswer

  constructor(answer: ExchangeAnswer) {
    const error = readError(answer)
    super(error.message)
    this.error = error
    this.answer = answer
  }
}

/** What only HubSpot's connector can say of a refusal. undefined: the host knows (sockets, timeouts, malformed answers). */
export function classifyFailure(error: unknown): Failure | undefined {
  if (!(error instanceof HubspotRefusal)) return undefined
  const { status, code, message, correlationId } = error.error
  const requestId = correlationId === null ? {} : { requestId: correlationId }
  if (!isOfAnother(error.error)) return { status, code, message, ...requestId, ...meaningOf(error) }
  // No row is to be blamed, nor would any pass: it ends the run as wrong keys do.
  const said = status < 400 ? 'it sends on to another address' : message
  return {
    kind: 'auth',
    ...requestId,
    status,
    message: `${said.replace(/\.$/, '')}; base_url may not be the one of the API, or a proxy may stand before it`,
  }
}

function meaningOf({ error, answer }: HubspotRefusal): Pick<Failure, 'kind' | 'notReceived' | 'retryAfterMs'> {
  const { status, code } = error
  if (status === 401 || status === 403) return { kind: 'auth' }
  if (status === 429)
    // Only the day's limit does not pass by waiting. https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
    return code === 'DAILY'
      ? { kind: 'quota', notReceived: true }
      : {
          kind: 'rate',
          notReceived: true,
          retryAfterMs: waitOf(answer, code === 'SECONDLY' ? secondMs : windowOf(answer)),
        }
  // Too much was written at once: the lock lasts two seconds.
  if (status === 423) return { kind: 'rate', notReceived: true, retryAfterMs: waitOf(answer, lockMs) }
  // The account moves to another data centre; Retry-After says until when, up to a day.
  if (status === 477) return { kind: 'rate', notReceived: true, retryAfterMs: waitOf(answer, lockMs) }
  return { kind: status >= 500 || status === 408 ? 'server' : 'refused' }
}

/** What HubSpot does not document for what we ask: an address where there is nothing, or something else. */
const isOfAnother = (error: VendorError): boolean =>
  error.status < 500 && !passing.has(error.status) && !isOfRequest(error)

/** HubSpot refuses what was asked, and not who asks, how often or where: a batch may hold a row that is not meant for it. */
export const isOfRequest = ({ status, isOwn }: VendorError): boolean =>
  refusals.has(status) || (status === 404 && isOwn)

/** HubSpot mostly sends no Retry-After with a 429, but the length of the window that is full. */
const windowOf = (answer: ExchangeAnswer) => {
  const ms = Number(answer.header('x-hubspot-ratelimit-interval-milliseconds'))
  return ms > 0 && ms <= defaultWindowMs ? ms : defaultWindowMs
}

const waitOf = ({ header }: ExchangeAnswer, otherwise: number): number =>
  retryAfterMs(header('retry-after'), header('date'), new Date()) ?? otherwise

function readError(answer: ExchangeAnswer): VendorError {
  const { status } = answer
  const json = parseObject(answer.bytes.toString())
  const body = json ?? { message: 'it is no answer in HubSpot’s words', category: `HTTP_${status}` }
  const correlationId = textOf(body['correlationId']) ?? answer.header('x-hubspot-correlation-id')
  const limit = status === 429 ? textOf(body['policyName']) : undefined
  return {
    status,
    ...readDetail(body),
    ...(limit === undefined ? {} : { code: limit }),
    correlationId,
    isOwn: json !== undefined && correlationId !== null,
  }
}

/** Code and words of an error, of a whole answer or of one row of it. */
export function readDetail(error: JsonBody): { readonly code: string; readonly message: string } {
  const details = listOf(error['errors'])
  const category = textOf(error['category']) ?? textOf(error['errorType']) ?? 'refused'
  const code = textOf(details[0]?.['code']) ?? category
  const texts = details.map((detail) => textOf(detail['message']) ?? '').filter((text) => text !== '')
  const scopes = [error, ...details].flatMap(scopesOf)
  const own = textOf(error['message']) ?? ''
  // Of property errors the own message is a list in JSON; the details say the same in words.
  const said =
    own.startsWith('Property values were not valid') && texts.length > 0 ? texts.slice(0, maxTexts).join('; ') : own
  const needs = scopes.length === 0 ? '' : ` It needs ${[...new Set(scopes)].join(' or ')}.`
  return { code, message: `${said || `HubSpot says ${category} and not why`}${needs}` }
}

/** MISSING_SCOPES names them here or there. */
function scopesOf(error: JsonBody): readonly string[] {
  const context = isObject(error['context']) ? error['context'] : {}
  return ['requiredGranularScopes', 'requiredScopes', 'missingScopes'].flatMap((name) => {
    const scopes = context[name]
    return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : []
  })
}

export type JsonBody = { readonly [name: string]: unknown }

export function parseObject(text: string): JsonBody | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    // The caller knows the status, and so what an answer without JSON means.
    return undefined
  }
}

export const isObject = (value: unknown): value is JsonBody =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const listOf = (value: unknown): readonly JsonBody[] => (Array.isArray(value) ? value.filter(isObject) : [])
export const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

const refusals: ReadonlySet<number> = new Set([400, 409, 413, 414, 422])
/** Of who asks, how often, and when. */
const passing: ReadonlySet<number> = new Set([401, 403, 408, 423, 429, 477])
const defaultWindowMs = 10_000
// The search's, whose answers do not say so.
const secondMs = 1_000
const lockMs = 2_000
const maxTexts = 5
