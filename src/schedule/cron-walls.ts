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

export const cronWalls = (pattern: string): CronWalls => kept(walls, pattern, { most: 10_000, make: makeWalls })

/** Remembers its last answer: whoever asks every second what is due gets it without croner. */
function makeWalls(pattern: string): CronWalls {
  let last: { readonly fromMs: number; readonly wallMs: number | null } | undefined
  const next = (fromMs: number) => {
    if (last && fromMs >= last.fromMs && (last.wallMs === null || fromMs <= last.wallMs)) return last.wallMs
    const cron = kept(crons, pattern, { most: 100, make: makeCron })
    // `nextRun` answers what comes after the instant that it is given, in whole seconds.
    const wallMs = cron.nextRun(new Date(fromMs - 1))?.getTime() ?? null
    last = { fromMs, wallMs }
    return wallMs
  }
  return { next, ...readStars(pattern) }
}

/** croner reads the pattern with an offset of 0, so that its own rules for daylight saving have nothing to act on. */
const makeCron = (pattern: string) => new Cron(pattern, { paused: true, mode: '5-or-6-parts', utcOffset: 0 })

/** As Vixie cron tells them apart, with seconds treated as minutes are. */
function readStars(pattern: string): Pick<CronWalls, 'interval' | 'everyHour'> {
  const text = pattern.trim().toLowerCase()
  if (text.startsWith('@')) return { interval: text === '@hourly', everyHour: text === '@hourly' }
  const parts = text.split(/\s+/)
  const timeParts = parts.slice(0, parts.length === 6 ? 3 : 2)
  return { interval: timeParts.some((part) => /[*?]/.test(part)), everyHour: /^[*?]$/.test(timeParts.at(-1) ?? '') }
}

/** The value of a key, made once and kept while it is among the `most` that were asked for last. */
function kept<Value>(
  values: Map<string, Value>,
  key: string,
  { most, make }: { readonly most: number; readonly make: (key: string) => Value },
): Value {
  const value = values.get(key) ?? make(key)
  values.delete(key)
  values.set(key, value)
  const [oldest] = values.keys()
  if (values.size > most && oldest !== undefined) values.delete(oldest)
  return value
}

const walls = new Map<string, CronWalls>()
/** Few, because a pattern takes croner about 80 kB; it is read again in 0.1 ms. */
const crons = new Map<string, Cron>()
