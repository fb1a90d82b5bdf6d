/**
 * The log of what happened, of 30 days; it has no parameter for a time. Newest first, as far as its pages show it: then reading
 * stops where it is older than what is known. https://docs.customer.io/integrations/api/app/tag/activities/listActivities/
 */
import type { Host, Scan, ScanItem } from 'millrace'
import type { AppApi } from './client.ts'
import { batchOf, filterLines, recordsOf } from './line-batch.ts'
import { listPages, type List } from './list-pages.ts'
import { readPosition } from './position.ts'

export const activityDocs = 'https://docs.customer.io/integrations/api/app/tag/activities/listActivities/'

export async function* readActivities(
  app: AppApi,
  { scan, signal, pageRows, host }: ActivityRequest,
): AsyncGenerator<ScanItem> {
  if (scan.resume === null) warnOfGap(scan, host)
  const bounds = [scan.from, scan.start].flatMap((bound) => (bound === null ? [] : [Date.parse(bound)]))
  const from = bounds.length === 0 ? -Infinity : Math.max(...bounds)
  const position = readPosition(scan.resume)
  const at = position?.phase === 'list' ? position.start : null
  let oldest = Infinity
  let isNewestFirst = true
  let left = scan.limit ?? Infinity
  for await (const page of listPages(app, listOf(Math.min(pageRows, mostRows)), { from: at, signal })) {
    const times = recordsOf(page.lines).map(({ timestamp }) => Number(timestamp) * 1000)
    isNewestFirst &&= times.every((time, index) => time <= (times[index - 1] ?? oldest))
    oldest = Math.min(oldest, ...times)
    const kept = filterLines(page, ({ timestamp }) => !(Number(timestamp) * 1000 < from))
    const batch = batchOf(kept, left)
    if (batch) yield batch
    left -= kept.rows
    // A whole page of what is known: one old row at its end would be little to go by.
    if (left <= 0 || (isNewestFirst && page.rows > 0 && Math.max(...times) < from)) return
    if (page.next !== null) yield { kind: 'checkpoint', resume: { phase: 'list', start: page.next } }
  }
}

type ActivityRequest = {
  readonly scan: Scan
  readonly signal: AbortSignal
  readonly pageRows: number
  readonly host: Host
}

function warnOfGap({ from, to, full }: Scan, host: Host): void {
  if (from === null || full) return
  const last = Date.parse(from) + activityOverlapMs
  if (Date.parse(to) - last > keptMs)
    host.warn(
      `activities: the last complete scan ends at ${new Date(last).toISOString()}, and Customer.io keeps activities for 30 days. Those before are lost.`,
    )
}

const listOf = (limit: number): List => ({
  path: 'activities',
  docs: activityDocs,
  records: 'activities',
  query: { limit },
})

const mostRows = 100
const keptMs = 30 * 86_400_000
/** An event may arrive with a time that is past. */
export const activityOverlapMs = 86_400_000
