import type { Change } from '../../model/change.ts'
import type { DestinationObject } from '../destination.ts'

/** Batches within the object's own limits, as an engine cuts them. */
export function cutBatches(
  { batch, size }: DestinationObject,
  changes: readonly Change[],
): readonly (readonly Change[])[] {
  const batches: Change[][] = [[]]
  let bytes = 0
  for (const change of changes) {
    const own = size?.(change) ?? Buffer.byteLength(JSON.stringify(change.fields))
    const last = batches.at(-1) ?? []
    const isFull = last.length >= batch.rows || bytes + own > batch.bytes
    if (isFull) batches.push([change])
    else last.push(change)
    bytes = isFull ? own : bytes + own
  }
  return batches
}
