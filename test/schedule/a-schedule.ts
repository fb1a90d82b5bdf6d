import type { Schedule, Trigger } from '../../src/schedule/schedule.ts'

/** One that runs a sync of its own name. */
export const aSchedule = (name: string, trigger: Trigger, rest: Partial<Schedule> = {}): Schedule => ({
  name,
  select: [name],
  exclude: [],
  trigger,
  timezone: 'UTC',
  overlap: 'skip',
  catchup: { mode: 'latest', windowMs: 24 * hourMs },
  timeoutMs: hourMs,
  graceMs: 30_000,
  retry: { attempts: 1, initialMs: 0, maxMs: 0 },
  jitterMs: 0,
  priority: 'normal',
  targets: 'all',
  ...rest,
})

const hourMs = 3_600_000
