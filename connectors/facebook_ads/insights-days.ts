import type { Scan } from 'millrace'
import type { Account } from './account.ts'
import type { Breakdown } from './insights-columns.ts'
import { addDays, cutAt, dayAt, dayMs, earliest, lastDayBefore, latest } from './days.ts'

/** The days of an account that a scan reads. null: none. */
export type Days = { readonly first: string; readonly last: string }

export type DaysOf = {
  readonly scan: Pick<Scan, 'from' | 'to' | 'full' | 'start'>
  /** The vendor's clock. */
  readonly now: Date
  /** Days before the last complete scan that are read again. */
  readonly windowDays: number
  /** How far back the vendor goes. @default 37 */
  readonly keptMonths?: number
  /** The first day that this scan has not read, where another account's refusal ended it. */
  readonly readUpTo?: string | undefined
  /** An account's refusal has kept this scan from its end before. @default false */
  readonly isHeldUp?: boolean
}

/**
 * A part of a backfill reads the account's own days that its bounds name, so that parts meet and do not overlap. A live scan
 * begins with the day that it had not seen the end of, and the window before it; one that an account's refusal keeps from its
 * end reads to today, or it would bring nothing of the others for as long as that lasts.
 */
export function daysOf({ timezone, createdAt }: Account, of: DaysOf): Days | null {
  const last = lastOf(timezone, of)
  const first = latest(firstKept(timezone, of), ...firstOf(createdAt, timezone), ...askedFrom(timezone, of))
  return first > last ? null : { first, last }
}

/**
 * What is asked for, and the vendor keeps no longer. null: nothing, or it is not said how far back is asked for.
 * @param place the first day that the scan has not read, where it has begun with the account
 */
export function lostDaysOf({ timezone, createdAt }: Account, of: DaysOf, place: string | null): Days | null {
  const asked = [...askedFrom(timezone, of), ...(place === null ? [] : [place])]
  if (asked.length === 0) return null
  const first = latest(...asked, ...firstOf(createdAt, timezone))
  const last = earliest(addDays(firstKept(timezone, of), -1), lastOf(timezone, of))
  return first > last ? null : { first, last }
}

function lastOf(timezone: string, { scan, now, isHeldUp = false }: DaysOf): string {
  const today = dayAt(now.getTime(), timezone)
  const to = Date.parse(scan.to)
  if (isPart(scan)) return earliest(addDays(cutAt(to, timezone), -1), today)
  return isHeldUp ? today : earliest(lastDayBefore(to, timezone), today)
}

const firstKept = (timezone: string, { now, keptMonths = usualMonths }: DaysOf): string =>
  addDays(dayAt(monthsBefore(now, keptMonths), timezone), 1)

const firstOf = (createdAt: number | null, timezone: string): readonly string[] =>
  createdAt === null ? [] : [dayAt(createdAt, timezone)]

/** Not before any of these. */
const askedFrom = (timezone: string, { scan, windowDays, readUpTo }: DaysOf): readonly string[] => [
  ...(scan.start === null ? [] : [startDay(scan.start, timezone)]),
  ...(scan.from === null ? [] : [fromDay(scan.from, { scan, windowDays, timezone })]),
  ...(readUpTo === undefined ? [] : [isPart(scan) ? readUpTo : addDays(readUpTo, -windowDays)]),
]

/** https://developers.facebook.com/blog/post/2025/10/16/ads-insights-api-metric-availability-updates/ */
export function keptMonthsOf(breakdowns: readonly Breakdown[]): number {
  if (breakdowns.includes('frequency_value')) return 6
  return breakdowns.some((name) => name.startsWith('hourly_stats_')) ? 13 : usualMonths
}

function fromDay(
  from: string,
  { scan, windowDays, timezone }: Pick<DaysOf, 'scan' | 'windowDays'> & { readonly timezone: string },
): string {
  if (isPart(scan)) return cutAt(Date.parse(from), timezone)
  // `from` is the watermark less the stream's overlap; the sync may say another window.
  return dayAt(Date.parse(from) + (overlapDays - windowDays) * dayMs, timezone)
}

/** Of a backfill. */
const isPart = ({ full, from }: DaysOf['scan']) => full && from !== null

/** A day that is written as one is a day of the account's, wherever that is. */
const startDay = (start: string, timezone: string) =>
  /T00:00:00(\.0+)?Z$/.test(start) ? start.slice(0, 10) : dayAt(Date.parse(start), timezone)

function monthsBefore(now: Date, months: number): number {
  const then = new Date(now)
  then.setUTCMonth(then.getUTCMonth() - months)
  return then.getTime()
}

/** Older days are refused (3018). https://developers.facebook.com/docs/marketing-api/insights/best-practices */
const usualMonths = 37

/** Facebook restates what happened up to 28 days before. */
export const overlapDays = 28
