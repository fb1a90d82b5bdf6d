/** Days of an ad account: reports are by the account's own days. A day is `2026-11-20`. */

/** The day of an instant. */
export function dayAt(ms: number, timezone: string): string {
  return formatOf(timezone).format(ms)
}

/** The first day that begins at the instant or after it. */
export function firstDayFrom(ms: number, timezone: string): string {
  const day = dayAt(ms, timezone)
  return dayAt(ms - 1, timezone) === day ? addDays(day, 1) : day
}

/**
 * The first day of what begins at the instant, and the one after the last of what ends there. Midnight UTC is how a day is written: it is that day of
 * every account, also where the day had begun long before. In between no day is passed by, and none comes twice.
 */
export const cutAt = (ms: number, timezone: string): string =>
  earliest(firstDayFrom(ms, timezone), firstDayFrom(ms, 'UTC'))

/** The last day that begins before the instant. */
export const lastDayBefore = (ms: number, timezone: string): string => dayAt(ms - 1, timezone)

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10)

/** How many there are from the first to the last, both counted. */
export const countDays = (first: string, last: string): number =>
  Math.round((Date.parse(last) - Date.parse(first)) / dayMs) + 1

export const latest = (...days: readonly string[]): string => days.reduce((a, b) => (a > b ? a : b))
export const earliest = (...days: readonly string[]): string => days.reduce((a, b) => (a < b ? a : b))

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone)
  if (known) return known
  // en-CA writes days as ISO does.
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: isKnown(timezone) ? timezone : 'UTC',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  formats.set(timezone, format)
  return format
}

function isKnown(timezone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en-CA', { timeZone: timezone }))
  } catch {
    // A zone that this Node does not know; its days are at most a day off, which the window covers.
    return false
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()
export const dayMs = 86_400_000
