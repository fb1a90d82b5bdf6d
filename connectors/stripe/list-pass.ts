import { MillraceError, type Scan, type ScanItem } from 'millrace'
import { childBatches } from './child-sets.ts'
import type { StripeApi } from './client.ts'
import { extendLines, findText } from './line-bytes.ts'
import { fetchPage, fetchPageAfter, pageRows, type ListPage } from './list-page.ts'
import type { EventPosition, ListPosition } from './position.ts'
import type { Query, StripeStream } from './stream-table.ts'

/**
 * Everything that there is, newest first, a checkpoint a page.
 *
 * What changes while the list is read needs no care here: the watermark becomes the scan's start, so the next scan reads
 * the events of that time and reads their objects again. The same holds for what is created meanwhile, which `created`
 * keeps out of this list: its pages stay as they are while it is read. Its last checkpoint is what follows it, if anything.
 */
export async function* listAll(
  api: StripeApi,
  stream: StripeStream,
  { scan, from, following, signal }: ListRequest,
): AsyncGenerator<ScanItem> {
  let left = scan.limit ?? Infinity
  let position: ListPosition | null = from
  while (position && left > 0) {
    const page: ListPage = await fetchListPage(api, stream, { scan, position, signal, limit: Math.min(pageRows, left) })
    if (page.rows > 0) {
      yield {
        kind: 'lines',
        lines: extendLines(page.lines, page.rows, api.fields),
        rows: page.rows,
        readAt: page.readAt,
      }
      for (const child of stream.children ?? [])
        if (scan.children.includes(child.name))
          yield* childBatches(api, child, {
            lines: page.lines,
            readAt: page.readAt,
            fields: () => api.fields,
            signal,
          })
    }
    left -= page.rows
    position = nextPosition(stream, position, page)
    const next = position ?? following
    if (next) yield { kind: 'checkpoint', resume: next }
  }
}

export type ListRequest = {
  readonly scan: Scan
  readonly from: ListPosition
  /** What is read after it. */
  readonly following: EventPosition | null
  readonly signal: AbortSignal
}

type PageOf = {
  readonly scan: Scan
  readonly position: ListPosition
  readonly signal: AbortSignal
  readonly limit: number
}

async function fetchListPage(
  api: StripeApi,
  stream: StripeStream,
  { scan, position, signal, limit }: PageOf,
): Promise<ListPage> {
  const created = createdFrom(scan, position)
  const bounds: Query = {
    // Whole seconds: rounded outwards, so that none falls between two scans.
    'created[lt]': Math.ceil(Date.parse(scan.to) / 1000),
    ...(created !== null && { 'created[gte]': Math.floor(created / 1000) }),
  }
  const query: Query = { ...bounds, ...stream.passes?.[position.pass] }
  const request = { path: stream.path, expand: stream.expand, docs: stream.docs, limit, signal }
  const { after } = position
  if (after === null) return fetchPage(api, { ...request, query })
  const page = await fetchPageAfter(api, { ...request, query }, after)
  // The last object of the page before was deleted meanwhile. Lists are in order of creation: go on from its second.
  return page ?? fetchPage(api, { ...request, query: { ...query, 'created[lte]': position.created } })
}

/** The lower bound. `from` is one of changes, which a list cannot tell of, but where a backfill gives it. */
function createdFrom({ full, from, start }: Scan, { since }: ListPosition): number | null {
  const instants = [start, full ? from : null].flatMap((instant) => (instant === null ? [] : [Date.parse(instant)]))
  const bounds = since === undefined ? instants : [...instants, since * 1000]
  return bounds.length === 0 ? null : Math.max(...bounds)
}

/** null: that was all. */
function nextPosition(stream: StripeStream, position: ListPosition, { next, lastLine }: ListPage): ListPosition | null {
  const { pass } = position
  if (next === null || !lastLine)
    return pass + 1 < (stream.passes?.length ?? 1) ? { ...position, pass: pass + 1, after: null, created: 0 } : null
  const created = findText(lastLine, stream.createdAs ?? 'created')
  if (created === undefined)
    throw new MillraceError('MR-3005', {
      message: `A page of ${stream.path} of Stripe cannot be read on: its last object has no time of creation.`,
    })
  return { ...position, after: next, created: Number(created) }
}
