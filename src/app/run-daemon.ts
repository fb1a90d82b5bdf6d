/** The daemon: the clock claims slots, jobs begin as the limits allow, each in a process of its own. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Project } from '../config/project.ts'
import { asMillraceError } from '../model/millrace-error.ts'
import { chooseJob, type JobLimits } from '../schedule/choose-job.ts'
import { claimSlots, type ClaimedSlot } from '../schedule/claim-slots.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { watchDue } from '../schedule/watch-due.ts'
import type { Job, JobEnd } from '../state/slot-store.ts'
import type { App } from './app.ts'
import type { ProjectFollower } from './follow-project.ts'
import { jobsOfSlot } from './jobs-of-slot.ts'
import { superviseRun } from './supervise-run.ts'

export type DaemonEvent =
  | { readonly type: 'slot.claimed'; readonly slot: ClaimedSlot }
  | { readonly type: 'job.started'; readonly job: Job; readonly runId: string }
  | { readonly type: 'job.ended'; readonly job: Job; readonly end: JobEnd }
  /** Every schedule was looked at once. */
  | { readonly type: 'daemon.ready'; readonly schedules: number; readonly target: string }
  | { readonly type: 'daemon.reloaded'; readonly schedules: number }
  | { readonly type: 'daemon.problem'; readonly message: string }

export type DaemonOptions = {
  /** bin/millrace.js: runs are processes of their own. */
  readonly launcher: string
  /** What runs read: each keeps the release that it began with. */
  readonly follower: ProjectFollower
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
  const { clock } = app
  const problem = (message: string) => options.onEvent({ type: 'daemon.problem', message })
  const { follower } = options
  let plan = planOf(follower.project())
  let watch = watchDue(plan.schedules, clock.now())
  const running = new Set<Promise<void>>()
  const ending = new AbortController()
  const begin = (job: Job) => {
    const work: Promise<void> = execute(app, job, { options, plan, stop: ending.signal })
      .catch((error: unknown) => problem(asMillraceError(error, `ending ${job.sync}`).message))
      .finally(() => running.delete(work))
    running.add(work)
  }
  let lookAgainMs = performance.now() + lookEveryMs
  let reconcileMs = 0
  let isReady = false
  while (!options.stopping.aborted) {
    try {
      if (performance.now() >= lookAgainMs) {
        lookAgainMs = performance.now() + lookEveryMs
        if ((await follower.look()) === 'changed') {
          plan = planOf(follower.project())
          watch = watchDue(plan.schedules, clock.now())
          reconcileMs = 0
          options.onEvent({ type: 'daemon.reloaded', schedules: plan.schedules.length })
        }
      }
      const due = watch.due(clock.now())
      // All of them: what came due while nobody looked, the store was busy, the machine slept or another daemon died.
      const isAll = performance.now() >= reconcileMs
      await claim(app, { plan, due: isAll ? plan.schedules : due, onEvent: options.onEvent })
      if (isAll) reconcileMs = performance.now() + reconcileEveryMs
      for (let job = await take(app, plan); job !== null; job = await take(app, plan)) begin(job)
      if (!isReady) options.onEvent({ type: 'daemon.ready', schedules: plan.schedules.length, target: app.target.name })
      isReady = true
    } catch (error) {
      // A store that is busy or a full disk must not end the daemon: the next tick tries all of them again.
      reconcileMs = 0
      problem(asMillraceError(error, 'looking for what is due').message)
    }
    const waitMs = Math.min(options.tickMs ?? 500, watch.waitMs(clock.now()))
    await sleep(waitMs, undefined, { signal: options.stopping }).catch(() => undefined)
  }
  await drain(app, { running, ending, drainMs: options.drainMs ?? 60_000 })
}

/** Runs have their time to end by themselves; then they are asked to stop at a checkpoint. */
async function drain(
  app: App,
  {
    running,
    ending,
    drainMs,
  }: { readonly running: ReadonlySet<Promise<void>>; readonly ending: AbortController; readonly drainMs: number },
): Promise<void> {
  const drained = new AbortController()
  const patience = sleep(drainMs, undefined, { signal: drained.signal }).then(
    () => ending.abort(),
    () => undefined,
  )
  app.signal.addEventListener('abort', () => ending.abort(), { once: true })
  while (running.size > 0) await Promise.all(running)
  drained.abort()
  await patience
}

/** What the project says at this moment. */
type Plan = {
  readonly project: Project
  readonly schedules: readonly Schedule[]
  readonly limits: Omit<JobLimits, 'now'>
}

function planOf(project: Project): Plan {
  const schedules = schedulesOf(project)
  return { project, schedules, limits: jobLimits(project, schedules) }
}

const claim = (
  { store, clock }: App,
  {
    plan,
    due,
    onEvent,
  }: { readonly plan: Plan; readonly due: readonly Schedule[]; readonly onEvent: DaemonOptions['onEvent'] },
): Promise<void> =>
  claimSlots(
    {
      store,
      clock,
      jobsOf: (schedule, { dueAt }) => jobsOfSlot(plan.project, schedule, dueAt),
      onClaimed: (slot) => onEvent({ type: 'slot.claimed', slot }),
    },
    due,
  )

const take = (app: App, { limits }: Plan): Promise<Job | null> =>
  app.store.takeJob((open) => chooseJob(open, { ...limits, now: app.clock.now() }))

async function execute(
  app: App,
  job: Job,
  { options, plan, stop }: { readonly options: DaemonOptions; readonly plan: Plan; readonly stop: AbortSignal },
): Promise<void> {
  const { onEvent, launcher } = options
  const end = await superviseRun(job, {
    launcher,
    root: plan.project.root,
    home: plan.project.home,
    target: app.target.name,
    policy: plan.schedules.find(({ name }) => name === job.schedule) ?? ofNoSchedule,
    now: () => app.clock.now(),
    stop,
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
  const maxRuns = Number(project.schedules['max_runs'])
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
const lookEveryMs = 5_000
const reconcileEveryMs = 60_000
