import type { DestinationObject } from '../connector/contract.ts'
import type { WriteContext } from '../connector/contract.ts'
import type { WriteResult } from '../model/change.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { SpooledChange } from './change-spool.ts'

/**
 * One batch, with a result per row. A request that is refused whole is split in halves until the bad row stands alone.
 * `failure`: why the rest of the delivery should not go on; those rows are unknown.
 */
export async function writeBatch(
  object: DestinationObject,
  batch: readonly SpooledChange[],
  context: WriteContext,
): Promise<{ readonly results: readonly WriteResult[]; readonly failure?: MillraceError }> {
  try {
    const results = await object.write(
      batch.map(({ change }) => change),
      context,
    )
    if (results.length === batch.length) return { results }
    throw new MillraceError('MR-1401', {
      message: `The connector answered ${results.length} results for ${batch.length} changes of ${object.name}.`,
      kept: 'Their intents stay open: they will be sent again.',
    })
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    if (error.code !== 'MR-3004')
      return { results: batch.map(() => ({ outcome: 'unknown' as const, message: error.message })), failure: error }
    if (batch.length === 1)
      return { results: [{ outcome: 'rejected', code: error.code, message: error.message, retryable: false }] }
    const middle = Math.ceil(batch.length / 2)
    const first = await writeBatch(object, batch.slice(0, middle), context)
    if (first.failure)
      return {
        results: [...first.results, ...batch.slice(middle).map(() => ({ outcome: 'unknown' as const }))],
        failure: first.failure,
      }
    const second = await writeBatch(object, batch.slice(middle), context)
    return { results: [...first.results, ...second.results], ...(second.failure ? { failure: second.failure } : {}) }
  }
}

/** Cuts changes into batches within the object's limits; a row that is too large for any request stands alone as `oversized`. */
export async function* batchChanges(
  changes: AsyncIterable<SpooledChange>,
  object: DestinationObject,
): AsyncIterable<
  { readonly batch: readonly SpooledChange[] } | { readonly oversized: SpooledChange; readonly bytes: number }
> {
  const size = object.size ?? ((change) => Buffer.byteLength(JSON.stringify(change.fields)))
  const rowLimit = object.batch.rowBytes ?? object.batch.bytes
  let batch: SpooledChange[] = []
  let bytes = 0
  let keys = new Set<string>()
  for await (const change of changes) {
    const own = size(change.change)
    if (own > rowLimit) {
      yield { oversized: change, bytes: own }
      continue
    }
    // Two rows that mean one record go in two requests, in order.
    if (batch.length >= object.batch.rows || bytes + own > object.batch.bytes || keys.has(change.change.key)) {
      yield { batch }
      batch = []
      bytes = 0
      keys = new Set()
    }
    batch.push(change)
    keys.add(change.change.key)
    bytes += own
  }
  if (batch.length > 0) yield { batch }
}
