/** What a scan and the sync's options say of a report's days. */
import type { Scan } from 'millrace'
import { addDays, dayOf, laterOf } from './days.ts'
import type { Report } from './streams.ts'

/** null: all that there is. */
export function firstAsked(scan: Scan, report: Report): string | null {
  const start = scan.start === null ? null : dayOf(scan.start)
  if (scan.from === null) return start
  const window = daysIn(scan, 'window') ?? report.windowDays
  // `from` is less the stream's own window already; an option makes it wider or narrower. A backfill's is as it stands.
  const from = addDays(dayOf(scan.from), scan.full ? 0 : report.windowDays - window)
  return start === null ? from : laterOf(from, start)
}

/** Checked by the stream's `options` before. */
export function daysIn({ options }: Scan, name: 'window' | 'days_per_query'): number | undefined {
  const days = options[name]
  return typeof days === 'number' ? days : undefined
}
