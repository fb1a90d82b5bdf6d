import { cronWalls } from './cron-walls.ts'
import { describeFold, describeGap } from './dst-note.ts'
import { segmentAt, type Segment } from './zone-segments.ts'

export type NotedInstant = { readonly instantMs: number; readonly note: string | null }

/**
 * The instants of a cron pattern in a timezone, in order, after the one and up to the other.
 * A time of day that falls into a gap comes at the first moment after it, and in a fold once, at the first of the two.
 * An interval follows the clock on the wall: nothing in a gap, both times in a fold.
 */
export function* cronInstants(
  { pattern, timezone }: { readonly pattern: string; readonly timezone: string },
  { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number },
): Generator<NotedInstant> {
  const { next, interval } = cronWalls(pattern)
  let segment = segmentAt(timezone, afterMs)
  let wallMs = next(Math.max(firstWall(segment, interval), afterMs + segment.offsetMs + 1))
  while (wallMs !== null && segment.startMs <= untilMs) {
    const lastWall = segment.endMs + segment.offsetMs
    while (wallMs !== null && wallMs < lastWall) {
      const instantMs = Math.max(wallMs - segment.offsetMs, segment.startMs)
      if (instantMs > untilMs) return
      const named: number[] = [wallMs]
      const isInGap = wallMs - segment.offsetMs < instantMs
      // Asked for only when it is needed: the last slot that is wanted costs no search for the one after it.
      const nextWall = () => next((named.at(-1) ?? 0) + 1)
      // Several times of one gap, and the moment after it, are one instant.
      if (isInGap)
        for (let wall = nextWall(); wall !== null && wall - segment.offsetMs <= instantMs; wall = nextWall())
          named.push(wall)
      yield { instantMs, note: noteOf(named, { segment, timezone, interval }) }
      wallMs = nextWall()
    }
    segment = segmentAt(timezone, segment.endMs)
    // An interval leaves out a gap and goes through a fold again; a time of day goes on where it was.
    wallMs = next(firstWall(segment, interval))
  }
}

/** Where a segment's wall times begin: for a time of day where the one before it ended, so that none is lost or doubled. */
const firstWall = ({ startMs, offsetMs, offsetBeforeMs }: Segment, interval: boolean) =>
  startMs + (interval ? offsetMs : offsetBeforeMs)

function noteOf(
  walls: readonly number[],
  { segment, timezone, interval }: { readonly segment: Segment; readonly timezone: string; readonly interval: boolean },
): string | null {
  const { startMs, endMs, offsetMs, offsetBeforeMs, offsetAfterMs } = segment
  const missing = walls.filter((wall) => wall < startMs + offsetMs)
  if (missing.length > 0) return describeGap(missing, { timezone, runsAtMs: startMs + offsetMs })
  const [wall = 0] = walls
  if (wall >= endMs + offsetAfterMs)
    return describeFold(wall, { timezone, runsAt: interval ? 'both, this is the first' : 'the first' })
  if (wall < startMs + offsetBeforeMs) return describeFold(wall, { timezone, runsAt: 'both, this is the second' })
  return null
}
