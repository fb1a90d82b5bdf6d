import type { Scan, ScanItem } from '../connector/contract.ts'
import { countRows } from '../staging/spool.ts'
import type { StreamPlan } from './resolve-streams.ts'

/**
 * What a stream yields up to `--limit`, whether it stops there by itself or not. The batch in which the limit is reached is taken
 * whole, and with it the children of its rows.
 */
export async function* withinLimit(
  items: AsyncIterable<ScanItem>,
  { limit }: Scan,
  { children }: StreamPlan,
): AsyncGenerator<ScanItem> {
  let left = limit ?? Infinity
  for await (const item of items) {
    const child = item.kind === 'checkpoint' ? undefined : item.child
    if (left <= 0 && !child) return
    yield item
    if (item.kind !== 'checkpoint' && !child) left -= countRows(item)
    // Another page is not asked for to find that it has no children.
    if (left <= 0 && children.length === 0) return
  }
}
