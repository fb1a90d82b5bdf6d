import { createHash } from 'node:crypto'
import { cronInstants, type NotedInstant } from './cron-instants.ts'
import type { Schedule, Slot } from './schedule.ts'

/**
 * The slots whose instant (jitter does not count) is later than `after` and not later than `until`: at most `most`, oldest
 * first. A schedule that waits for others has none: what they come to makes its slots.
 */
export function slotsBetween(
  schedule: Schedule,
  { after, until, most }: { readonly after: Date; readonly until: Date; readonly most: number },
): readonly Slot[] {
  return takeSlots(schedule, { afterMs: after.getTime(), untilMs: until.getTime(), most })
}

/** The next ones; fewer where the schedule has no more. */
export function nextSlots(schedule: Schedule, after: Date, count: number): readonly Slot[] {
  return takeSlots(schedule, { afterMs: after.getTime(), untilMs: lastMs, most: count })
}

type Window = { readonly afterMs: number; readonly untilMs: number }

function takeSlots(schedule: Schedule, { most, ...window }: Window & { readonly most: number }): readonly Slot[] {
  const slots: Slot[] = []
  if (most <= 0) return slots
  for (const noted of instantsOf(schedule, window)) {
    slots.push(slotOf(schedule, noted))
    if (slots.length >= most) break
  }
  return slots
}

function instantsOf({ trigger, timezone }: Schedule, window: Window): Iterable<NotedInstant> {
  switch (trigger.kind) {
    case 'cron':
      return cronInstants({ pattern: trigger.pattern, timezone }, window)
    case 'every':
      return everyInstants(trigger.everyMs, window)
    case 'at':
      return trigger.instants
        .map((instant) => ({ instantMs: Date.parse(instant), note: trigger.notes?.[instant] ?? null }))
        .filter(({ instantMs }) => instantMs > window.afterMs && instantMs <= window.untilMs)
    case 'after':
      return []
  }
}

function* everyInstants(everyMs: number, { afterMs, untilMs }: Window): Generator<NotedInstant> {
  if (everyMs <= 0) return
  for (let instantMs = (Math.floor(afterMs / everyMs) + 1) * everyMs; instantMs <= untilMs; instantMs += everyMs)
    yield { instantMs, note: null }
}

function slotOf({ name, jitterMs }: Schedule, { instantMs, note }: NotedInstant): Slot {
  const instant = new Date(instantMs).toISOString()
  const dueAt = new Date(instantMs + jitterOf({ name, instant, jitterMs })).toISOString()
  return { schedule: name, instant, dueAt, note }
}

/** The same on every machine and after every restart; below `jitterMs`. */
function jitterOf({
  name,
  instant,
  jitterMs,
}: {
  readonly name: string
  readonly instant: string
  readonly jitterMs: number
}) {
  if (jitterMs <= 0) return 0
  return createHash('sha256').update(`${name}\n${instant}`).digest().readUIntBE(0, 6) % jitterMs
}

/** The year 9999, the last that an ISO text has four figures for. */
const lastMs = Date.UTC(9999, 11, 30)
