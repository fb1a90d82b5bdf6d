/** What somebody says to the daemon from another terminal; it reads the control store at its next tick. */
import { jobsOfSlot } from '../app/jobs-of-slot.ts'
import type { App } from '../app/app.ts'
import { whoAmI } from '../app/who-am-i.ts'
import { nothingToRun } from '../config/check-schedules.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { formatInstant } from '../render/format-number.ts'
import { renderTable } from '../render/table.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { findSchedule } from './find-schedule.ts'
import { withApp, type OpenOptions } from './open-app.ts'
import { parseCount } from './parse-count.ts'
import type { CommandResult, Shell } from './shell.ts'

export const pauseSchedule = (shell: Shell, name: string): Promise<CommandResult> =>
  withSchedule(shell, { name, check: 'target' }, async (app) => {
    await app.store.pauseSchedule(name, { at: app.clock.now().toISOString(), by: whoAmI() })
    return `${name} is paused: its slots are recorded and do not run. What runs now goes on; what would be tried again waits.\nNext: millrace schedule resume ${name}`
  })

export const resumeSchedule = (shell: Shell, name: string): Promise<CommandResult> =>
  withSchedule(shell, { name, check: 'target' }, async (app) => {
    const pause = (await app.store.pauses()).get(name)
    await app.store.pauseSchedule(name, null)
    return pause
      ? `${name} goes on. It was paused by ${pause.by} since ${formatInstant(pause.at)}.`
      : `${name} was not paused.`
  })

/** A slot of now, beside those of the clock. Runs also while the schedule is paused: somebody has asked for it. */
export const triggerSchedule = (shell: Shell, name: string): Promise<CommandResult> =>
  withSchedule(shell, { name, check: false }, async (app, schedule) => {
    const instant = app.clock.now().toISOString()
    const jobs = jobsOfSlot(app.project, schedule, instant)
    if (jobs.length === 0)
      throw new MillraceError('MR-1002', {
        message: nothingToRun(name),
        kept: 'Nothing was queued.',
        next: `millrace schedule explain ${name}`,
      })
    await app.store.claimSlots([{ schedule: name, instant, state: 'queued', reason: null, trigger: 'hand', jobs }])
    return `${jobs.map(({ sync }) => sync).join(', ')} will run as soon as the daemon of this project has room.\nSee: millrace schedule history ${name}`
  })

export type HistoryFlags = { readonly limit: string }

/** Slots that ran, were skipped or were missed, with the reason: newest first. */
export async function showSlots(shell: Shell, name: string | undefined, flags: HistoryFlags): Promise<CommandResult> {
  const limit = parseCount('--limit', flags.limit)
  return withApp(shell, { check: 'target' }, async (app, { isWhole }) => {
    const slots = await app.store.slots({ limit, ...(name === undefined ? {} : { schedule: name }) })
    // One that was taken out of the project may still have a history.
    if (slots.length === 0 && name !== undefined && isWhole) findSchedule(schedulesOf(app.project), name)
    if (shell.json) for (const slot of slots) shell.line({ type: 'slot', ...claimedLine(slot) })
    else if (slots.length === 0) shell.say('No slot has come yet. They are claimed by `millrace daemon`.')
    else shell.print(renderTable(columns, slots.map(rowOf), { color: shell.color }))
    return { exitCode: 0, result: { count: slots.length } }
  })
}

async function withSchedule(
  shell: Shell,
  { name, check }: Pick<OpenOptions, 'check'> & { readonly name: string },
  work: (app: App, schedule: Schedule) => Promise<string>,
): Promise<CommandResult> {
  return withApp(shell, { check }, async (app) => {
    shell.say(await work(app, findSchedule(schedulesOf(app.project), name)))
    return { exitCode: 0 }
  })
}

type StoredSlot = Awaited<ReturnType<App['store']['slots']>>[number]

/** As `--json` tells it: without what the daemon keeps for itself. */
const claimedLine = ({ jobs, claimedAt, endedAt, ...slot }: StoredSlot) => ({
  ...slot,
  claimed_at: claimedAt,
  ended_at: endedAt,
  jobs: jobs.map(jobLine),
})

const jobLine = ({ sync, state, attempt, reason, runId, notBefore, caughtUp }: StoredSlot['jobs'][number]) => ({
  sync,
  state,
  attempt,
  reason,
  run_id: runId,
  not_before: notBefore,
  caught_up: caughtUp,
})

function rowOf(slot: StoredSlot): readonly string[] {
  const jobs = slot.jobs.map(
    ({ sync, state, attempt }) => `${sync} ${state}${attempt > 1 ? ` (attempt ${attempt})` : ''}`,
  )
  const reasons = [slot.reason, ...slot.jobs.map(({ reason }) => reason)].filter((reason) => reason !== null)
  return [slot.schedule, formatInstant(slot.instant), slot.state, jobs.join(', '), [...new Set(reasons)].join('; ')]
}

const columns = ['schedule', 'slot', 'state', 'runs', 'why']
