/** Schedules and slots, as text and as lines of `--json`. */
import type { Schedule, Slot } from '../schedule/schedule.ts'
import { wallAt } from '../schedule/zone-segments.ts'

/** `cron 0 2 * * *`, `every 1h`, `at 2027-01-01 02:00 +02:00`, `after nightly` */
export function triggerText({ trigger, timezone }: Schedule): string {
  switch (trigger.kind) {
    case 'cron':
      return `cron ${trigger.pattern}`
    case 'every':
      return `every ${durationText(trigger.everyMs)}`
    case 'at':
      return `at ${trigger.instants.map((instant) => localText(instant, timezone)).join(', ')}`
    case 'after':
      return `after ${trigger.all.join(', ')}`
  }
}

/** `2027-03-14 03:00 -04:00`, with seconds where they are not 0. */
export function localText(instant: string, timezone: string): string {
  const instantMs = Date.parse(instant)
  const wallMs = wallAt(timezone, instantMs)
  const offsetMinutes = Math.round(Math.abs(wallMs - instantMs) / 60_000)
  const pad = (count: number) => String(count).padStart(2, '0')
  const offset = `${wallMs < instantMs ? '-' : '+'}${pad(Math.floor(offsetMinutes / 60))}:${pad(offsetMinutes % 60)}`
  return `${timeText(wallMs)} ${offset}`
}

export const utcText = (instant: string): string => `${timeText(Date.parse(instant))} UTC`

function timeText(ms: number): string {
  return new Date(ms)
    .toISOString()
    .slice(0, ms % 60_000 === 0 ? 16 : 19)
    .replace('T', ' ')
}

/** In the words of schedules.yaml: `1h30m`. */
export function durationText(ms: number): string {
  let rest = ms
  const parts = units.map(([unit, unitMs]) => {
    const count = Math.floor(rest / unitMs)
    rest -= count * unitMs
    return count === 0 ? '' : `${count}${unit}`
  })
  return parts.join('') || '0s'
}

export function scheduleLine({ name, trigger, catchup, retry, timeoutMs, graceMs, jitterMs, ...rest }: Schedule) {
  return {
    name,
    ...rest,
    trigger: triggerLine(trigger),
    catchup: { mode: catchup.mode, window_ms: catchup.windowMs },
    timeout_ms: timeoutMs,
    grace_ms: graceMs,
    retry: { attempts: retry.attempts, initial_ms: retry.initialMs, max_ms: retry.maxMs },
    jitter_ms: jitterMs,
  }
}

function triggerLine(trigger: Schedule['trigger']) {
  switch (trigger.kind) {
    case 'cron':
      return { cron: trigger.pattern }
    case 'every':
      return { every_ms: trigger.everyMs }
    case 'at':
      return { at: trigger.instants }
    case 'after':
      return { after: trigger.all, within_ms: trigger.withinMs }
  }
}

export const slotLine = ({ schedule, instant, dueAt, note }: Slot, timezone: string) => ({
  schedule,
  instant,
  due_at: dueAt,
  local: localText(instant, timezone),
  timezone,
  note,
})

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const
