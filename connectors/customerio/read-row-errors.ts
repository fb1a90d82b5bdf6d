import type { WriteResult } from 'millrace'
import { isObject, type JsonBody } from './read-answer.ts'

export type RowErrors = ReadonlyMap<number, WriteResult>

/**
 * `errors[].batch_index` of a 207 or a 400. undefined: something was refused, and it does not say which row.
 * A 400 of a single row needs no index: there is nobody else to blame.
 */
export function readRowErrors(
  body: JsonBody,
  { rows, accepted }: { readonly rows: number; readonly accepted: boolean },
): RowErrors | undefined {
  const list = Array.isArray(body['errors']) ? body['errors'].filter(isObject) : []
  if (!accepted && rows === 1) return new Map([[0, reject(list.length === 0 ? [{ message: metaError(body) }] : list)]])
  const byRow = Map.groupBy(list, ({ batch_index }) => batch_index)
  const indexes = [...byRow.keys()]
  if (!indexes.every((index) => Number.isInteger(index) && Number(index) >= 0 && Number(index) < rows)) return undefined
  return new Map([...byRow].map(([index, errors]) => [Number(index), reject(errors)]))
}

/** One row may have several errors. */
function reject(errors: readonly JsonBody[]): WriteResult {
  const messages = errors.map(({ field, message }) =>
    [field, message].filter((part) => typeof part === 'string' && part !== '').join(': '),
  )
  const reason = errors[0]?.['reason']
  return {
    outcome: 'rejected',
    code: typeof reason === 'string' && reason !== '' ? reason : 'refused',
    message:
      messages.filter((message) => message !== '').join('; ') || 'Customer.io refused the row and did not say why',
    retryable: false,
  }
}

/** v1's form of an error: `{ "meta": { "error": "…" } }`. */
function metaError({ meta }: JsonBody): unknown {
  return isObject(meta) ? meta['error'] : undefined
}
