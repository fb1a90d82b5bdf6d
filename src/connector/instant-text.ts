/** Instants and days as texts, in the forms that staging reads (staging/strict-cast). */

/** ISO text, or whole seconds since 1970. */
export function isInstant(text: string): boolean {
  const day = instant.exec(text)?.[1]
  return day === undefined ? /^-?\d{1,11}$/.test(text) : isInCalendar(day)
}

/** `2026-11-20` */
export const isDay = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && isInCalendar(value)

function isInCalendar(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day)
}

/** A zone stands right behind seconds, or nowhere. */
const zone = String.raw`(?:Z|[+-]\d\d(?::?\d\d)?)`
const instant = new RegExp(
  String.raw`^(\d{4}-\d\d-\d\d)(?:[T ](?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6}0*)?${zone}?)?|24:00(?::00(?:\.0+)?${zone}?)?))?$`,
)
