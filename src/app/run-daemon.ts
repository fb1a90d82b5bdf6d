/** The daemon: the clock claims slots, jobs begin as the limits allow, each in a process of its own. */
import { asMillraceError } from '../model/millrace-error.ts'
import { claimSlots, type ClaimedSlot } from '../schedule/claim-slots.ts'
import type { Executor } from '../schedule/executor.ts'
import { once } from '../schedule/retry-at.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { takeOverSchedules } from '../schedule/take-over-schedules.ts'
import { watchDue } from '../schedule/watch-due.ts'
import type { Job, JobEnd } from '../state/slot-store.ts'
import type { App } from './app.ts'
import { planOf, type DaemonPlan } from './daemon-plan.ts'
import { drainRuns } from './drain-runs.ts'
import { endForSure } from './end-for-sure.ts'
import type { ProjectFollower } from './follow-project.ts'
import { jobsOfSlot } from './jobs-of-slot.ts'
import { openExecutor } from './open-executor.ts'
import { markRedis } from './redis-mark.ts'
import { rememberSlots } from './remember-slots.ts'
import { serveHealth } from './serve-health.ts'
import { superviseRun } from './supervise-run.ts'

export type DaemonEvent =
  | { readonly type: 'slot.claimed'; readonly slot: ClaimedSlot }
  | { readonly type: 'job.started'; readonly job: Job; readonly runId: string }
  | { readonly type: 'job.ended'; readonly job: Job; readonly end: JobEnd }
  /** Every schedule was looked at once. */
  | { readonly type: 'daemon.ready'; readonly schedules: number; readonly target: string; readonly port?: number }
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
  /** Serve /healthz at HOST:PORT. @default nowhere */
  readonly listen?: string | undefined
}

/** Works until it is told to stop, and returns when the last run has ended. */
export async function runDaemon(app: App, options: DaemonOptions): Promise<void> {
  const { clock, store } = app
  const problem = (message: string) => options.onEvent({ type: 'daemon.problem', message })
  const { follower } = options
  if (app.redisUrl !== null) await markRedis({ home: app.project.home, target: app.target.name }, clock.now())
  let plan = planOf(follower.project())
  /** Of the file, which the store does not know of yet, each by its own time. */
  const changes: Parameters<typeof takeOverSchedules>[1][] = []
  let watch = watchDue(plan.schedules, clock.now())
  const ending = new AbortController()
  const naps = napping(options.stopping)
  let running = 0
  let ended = 0
  let lookedMs: number | null = null
  const health = options.listen
    ? await serveHealth(options.listen, () => ({
        schedules: plan.schedules.length,
        running,
        lookedMs,
        stopping: options.stopping.aborted,
      }))
    : null
  const memory = await rememberSlots(app, problem)
  const open = () =>
    openExecutor(app, {
      limits: () => plan.limits,
      maxRuns: () => plan.maxRuns,
      onProblem: problem,
      async work(job) {
        running++
        await execute(app, job, { options, plan, stop: ending.signal }).catch((error: unknown) =>
          problem(asMillraceError(error, `ending ${job.sync}`).message),
        )
        running--
        ended++
        naps.wake()
      },
    })
  let executor: Executor | null = null
  let seen = ''
  let isReady = false
  let troubles = ''
  const every = {
    look: timer(lookEveryMs, 'later'),
    beat: timer(beatEveryMs),
    // What a file remembers nobody takes from it: there the watch on what is due misses nothing.
    all: timer(store.memory === null ? 15 * reconcileEveryMs : reconcileEveryMs),
    reconcile: timer(reconcileEveryMs),
  }
  while (!options.stopping.aborted) {
    let leastMs = 0
    try {
      if (every.look.isDue() && (await follower.look()) === 'changed') {
        const before = plan.schedules
        plan = planOf(follower.project())
        changes.push({ before, after: plan.schedules, seenAt: clock.now() })
        watch = watchDue(plan.schedules, clock.now())
        every.all.now()
        options.onEvent({ type: 'daemon.reloaded', schedules: plan.schedules.length })
      }
      // Another daemon that died changes nothing in the store: its jobs are looked for.
      const isBeat = every.beat.isDue()
      if (isBeat) await store.beat()
      const revision = await store.revision()
      const isSettled = await memory.look(revision)
      const isAll = every.all.isDue()
      const isReconciled = every.reconcile.isDue() || isAll
      // A run that ends after its job was given to another daemon changes nothing in the store, and leaves its place.
      const state = `${revision} ${ended}`
      const isChanged = state !== seen
      const following = isChanged || isReconciled ? plan.following : []
      const due = isAll ? plan.schedules : [...watch.due(clock.now()), ...following]
      if (isSettled) {
        for (const change of changes) await takeOverSchedules(app, change)
        changes.length = 0
        // Over Redis, jobs are given to it from here on: a queue that came back with it may bring such as have ended.
        executor ??= await open()
        await claim(app, { plan, due, onEvent: options.onEvent })
        if (isReconciled) await executor.reconcile()
        if (isBeat || isReconciled || isChanged || due.length > 0 || executor.nextMs() <= clock.now().getTime())
          await executor.dispatch()
        seen = state
        lookedMs = performance.now()
        if (!isReady)
          options.onEvent({
            type: 'daemon.ready',
            schedules: plan.schedules.length,
            target: app.target.name,
            ...(health ? { port: health.port } : {}),
          })
        isReady = true
      } else {
        every.all.now()
        leastMs = laterMs
      }
      troubles = ''
    } catch (error) {
      // A store that is busy or down, or a full disk, must not end the daemon: the next look tries all of it again.
      every.all.now()
      leastMs = laterMs
      const { message } = asMillraceError(error, 'looking for what is due')
      if (message !== troubles) problem(message)
      troubles = message
    }
    const nextMs = Math.min(watch.waitMs(clock.now()), (executor?.nextMs() ?? Infinity) - clock.now().getTime())
    const waitMs = Math.min(askEveryMs, Math.max(leastMs, nextMs))
    await naps.nap(waitMs)
  }
  if (executor)
    await drainRuns(app, { executor, memory, ending, drainMs: options.drainMs ?? 60_000, askEveryMs, beatEveryMs })
  await memory.close()
  health?.close()
}

const claim = (
  { store, clock, target }: App,
  {
    plan,
    due,
    onEvent,
  }: { readonly plan: DaemonPlan; readonly due: readonly Schedule[]; readonly onEvent: DaemonOptions['onEvent'] },
): Promise<void> =>
  claimSlots(
    {
      store,
      clock,
      target: target.name,
      scheduleOf: (name) => plan.schedules.find((schedule) => schedule.name === name),
      jobsOf: (schedule, { dueAt }) => jobsOfSlot(plan.project, schedule, dueAt),
      onClaimed: (slot) => onEvent({ type: 'slot.claimed', slot }),
      onAhead: (names) =>
        onEvent({
          type: 'daemon.problem',
          message: `A clock was ahead by more than a day, here or where another daemon runs. These schedules go on from now: ${names.join(', ')}.`,
        }),
    },
    due,
  )

async function execute(
  app: App,
  job: Job,
  { options, plan, stop }: { readonly options: DaemonOptions; readonly plan: DaemonPlan; readonly stop: AbortSignal },
): Promise<void> {
  const { onEvent, launcher } = options
  const onProblem = (message: string) => onEvent({ type: 'daemon.problem', message })
  let runId: string | null = null
  const ended = await superviseRun(job, {
    launcher,
    root: plan.project.root,
    home: plan.project.home,
    env: app.env,
    target: app.target.name,
    policy: plan.schedules.find(({ name }) => name === job.schedule) ?? ofNoSchedule,
    now: () => app.clock.now(),
    stop,
    onRun: (id) => {
      runId = id
      onEvent({ type: 'job.started', job, runId: id })
      void app.store
        .noteRun(job, id)
        .catch((error: unknown) => onProblem(asMillraceError(error, 'noting a run').message))
    },
  })
  const end = await endForSure(app, { job, runId, end: ended }, { stopping: options.stopping, onProblem })
  if (end !== null) onEvent({ type: 'job.ended', job, end })
  else
    onProblem(
      `${job.sync} for ${job.schedule} ended here as ${ended.state}, after the job was given to another daemon: that one's word counts.`,
    )
}

/** Waits until its time, or until something happened in this process. */
function napping(stopping: AbortSignal): { readonly nap: (ms: number) => Promise<void>; readonly wake: () => void } {
  let isWoken = false
  let wakeUp = () => {}
  const wake = () => {
    isWoken = true
    wakeUp()
  }
  stopping.addEventListener('abort', wake, { once: true })
  return {
    wake,
    async nap(ms) {
      if (!isWoken)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          wakeUp = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      isWoken = false
    },
  }
}

/** Due at once, and then every so often. */
function timer(everyMs: number, first: 'at_once' | 'later' = 'at_once') {
  let dueMs = first === 'at_once' ? 0 : performance.now() + everyMs
  return {
    isDue: (): boolean => {
      if (performance.now() < dueMs) return false
      dueMs = performance.now() + everyMs
      return true
    },
    now: () => void (dueMs = 0),
  }
}

/** The job of a schedule that was taken out of the file meanwhile. */
const ofNoSchedule: Pick<Schedule, 'timeoutMs' | 'graceMs' | 'retry'> = {
  timeoutMs: 7_200_000,
  graceMs: 30_000,
  retry: once,
}
const lookEveryMs = 5_000
/** Has anybody changed something in the store? */
const askEveryMs = 1_000
/** Where nothing can be done for now, whatever is due. */
const laterMs = 500
const beatEveryMs = 15_000
const reconcileEveryMs = 60_000
