import type { Failure } from 'millrace'
import { isObject, type JsonBody } from './read-answer.ts'

/** What only Customer.io's connector can say of a refusal. undefined: the host knows (statuses, sockets, timeouts). */
export function classifyFailure(
  error: unknown,
  { region, keys }: { readonly region: 'us' | 'eu'; readonly keys: string },
): Failure | undefined {
  if (!isRequestError(error)) return undefined
  const { statusCode: status, message } = error
  if (status === 403) return { kind: 'auth', status, message: `${message}. ${keys} may not do this: look at its scope` }
  if (status === 401)
    return { kind: 'auth', status, message: `${message}. ${keys} and region (${region}) must belong together` }
  if (status >= 300 && status < 400)
    return {
      kind: 'refused',
      status,
      message: `sent on to another address: the workspace may not be in region ${region}`,
    }
  return undefined
}

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
