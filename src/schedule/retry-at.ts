import type { Schedule } from './schedule.ts'

export type Retrying = {
  /** The one that did not end well, from 1. */
  readonly attempt: number
  readonly now: Date
  /** What the vendor asks for: to come back sooner is to be refused again. @default 0 */
  readonly atLeastMs?: number
}

/** When the next attempt may begin: after `initial`, then each time after twice as long, up to `max`. */
export function retryAt(
  { initialMs, maxMs }: Pick<Schedule['retry'], 'initialMs' | 'maxMs'>,
  { attempt, now, atLeastMs = 0 }: Retrying,
): string {
  const waitMs = Math.max(atLeastMs, Math.min(maxMs, initialMs * 2 ** (attempt - 1)))
  return new Date(Math.min(now.getTime() + waitMs, latestMs)).toISOString()
}

/** The policy of a schedule that is gone. */
export const once: Schedule['retry'] = { attempts: 1, initialMs: 0, maxMs: 0 }

/** Of what ISO text can be compared. */
const latestMs = Date.UTC(9999, 11, 31)

/** A vendor that asks for more than this, and than `max`, is not waited for. */
export const longestRetryAfterMs = 24 * 3_600_000
