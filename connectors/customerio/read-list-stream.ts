import type { Scan, ScanItem } from 'millrace'
import type { AppApi } from './client.ts'
import { batchOf } from './line-batch.ts'
import { listPages, type List } from './list-pages.ts'
import { readPosition } from './position.ts'

/** Everything that is listed, page by page. */
export async function* readListStream(
  app: AppApi,
  list: List,
  { scan, signal }: { readonly scan: Scan; readonly signal: AbortSignal },
): AsyncGenerator<ScanItem> {
  const position = readPosition(scan.resume)
  let left = scan.limit ?? Infinity
  const from = position?.phase === 'list' ? position.start : null
  for await (const page of listPages(app, list, { from, signal })) {
    const batch = batchOf(page, left)
    if (batch) yield batch
    left -= page.rows
    if (left <= 0) return
    if (page.next !== null) yield { kind: 'checkpoint', resume: { phase: 'list', start: page.next } }
  }
}
