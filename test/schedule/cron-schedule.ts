import type { Schedule, Trigger } from '../../src/schedule/schedule.ts'

export const scheduleOf = (trigger: Trigger, timezone = 'UTC', jitterMs = 0): Schedule => ({
  name: 'nightly',
  select: ['stripe'],
  exclude: [],
  trigger,
  timezone,
  overlap: 'skip',
  catchup: { mode: 'latest', windowMs: 86_400_000 },
  timeoutMs: 7_200_000,
  graceMs: 30_000,
  retry: { attempts: 3, initialMs: 30_000, maxMs: 900_000 },
  jitterMs,
  priority: 'normal',
  targets: 'all',
})

export const cronSchedule = (pattern: string, timezone = 'UTC'): Schedule =>
  scheduleOf({ kind: 'cron', pattern }, timezone)
