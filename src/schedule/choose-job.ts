import type { Job, JobChoice, JobEnd } from '../state/slot-store.ts'
import { aheadMs } from '../state/clock-ahead.ts'
import { longestRetryAfterMs, once, retryAt } from './retry-at.ts'
import type { Schedule } from './schedule.ts'

export type JobLimits = {
  readonly now: Date
  /** Schedules of which nothing is tried again for now. */
  readonly paused: ReadonlySet<string>
  /** How many more runs may begin here. */
  readonly room: number
  /** Connection → runs at once, whoever runs them. */
  readonly maxRunsOf: ReadonlyMap<string, number>
  /** Schedule → what a slot does for a sync that still runs. Of a schedule that is gone: `skip`. */
  readonly overlapOf: ReadonlyMap<string, Schedule['overlap']>
  /** Schedule → how often a slot's runs are tried. Of a schedule that is gone: once. */
  readonly retryOf: ReadonlyMap<string, Schedule['retry']>
}

/** The job that may begin now, if any, and what becomes of those that never will. In the store's order, so that none starves. */
export function chooseJob(open: readonly Job[], limits: JobLimits): JobChoice {
  const died = open
    .filter((job) => job.state === 'running' && !job.alive)
    .map((job) => ({ job, end: endWithDaemon(job, limits) }))
  const running = open.filter((job) => job.state === 'dispatched' || (job.state === 'running' && job.alive))
  const waitingBySync = new Map<string, Job[]>()
  // Thousands may be due at once, and each is held against these.
  const around: Around = {
    limits,
    bySlot: Map.groupBy(open, slotOf),
    runningBySync: Map.groupBy(running, ({ sync }) => sync),
    runningByConnection: Map.groupBy(running, ({ connection }) => connection),
    waitingBySync,
  }
  const skip: { job: Job; reason: string }[] = []
  let take: Job | null = null
  for (const job of open.filter((each) => isDue(each, limits))) {
    const reason = overlapsWith(job, around)
    if (reason !== null) skip.push({ job, reason })
    else if (take === null && mayBegin(job, around)) take = job
    else {
      const ofSync = waitingBySync.get(job.sync)
      if (ofSync) ofSync.push(job)
      else waitingBySync.set(job.sync, [job])
    }
  }
  return { take, skip, again: [], died }
}

type Around = {
  readonly limits: JobLimits
  readonly bySlot: ReadonlyMap<string, readonly Job[]>
  readonly runningBySync: ReadonlyMap<string, readonly Job[]>
  readonly runningByConnection: ReadonlyMap<string, readonly Job[]>
  readonly waitingBySync: ReadonlyMap<string, readonly Job[]>
}

const slotOf = ({ schedule, instant }: Job): string => `${instant} ${schedule}`

/**
 * A power cut must not cost the night's load, whatever `attempts` says; but a run that itself takes its daemon along (a
 * container without memory) would do so with each daemon that begins it.
 */
function endWithDaemon({ schedule, attempt }: Job, { now, retryOf }: JobLimits): JobEnd {
  const retry = retryOf.get(schedule) ?? once
  const reason = `its daemon was gone before it ended (attempt ${attempt})`
  if (attempt >= retry.attempts + moreWithDaemon) return { state: 'failed', reason }
  return { state: 'queued', reason, notBefore: retryAt(retry, { attempt, now }) }
}

/** So many runs beyond `attempts` may be begun behind daemons that were killed. */
const moreWithDaemon = 2

/** What goes on, or would be tried again, waits for `schedule resume`, whatever else runs meanwhile: it is not looked at until then. */
function isDue(job: Job, { now, paused, retryOf }: JobLimits): boolean {
  if (job.state !== 'queued') return false
  const isMore = job.attempt > 1 || job.reason !== null
  if (isMore && paused.has(job.schedule)) return false
  const waitMs = Date.parse(job.notBefore) - now.getTime()
  if (waitMs <= 0) return true
  // No attempt waits for so long: a clock was ahead when this one was put off. A slot of days to come has its own time.
  const longestMs = Math.max(longestRetryAfterMs, (retryOf.get(job.schedule) ?? once).maxMs)
  return isMore && waitMs > longestMs + aheadMs && Date.parse(job.instant) <= now.getTime()
}

/** Why the job is not to run at all; null: it is. */
function overlapsWith(job: Job, { runningBySync, waitingBySync, limits }: Around): string | null {
  const overlap = limits.overlapOf.get(job.schedule) ?? 'skip'
  if (overlap === 'allow') return null
  const isOther = (each: Job) => each.schedule !== job.schedule || each.instant !== job.instant
  const other = runningBySync.get(job.sync)?.find(isOther)
  if (!other) return null
  if (job.caughtUp) return null
  if (overlap === 'skip') return `${job.sync} still runs for ${other.schedule} of ${other.instant}`
  const buffered = waitingBySync.get(job.sync)?.find(isOther)
  return buffered ? `${job.sync} still runs, and already waits for ${buffered.schedule} of ${buffered.instant}` : null
}

function mayBegin(job: Job, { bySlot, runningBySync, runningByConnection, limits }: Around): boolean {
  if (limits.room <= 0) return false
  const ofConnection = runningByConnection.get(job.connection)?.length ?? 0
  if (ofConnection >= (limits.maxRunsOf.get(job.connection) ?? Infinity)) return false
  if (limits.overlapOf.get(job.schedule) !== 'allow' && runningBySync.has(job.sync)) return false
  return job.needs.length === 0 || !(bySlot.get(slotOf(job)) ?? []).some(({ sync }) => job.needs.includes(sync))
}
