/**
 * Deliveries by the time that they were made. They have no time of their last change: opened and clicked come days later, so
 * the last days are read again each time. https://docs.customer.io/integrations/api/app/tag/messages/listMessages/
 */
import { z, type Scan, type ScanItem } from 'millrace'
import type { AppApi } from './client.ts'
import { batchOf, filterLines } from './line-batch.ts'
import { listPages, type List, type ListPage } from './list-pages.ts'
import { readPosition, type WindowPosition } from './position.ts'

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

/**
 * From the newest to the oldest, window by window: Customer.io shows six months to the end that it is asked for, and does not say
 * where it leaves out what is older.
 */
export async function* readDeliveries(app: AppApi, { scan, signal, pageRows }: Reading): AsyncGenerator<ScanItem> {
  const bounds = boundsOf(scan)
  const position = readPosition(scan.resume)
  // A page of one list for everything, as positions once were, is of no window: it is read from the first one.
  let { window, start } = position?.phase === 'window' ? placeOf(position) : firstOf(bounds)
  let left = scan.limit ?? Infinity
  while (window) {
    let isEmpty = start === null
    const pages = listPages(app, listOf(window, pageRows), { from: start, signal })
    for await (const page of pages) {
      const kept = keepWithin(page, { ...window, from: Math.max(window.from, bounds.from) })
      const batch = batchOf(kept, left)
      if (batch) yield batch
      left -= kept.rows
      if (left <= 0) return
      if (kept.rows > 0) isEmpty = false
      if (page.next !== null) yield checkpointOf(window, page.next)
    }
    window = lastWindow({ from: bounds.from, to: window.from }, isEmpty ? mostDays : usualDays)
    start = null
    if (window && !isEmpty) yield checkpointOf(window, null)
  }
}

/** In milliseconds; `to` is not a part of it. */
type Window = { readonly from: number; readonly to: number }

type Place = { readonly window: Window | null; readonly start: string | null }

/** What a scan is to read: its bounds, no older than the sync's `start`, and as far back as `reread_days` says. */
function boundsOf(scan: Scan): Window {
  const { reread_days: days = rereadDays } = deliveryOptions.parse(scan.options)
  // The engine has taken the usual days away already.
  const again = scan.full ? 0 : (rereadDays - days) * dayMs
  const bounds = [scan.from === null ? null : Date.parse(scan.from) + again, scan.start && Date.parse(scan.start)]
  const known = bounds.filter((bound) => typeof bound === 'number')
  return { from: Math.max(beforeCustomerio, ...known), to: Date.parse(scan.to) }
}

const firstOf = (bounds: Window): Place => ({ window: lastWindow(bounds, usualDays), start: null })

const placeOf = ({ from, to, start }: WindowPosition): Place => ({
  window: { from: Date.parse(from), to: Date.parse(to) },
  start,
})

/** The newest days of these. null: there are none. */
const lastWindow = ({ from, to }: Window, days: number): Window | null =>
  from < to ? { from: Math.max(from, to - days * dayMs), to } : null

/** A second more was asked for at both ends, since it is not said whether they are a part of it. */
const keepWithin = (page: ListPage, { from, to }: Window): ListPage =>
  filterLines(page, ({ created }) => {
    const at = Number(created) * 1000
    return !(at >= to) && !(at < from)
  })

function checkpointOf({ from, to }: Window, start: string | null): ScanItem {
  const [first, end] = [from, to].map((at) => new Date(at).toISOString())
  return { kind: 'checkpoint', resume: { phase: 'window', from: first ?? '', to: end ?? '', start } }
}

const listOf = ({ from, to }: Window, limit: number): List => ({
  path: 'messages',
  docs: deliveryDocs,
  records: 'messages',
  query: {
    limit,
    start_ts: Math.floor(from / 1000) - 1,
    end_ts: Math.ceil(to / 1000) + 1,
    get_tracked_responses: 'true',
  },
})

export const dayMs = 86_400_000
/** What the vendor's own dashboards count opens and clicks within; later ones are rare. */
export const rereadDays = 7
/** A page's token says how far the list is: the shorter a list, the less is read again where a token is lost. */
const usualDays = 30
/** After days without any, fewer questions. With its seconds at both ends still less than any six months, or 180 days. */
const mostDays = 179
/** It began in 2012: nothing is older. */
const beforeCustomerio = Date.parse('2011-01-01T00:00:00Z')
