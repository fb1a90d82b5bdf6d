import { Cron } from 'croner'
import { z } from 'zod'
import { longestWaitForm, longestWaitMs, parseDuration } from './duration.ts'
import { durationText, someName, someNames, strict } from './file-schema.ts'

const timezone = z.string().refine(isTimezone, 'a timezone is an IANA name: `Europe/Helsinki`, `UTC`')

const catchup = strict({
  mode: z.enum(['none', 'latest', 'all']).default('latest').describe('Which missed slots run when the daemon is back.'),
  window: durationText.default('24h').describe('How old a missed slot may be.'),
})

const retry = strict({
  attempts: z.int().min(1).max(100).default(3).describe('Runs of one slot, the first included.'),
  initial: durationText.default('30s').describe('The wait before the second.'),
  max: durationText.default('15m').describe('The longest wait.'),
})

const overlap = z.enum(['skip', 'buffer_one', 'allow'])

const priority = z.enum(['high', 'normal', 'low'])

const enabled = z.union([z.boolean(), z.array(someName).min(1)], { error: 'true, false, or a list of targets: [prod]' })

/** Of what is a duration. */
const msOf = (text: string): number => parseDuration(text) ?? 0

const grace = durationText
  .refine((text) => msOf(text) <= longestWaitMs, `a grace is ${longestWaitForm}`)
  .describe('How long a run that is told to stop may take to get to a checkpoint.')

const timeout = durationText
  .refine(
    (text) => msOf(text) > 0 && msOf(text) <= longestWaitMs,
    `a timeout is more than nothing and ${longestWaitForm}`,
  )
  .describe('How long one run may take.')

const defaults = strict({
  timezone: timezone.default('UTC').describe('Where cron and `at` are read.'),
  overlap: overlap.default('skip').describe('What a slot does while the sync still runs.'),
  catchup: catchup.prefault({}).describe('Slots that were missed.'),
  timeout: timeout.default('2h'),
  grace: grace.default('30s'),
  retry: retry.prefault({}).describe('Runs that failed and may succeed later.'),
  jitter: durationText.optional().describe('A random wait up to this, so that not all start at once.'),
  priority: priority.default('normal').describe('Which job goes first where there is room for one.'),
  enabled: enabled.default(true).describe('true, false, or the targets on which it runs: [prod].'),
})

const instant = z.iso.datetime({
  local: true,
  offset: true,
  error: 'an instant is `2027-01-01T02:00:00`, in the schedule’s timezone unless it says its own',
})

const schedule = strict({
  select: z.array(someName).min(1).describe('What runs: sync names, `tag:x`, `source:x`, `destination:x`, `+name`.'),
  exclude: someNames.default([]).describe('What of it does not.'),
  cron: z
    .string()
    .superRefine((value, context) => checkCron(value, context))
    .optional()
    .describe('minute hour day month weekday; with seconds in front if there are six.'),
  every: durationText
    .refine((text) => msOf(text) >= 1000, 'an interval is a second at least')
    .optional()
    .describe('A fixed interval: `1h`.'),
  at: z
    .union([instant, z.array(instant).min(1)], { error: 'an instant such as `2027-01-01T02:00:00`, or a list of them' })
    .optional()
    .describe('Once, at this instant.'),
  after: strict({
    all: z.array(someName).min(1).describe('Schedules whose slot must have ended ok or partial.'),
    within: durationText.default('24h').describe('How long it waits for them before the slot counts as missed.'),
  })
    .optional()
    .describe('When other schedules are done.'),
  timezone: timezone.optional().describe('Where cron and `at` are read.'),
  overlap: overlap.optional().describe('What a slot does while the sync still runs.'),
  catchup: catchup.optional().describe('Slots that were missed.'),
  timeout: timeout.optional(),
  grace: grace.optional(),
  retry: retry.optional().describe('Runs that failed and may succeed later.'),
  jitter: durationText.optional().describe('A random wait up to this.'),
  priority: priority.optional().describe('Which job goes first where there is room for one.'),
  enabled: enabled.optional().describe('true, false, or the targets on which it runs: [prod].'),
}).superRefine((value, context) => {
  const given = triggers.filter((name) => value[name] !== undefined)
  if (given.length === 0)
    context.addIssue({ code: 'custom', message: `one of ${triggers.join(', ')} must say when it runs`, input: value })
  for (const name of given.slice(1))
    context.addIssue({
      code: 'custom',
      path: [name],
      message: `\`${given[0]}\` already says when it runs`,
      input: value[name],
    })
})

/** schedules.yaml */
export const schedulesFile = strict({
  defaults: defaults.prefault({}).describe('What a schedule does not say itself.'),
  max_runs: z.int().min(1).default(4).describe('Runs at once, in one daemon.'),
  schedules: z.record(someName, schedule).default({}).describe('Schedules by name.'),
}).describe('schedules.yaml: when syncs run.')

export type SchedulesFile = z.output<typeof schedulesFile>

function isTimezone(name: string): boolean {
  // The usual names, five times as fast.
  if (name === 'UTC' || Intl.supportedValuesOf('timeZone').includes(name)) return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return !/^[+-]/.test(name)
  } catch {
    // Intl says by throwing that it does not know the name.
    return false
  }
}

function checkCron(pattern: string, context: z.RefinementCtx): void {
  try {
    const next = new Cron(pattern, { paused: true, mode: '5-or-6-parts' }).nextRun()
    if (next === null) context.addIssue({ code: 'custom', message: 'this cron expression never comes', input: pattern })
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
    context.addIssue({ code: 'custom', message: `not a cron expression: ${reason}`, input: pattern })
  }
}

const triggers = ['cron', 'every', 'at', 'after'] as const
