/** The daemon: the clock claims slots, jobs begin as the limits allow, each in a process of its own. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Project } from '../config/project.ts'
import { asMillraceError } from '../model/millrace-error.ts'
import { chooseJob, type JobLimits } from '../schedule/choose-job.ts'
import { claimSlots, type ClaimedSlot } from '../schedule/claim-slots.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { Job, JobEnd } from '../state/slot-store.ts'
import type { App } from './app.ts'
import { jobsOfSlot } from './jobs-of-slot.ts'
import { superviseRun } from './supervise-run.ts'

export type DaemonEvent =
  | { readonly type: 'slot.claimed'; readonly slot: ClaimedSlot }
  | { readonly type: 'job.started'; readonly job: Job; readonly runId: string }
  | { readonly type: 'job.ended'; readonly job: Job; readonly end: JobEnd }
  | { readonly type: 'daemon.problem'; readonly message: string }

export type DaemonOptions = {
  /** bin/millrace.js: runs are processes of their own. */
  readonly launcher: string
  readonly onEvent: (event: DaemonEvent) => void
  /** Aborted: no new run begins, and those under way have `drainMs` to end by themselves. */
  readonly stopping: AbortSignal
  /** @default 60_000 */
  readonly drainMs?: number
  /** @default 500 */
  readonly tickMs?: number
}

/** Works until it is told to stop, and returns when the last run has ended. */
export async function runDaemon(app: App, options: DaemonOptions): Promise<void> {
  const { store, clock, project } = app
  const schedules = schedulesOf(project)
  const limits = jobLimits(project, schedules)
  const running = new Set<Promise<void>>()
  const ending = new AbortController()
  const begin = (job: Job) => {
    const work: Promise<void> = execute(app, job, { options, schedules, stop: ending.signal }).finally(() =>
      running.delete(work),
    )
    running.add(work)
  }
  while (!options.stopping.aborted) {
    try {
      await claimSlots(
        {
          store,
          clock,
          jobsOf: (schedule, { dueAt }) => jobsOfSlot(project, schedule, dueAt),
          onClaimed: (slot) => options.onEvent({ type: 'slot.claimed', slot }),
        },
        schedules,
      )
      for (let job = await take(app, limits); job !== null; job = await take(app, limits)) begin(job)
    } catch (error) {
      // A store that is busy or a full disk must not end the daemon: the next tick tries again.
      options.onEvent({ type: 'daemon.problem', message: asMillraceError(error, 'looking for what is due').message })
    }
    await sleep(options.tickMs ?? 500, undefined, { signal: options.stopping }).catch(() => undefined)
  }
  const drained = new AbortController()
  const patience = sleep(options.drainMs ?? 60_000, undefined, { signal: drained.signal }).then(
    () => ending.abort(),
    () => undefined,
  )
  app.signal.addEventListener('abort', () => ending.abort(), { once: true })
  while (running.size > 0) await Promise.all(running)
  drained.abort()
  await patience
}

const take = (app: App, limits: Omit<JobLimits, 'now'>): Promise<Job | null> =>
  app.store.takeJob((open) => chooseJob(open, { ...limits, now: app.clock.now() }))

async function execute(
  app: App,
  job: Job,
  work: { readonly options: DaemonOptions; readonly schedules: readonly Schedule[]; readonly stop: AbortSignal },
): Promise<void> {
  const { onEvent, launcher } = work.options
  const policy = work.schedules.find(({ name }) => name === job.schedule) ?? ofNoSchedule
  const end = await superviseRun(job, {
    launcher,
    root: app.project.root,
    target: app.target.name,
    policy,
    now: () => app.clock.now(),
    stop: work.stop,
    onRun: (runId) => {
      onEvent({ type: 'job.started', job, runId })
      void app.store
        .noteRun(job, runId)
        .catch((error: unknown) =>
          onEvent({ type: 'daemon.problem', message: asMillraceError(error, 'noting a run').message }),
        )
    },
  })
  await app.store.endJob(job, end)
  onEvent({ type: 'job.ended', job, end })
}

function jobLimits(project: Project, schedules: readonly Schedule[]): Omit<JobLimits, 'now'> {
  const maxRuns = Number(project.schedules['max_runs'] ?? defaultMaxRuns)
  const maxRunsOf = Object.values(project.connections).flatMap(({ name, maxRuns: most }) =>
    most === null ? [] : [[name, most] as const],
  )
  return {
    maxRuns,
    maxRunsOf: new Map(maxRunsOf),
    overlapOf: new Map(schedules.map(({ name, overlap }) => [name, overlap])),
  }
}

/** The job of a schedule that was taken out of the file meanwhile. */
const ofNoSchedule: Pick<Schedule, 'timeoutMs' | 'retry'> = {
  timeoutMs: 7_200_000,
  retry: { attempts: 1, initialMs: 0, maxMs: 0 },
}
const defaultMaxRuns = 4
