import { Cron } from 'croner'

/** A cron pattern over wall time alone: what it names, whatever daylight saving makes of it. */
export type CronWalls = {
  /** The first wall time named at `fromMs` or later; null: none in centuries. */
  readonly next: (fromMs: number) => number | null
  /** A star in its hours, minutes or seconds: it means an interval and not a time of day. */
  readonly interval: boolean
  /** An interval that names every hour: when the clocks change by whole hours, it goes on as if nothing was. */
  readonly everyHour: boolean
}

/** croner reads the pattern with an offset of 0, so that its own rules for daylight saving have nothing to act on. */
export function cronWalls(pattern: string): CronWalls {
  const kept = recent.get(pattern)
  if (kept) {
    recent.delete(pattern)
    recent.set(pattern, kept)
    return kept
  }
  const cron = new Cron(pattern, { paused: true, mode: '5-or-6-parts', utcOffset: 0 })
  const made: CronWalls = {
    // `nextRun` answers what comes after the instant that it is given, in whole seconds.
    next: (fromMs) => cron.nextRun(new Date(fromMs - 1))?.getTime() ?? null,
    ...readStars(pattern),
  }
  recent.set(pattern, made)
  const [oldest] = recent.keys()
  if (recent.size > mostKept && oldest !== undefined) recent.delete(oldest)
  return made
}

/** As Vixie cron tells them apart, with seconds treated as minutes are. */
function readStars(pattern: string): Pick<CronWalls, 'interval' | 'everyHour'> {
  const text = pattern.trim().toLowerCase()
  if (text.startsWith('@')) return { interval: text === '@hourly', everyHour: text === '@hourly' }
  const parts = text.split(/\s+/)
  const timeParts = parts.slice(0, parts.length === 6 ? 3 : 2)
  return { interval: timeParts.some((part) => /[*?]/.test(part)), everyHour: /^[*?]$/.test(timeParts.at(-1) ?? '') }
}

const recent = new Map<string, CronWalls>()
/** A pattern takes croner about 80 kB, and 0.1 ms to read again. */
const mostKept = 100
