import { cronWalls } from './cron-walls.ts'
import { dayOf, describeFold, describeGap, timeOf } from './dst-note.ts'
import type { Schedule } from './schedule.ts'
import { segmentAt, type Segment } from './zone-segments.ts'

export type DstChange = {
  /** When the clocks change. */
  readonly instant: string
  /** What that does to the schedule, in words. */
  readonly note: string
}

/** The changes of the clocks that move, drop or double a slot of the schedule, after the one and up to the other. */
export function dstChanges(
  schedule: Schedule,
  { after, until }: { readonly after: Date; readonly until: Date },
): readonly DstChange[] {
  const changes: DstChange[] = []
  let segment = segmentAt(schedule.timezone, after.getTime())
  while (segment.endMs <= until.getTime()) {
    segment = segmentAt(schedule.timezone, segment.endMs)
    if (segment.offsetMs === segment.offsetBeforeMs) continue
    const note = effectOf(schedule, segment)
    if (note !== null) changes.push({ instant: new Date(segment.startMs).toISOString(), note })
  }
  return changes
}

function effectOf({ trigger, timezone }: Schedule, segment: Segment): string | null {
  switch (trigger.kind) {
    case 'cron':
      return effectOnCron(trigger.pattern, { timezone, segment })
    case 'every':
      return trigger.everyMs % dayMs === 0
        ? `${describeChange(segment, timezone)}; it counts real hours, so its local time moves with them`
        : null
    case 'at':
      // A local time that was moved runs as the clocks change; one that comes twice, in the time before that is repeated.
      return (
        Object.entries(trigger.notes ?? {}).find(([instant]) => {
          const untilChangeMs = segment.startMs - Date.parse(instant)
          return untilChangeMs >= 0 && untilChangeMs <= Math.max(0, segment.offsetBeforeMs - segment.offsetMs)
        })?.[1] ?? null
      )
    case 'after':
      return null
  }
}

function effectOnCron(
  pattern: string,
  { timezone, segment }: { readonly timezone: string; readonly segment: Segment },
): string | null {
  const { next, interval, everyHour } = cronWalls(pattern)
  const [oldMs, newMs] = [segment.startMs + segment.offsetBeforeMs, segment.startMs + segment.offsetMs]
  if (everyHour && (newMs - oldMs) % hourMs === 0) return null
  const walls: number[] = []
  const endMs = Math.max(oldMs, newMs)
  for (let wall = next(Math.min(oldMs, newMs)); wall !== null && wall < endMs; wall = next(wall + 1)) walls.push(wall)
  const [first] = walls
  if (first === undefined) return null
  if (!interval)
    return newMs > oldMs
      ? describeGap(walls, { timezone, runsAtMs: newMs })
      : walls.map((wall) => describeFold(wall, { timezone, runsAt: 'the first' })).join('. ')
  const one = walls.length === 1
  const slots = one
    ? `its slot at ${timeOf(first)}`
    : `its ${walls.length} slots from ${timeOf(first)} to ${timeOf(walls.at(-1) ?? first)}`
  const effect =
    newMs > oldMs
      ? `${one ? 'is' : 'are'} left out, as there is no such time`
      : `${one ? 'runs' : 'run'} at both passes`
  return `${describeChange(segment, timezone)}; ${slots} ${effect}`
}

function describeChange({ startMs, offsetMs, offsetBeforeMs }: Segment, timezone: string): string {
  const [oldMs, newMs] = [startMs + offsetBeforeMs, startMs + offsetMs]
  const way = newMs > oldMs ? 'forward' : 'back'
  return `clocks go ${way} from ${timeOf(oldMs)} to ${timeOf(newMs)} on ${dayOf(oldMs)} in ${timezone}`
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
