/**
 * Deliveries by the time that they were made. They have no time of their last change: opened and clicked come days later, so
 * the last days are read again each time. https://docs.customer.io/integrations/api/app/tag/messages/listMessages/
 */
import { z, type Scan, type ScanItem } from 'millrace'
import type { AppApi } from './client.ts'
import { batchOf, filterLines } from './line-batch.ts'
import { listPages, type List } from './list-pages.ts'
import { readPosition } from './position.ts'

export const deliveryDocs = 'https://docs.customer.io/integrations/api/app/tag/messages/listMessages/'

export const deliveryOptions = z.strictObject({
  reread_days: z
    .int()
    .min(1)
    .max(90)
    .optional()
    .meta({ description: 'How many days each run reads again, for what is opened and clicked late. Default: 7' }),
})

type Reading = { readonly scan: Scan; readonly signal: AbortSignal; readonly pageRows: number }

export async function* readDeliveries(app: AppApi, { scan, signal, pageRows }: Reading): AsyncGenerator<ScanItem> {
  const { from, to } = windowOf(scan)
  if (from !== null && from >= to) return
  const position = readPosition(scan.resume)
  let left = scan.limit ?? Infinity
  const pages = listPages(app, listOf(from, to, pageRows), {
    from: position?.phase === 'list' ? position.start : null,
    isWhole: scan.whole === true,
    signal,
  })
  for await (const page of pages) {
    // A second more was asked for at both ends, since it is not said whether they are a part of the window.
    const kept = filterLines(page, ({ created }) => isWithin(Number(created) * 1000, { from, to }))
    const batch = batchOf(kept, left)
    if (batch) yield batch
    left -= kept.rows
    if (left <= 0) return
    if (page.next !== null) yield { kind: 'checkpoint', resume: { phase: 'list', start: page.next } }
  }
}

/** In milliseconds; `to` is not a part of it. */
export type Window = { readonly from: number | null; readonly to: number }

/** What a scan is to read: its bounds, no older than the sync's `start`, and as far back as `reread_days` says. */
export function windowOf(scan: Scan): Window {
  const { reread_days: days = rereadDays } = deliveryOptions.parse(scan.options)
  const to = Date.parse(scan.to)
  // The engine has taken the usual days away already.
  const again = scan.full ? 0 : (rereadDays - days) * dayMs
  const bounds = [scan.from === null ? null : Date.parse(scan.from) + again, scan.start && Date.parse(scan.start)]
  const known = bounds.filter((bound) => typeof bound === 'number')
  return { from: known.length === 0 ? null : Math.max(...known), to }
}

const isWithin = (at: number, { from, to }: Window) => !(at >= to) && !(from !== null && at < from)

const listOf = (from: number | null, to: number, limit: number): List => ({
  path: 'messages',
  docs: deliveryDocs,
  records: 'messages',
  paging: 'start',
  query: {
    limit,
    ...(from !== null && { start_ts: Math.floor(from / 1000) - 1 }),
    end_ts: Math.ceil(to / 1000) + 1,
  },
})

export const dayMs = 86_400_000
/** What the vendor's own dashboards count opens and clicks within; later ones are rare. */
export const rereadDays = 7
