import { retryAfterMs, type Failure } from 'millrace'

/** An error of the SDK that has an answer of the vendor behind it. By shape, so that this file does not load the SDK. */
export type StripeFailure = Error & {
  readonly type: string
  /** The `type` in the vendor's answer. */
  readonly rawType?: string
  readonly statusCode: number
  readonly code?: string
  readonly param?: string
  readonly requestId?: string
  readonly headers?: { readonly [name: string]: string }
}

export const isStripeFailure = (error: unknown): error is StripeFailure =>
  error instanceof Error &&
  'type' in error &&
  String(error.type).startsWith('Stripe') &&
  'statusCode' in error &&
  typeof error.statusCode === 'number'

/**
 * The account itself refuses: it is disconnected, or the key has no such permission in it. A 403 of something between,
 * which is not in Stripe's form, says nothing of the account. https://docs.stripe.com/api/errors
 */
export const isRefusal = ({ statusCode, rawType }: StripeFailure): boolean =>
  statusCode === 403 && rawType === 'invalid_request_error'

/**
 * What the error of one attempt means. undefined: not the vendor's (sockets, timeouts, malformed answers), which the host
 * knows. https://docs.stripe.com/error-handling https://docs.stripe.com/api/errors
 */
export function classifyFailure(error: unknown): Failure | undefined {
  if (!isStripeFailure(error)) return undefined
  const facts = { message: error.message, status: error.statusCode, code: error.code, requestId: error.requestId }
  const { statusCode: status, code } = error
  if (status === 401 || status === 403) return { kind: 'auth', ...facts }
  // A limit is waited for whatever else is said; 400 with this code is an old form of it.
  if (status === 429 || code === 'rate_limit')
    return { kind: 'rate', ...facts, notReceived: true, ...retryAfter(error) }
  // https://docs.stripe.com/error-low-level#retries : the vendor knows best whether it makes sense.
  const advice = error.headers?.['stripe-should-retry']
  if (advice === 'true') return { kind: 'server', ...facts, ...retryAfter(error) }
  if (advice === 'false') return { kind: 'refused', ...facts }
  if (status >= 500 || status === 408 || code === 'lock_timeout' || status === 409)
    return { kind: 'server', ...facts, ...retryAfter(error) }
  if (status >= 300 && status < 400)
    return {
      kind: 'refused',
      ...facts,
      message: `sent on to another address (HTTP ${status}): the base_url is not the one of the API`,
    }
  return { kind: 'refused', ...facts }
}

function retryAfter({ headers }: StripeFailure): { readonly retryAfterMs?: number } {
  const wait = retryAfterMs(headers?.['retry-after'], headers?.date, new Date())
  return wait === undefined ? {} : { retryAfterMs: wait }
}
