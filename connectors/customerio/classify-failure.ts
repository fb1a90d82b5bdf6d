import type { Failure } from 'millrace'
import { isObject, type JsonBody } from './read-answer.ts'

export type Signing = {
  readonly region: 'us' | 'eu'
  /** Which keys of the connection sign in. */
  readonly keys: string
  /** Which of its keys is another address of this API. */
  readonly address: 'base_url' | 'app_base_url'
  /** By which of its statuses it refuses what was asked for; any other is of an address that is not the API's. @default any is its own */
  readonly refusals?: readonly number[]
}

/** What only Customer.io's connector can say of a refusal. undefined: the host knows (statuses, sockets, timeouts). */
export function classifyFailure(error: unknown, { region, keys, address, refusals }: Signing): Failure | undefined {
  if (!isRequestError(error)) return undefined
  const { statusCode: status, message } = error
  if (status === 403) return { kind: 'auth', status, message: `${message}. ${keys} may not do this: look at its scope` }
  if (status === 401)
    return { kind: 'auth', status, message: `${message}. ${keys} and region (${region}) must belong together` }
  // What was asked for is not to blame, nor would any row of it pass: it ends the run as wrong keys do.
  const look = `region (${region}) must be the workspace's, and ${address}, where it is set, an address of this API`
  if (status >= 300 && status < 400) return { kind: 'auth', status, message: `it sends on to another address. ${look}` }
  if (refusals && isRefusal(status) && !refusals.includes(status))
    return { kind: 'auth', status, message: `${message}. This API does not answer so: ${look}` }
  return undefined
}

/** Neither of a moment (408, 425, 429, most 5xx) nor of the keys. */
const isRefusal = (status: number) =>
  (status >= 400 && status < 500 && ![408, 425, 429].includes(status)) || status === 501 || status === 505

/** The whole batch. https://docs.customer.io/integrations/api/track/#operation/batch */
export const batchRefusals: readonly number[] = [400, 413, 422]

/** v1 says `{ meta: { error } }`, v2 `{ errors: [{ reason, field, message }] }`, the App API `{ errors: [{ detail }] }`. https://docs.customer.io/integrations/api/ */
export function describeRefusal(status: number, { meta, errors }: JsonBody): string {
  if (isObject(meta) && typeof meta['error'] === 'string') return meta['error']
  const list = Array.isArray(errors) ? errors.filter(isObject) : []
  return list.length === 0 ? `HTTP ${status}` : list.slice(0, maxErrors).map(describeRowError).join('; ')
}

export const describeRowError = ({ field, message, detail }: JsonBody): string =>
  [field, message, detail].filter((part) => typeof part === 'string' && part !== '').join(': ')

// By shape and not by class, so that this file does not load the SDK.
const isRequestError = (error: unknown): error is Error & { readonly statusCode: number } =>
  error instanceof Error &&
  error.name === 'CustomerIORequestError' &&
  'statusCode' in error &&
  typeof error.statusCode === 'number'

const maxErrors = 5
