import type { WriteResult } from 'millrace'
import { describeRefusal, describeRowError } from './classify-failure.ts'
import { isObject, malformed, type JsonBody } from './read-answer.ts'

/**
 * Item → why it was refused. `isWhole`: the refusal of a batch of one row, which needs no index: none of its items was taken.
 * @throws MillraceError MR-3005 where something was refused and it does not say which row
 */
export function readRowErrors(
  status: number,
  body: JsonBody,
  { items, isWhole }: { readonly items: number; readonly isWhole: boolean },
): ReadonlyMap<number, WriteResult> {
  const list: unknown = body['errors'] ?? []
  if (isWhole) {
    const refusal = reject(Array.isArray(list) ? list : [], describeRefusal(status, body))
    return new Map(Array.from({ length: items }, (_, index) => [index, refusal]))
  }
  if (!Array.isArray(list)) throw malformed('answered a batch with errors that are not a list')
  const byRow = Map.groupBy(list, (error: unknown) => (isObject(error) ? error['batch_index'] : undefined))
  return new Map(
    [...byRow].map(([index, errors]): [number, WriteResult] => {
      if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= items)
        throw malformed('refused a row of a batch without saying which')
      return [index, reject(errors)]
    }),
  )
}

/** One row may have several errors. */
function reject(errors: readonly unknown[], otherwise = 'Customer.io does not say why'): WriteResult {
  const [first, ...more] = errors.filter(isObject)
  const reason = first?.['reason']
  const messages = [first, ...more].map((error) => (error ? describeRowError(error) : '')).filter((text) => text !== '')
  return {
    outcome: 'rejected',
    code: typeof reason === 'string' && reason !== '' ? reason : 'refused',
    message: messages.join('; ') || otherwise,
    retryable: false,
  }
}
