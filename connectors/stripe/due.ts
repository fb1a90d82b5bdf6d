import type { Scan } from 'millrace'
import type { DonePosition } from './position.ts'
import type { StripeStream } from './stream-table.ts'

/**
 * Does this scan read the stream's daily list? The same answer for every part of a scan, since only what the scan is
 * given decides. Where the last one's time is not kept, the first scan whose end is in another day (UTC) than the last
 * complete one's: also once a day.
 */
export function isListDue({ untold }: StripeStream, { from, to, full }: Scan, { listed }: DonePosition): boolean {
  if (full || from === null) return true
  if (untold?.daily === undefined) return false
  if (listed !== undefined) return Date.parse(to) - Date.parse(listed) >= dayMs - slackMs
  return Math.floor(Date.parse(from) / dayMs) !== Math.floor(Date.parse(to) / dayMs)
}

const dayMs = 86_400_000
/** A run a day comes a little earlier at times, and must not leave the list to the day after. */
const slackMs = 3_600_000
