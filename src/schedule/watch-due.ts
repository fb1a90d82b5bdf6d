import type { Schedule } from './schedule.ts'
import { nextSlots } from './slots.ts'

export type DueWatch = {
  /** Those with a slot at or before `now` since they were last given. */
  readonly due: (now: Date) => readonly Schedule[]
  /** Until the next slot, in milliseconds; Infinity: there is none. */
  readonly waitMs: (now: Date) => number
}

/** Keeps the next instant of each schedule, so that a thousand of them cost nothing while nothing is due. */
export function watchDue(schedules: readonly Schedule[], start: Date): DueWatch {
  const next = new Map(schedules.map((schedule) => [schedule, nextMs(schedule, start)]))
  let soonest = Math.min(...next.values())
  let seenMs = start.getTime()
  return {
    due(now) {
      const atMs = now.getTime()
      if (atMs < seenMs - setBackMs) {
        for (const schedule of schedules) next.set(schedule, nextMs(schedule, now))
        soonest = Math.min(...next.values())
      }
      seenMs = atMs
      if (soonest > atMs) return []
      const due = schedules.filter((schedule) => (next.get(schedule) ?? Infinity) <= atMs)
      for (const schedule of due) next.set(schedule, nextMs(schedule, now))
      soonest = Math.min(...next.values())
      return due
    },
    waitMs: (now) => Math.max(0, soonest - now.getTime()),
  }
}

/** The clock was set back: what was next then may be years away. */
const setBackMs = 60_000

function nextMs(schedule: Schedule, after: Date): number {
  const [slot] = nextSlots(schedule, after, 1)
  return slot ? Date.parse(slot.instant) : Infinity
}
