/** A timezone as pieces of constant offset, so that wall time and instants convert by addition. */

export type Segment = {
  /** The first instant of it. */
  readonly startMs: number
  /** The first instant after it. */
  readonly endMs: number
  /** Wall time = instant + offset. */
  readonly offsetMs: number
  /** Of the segment before it: larger after a fold, smaller after a gap, the same where only a year began. */
  readonly offsetBeforeMs: number
  readonly offsetAfterMs: number
}

/** The segment that an instant lies in. Segments end with the year at the latest. */
export function segmentAt(zone: string, instantMs: number): Segment {
  const year = new Date(instantMs).getUTCFullYear()
  const found = segmentsOfYear(zone, year).find((segment) => instantMs < segment.endMs)
  // The last one ends where the year does, which the instant is before.
  return found ?? segmentAt(zone, Date.UTC(year + 1, 0, 1))
}

/** An instant as the clock on the wall shows it, as if that were UTC. */
export const wallAt = (zone: string, instantMs: number): number => instantMs + offsetAt(zone, instantMs)

/** The instant of a wall time: the first of two in a fold, the first moment after it in a gap. */
export function instantOfWall(zone: string, wallMs: number): number {
  // No offset is a day long, so this segment begins before the wall time does.
  let segment = segmentAt(zone, wallMs - dayMs)
  while (wallMs >= segment.endMs + segment.offsetMs) segment = segmentAt(zone, segment.endMs)
  return Math.max(wallMs - segment.offsetMs, segment.startMs)
}

function segmentsOfYear(zone: string, year: number): readonly Segment[] {
  const years = known.get(zone) ?? new Map<number, readonly Segment[]>()
  known.set(zone, years)
  const segments = years.get(year) ?? cutYear(zone, year)
  years.set(year, segments)
  return segments
}

function cutYear(zone: string, year: number): readonly Segment[] {
  const endMs = Date.UTC(year + 1, 0, 1)
  const cuts: number[] = [Date.UTC(year, 0, 1)]
  for (let fromMs = cuts[0] ?? endMs; fromMs < endMs; fromMs += probeMs) {
    const toMs = Math.min(fromMs + probeMs, endMs)
    // What changes exactly where a year begins is the cut of that year.
    const change = changeWithin(zone, fromMs, toMs)
    if (change !== undefined && change < endMs) cuts.push(change)
  }
  return cuts.map((startMs, index) => {
    const nextMs = cuts[index + 1] ?? endMs
    return {
      startMs,
      endMs: nextMs,
      offsetMs: offsetAt(zone, startMs),
      offsetBeforeMs: offsetAt(zone, startMs - secondMs),
      offsetAfterMs: offsetAt(zone, nextMs),
    }
  })
}

/** The instant, to the second, from which the offset is another one. */
function changeWithin(zone: string, fromMs: number, toMs: number): number | undefined {
  const offset = offsetAt(zone, fromMs)
  if (offsetAt(zone, toMs) === offset) return undefined
  let [before, after] = [fromMs, toMs]
  while (after - before > secondMs) {
    const middle = before + Math.floor((after - before) / 2 / secondMs) * secondMs
    if (offsetAt(zone, middle) === offset) before = middle
    else after = middle
  }
  return after
}

function offsetAt(zone: string, instantMs: number): number {
  const wholeMs = Math.floor(instantMs / secondMs) * secondMs
  const [, month, day, year, hour, minute, second] = clockPattern.exec(clockOf(zone).format(wholeMs)) ?? []
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) - wholeMs
}

function clockOf(zone: string): Intl.DateTimeFormat {
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  clocks.set(zone, clock)
  return clock
}

const clockPattern = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/
const secondMs = 1_000
const dayMs = 86_400_000
/** Shorter than any time between two changes: Morocco has had two about 30 days apart. */
const probeMs = 7 * dayMs
const known = new Map<string, Map<number, readonly Segment[]>>()
const clocks = new Map<string, Intl.DateTimeFormat>()
