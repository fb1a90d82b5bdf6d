/**
 * The executor port: how a job of the control store gets to the process that begins it. Two adapters: this process takes it
 * (in-process-executor.ts), or a queue gives it to whichever daemon has room (bullmq-executor.ts). Both leave to the store
 * who has a job: a queue only carries the word, and may say it late, twice or never.
 */
import type { Clock } from '../model/clock.ts'
import { isSameProcess, thisProcess } from '../state/process-id.ts'
import type { Job, JobChoice, JobTicket, SlotStore } from '../state/slot-store.ts'
import { chooseJob, type JobLimits } from './choose-job.ts'

export type Executor = {
  /** Hands on whatever may begin now. Asked after a change in the store, and at `nextMs`. */
  readonly dispatch: () => Promise<void>
  /** When the first job that waits for its time may begin, as the last `dispatch` saw it; Infinity: none does. */
  readonly nextMs: () => number
  /** Finds what the queue forgot, and what the store says runs here and does not. At the start, and every minute. */
  readonly reconcile: () => Promise<void>
  /** Nothing begins here any more. Resolves when what runs here has ended. */
  readonly close: () => Promise<void>
}

export type ExecutorContext = {
  readonly store: Pick<SlotStore, 'takeJob' | 'beginJob' | 'pauses'>
  readonly clock: Clock
  /** Of the project as it is now. The rest is the executor's. */
  readonly limits: () => Omit<JobLimits, 'now' | 'room' | 'paused'>
  /** Runs at once in this process. */
  readonly maxRuns: () => number
  /** Runs the job to its end, in the store too. Never rejects. */
  readonly work: (job: Job) => Promise<void>
  readonly onProblem: (message: string) => void
}

/** Takes the next job that may begin, and says when the first of those that wait for their time may. */
export async function takeNext(
  { store, clock, limits, onProblem }: ExecutorContext,
  { room, as }: { readonly room: number; readonly as: 'running' | 'dispatched' },
): Promise<{ readonly job: Job | null; readonly nextMs: number }> {
  let nextMs = Infinity
  let died: NonNullable<JobChoice['died']> = []
  const now = clock.now()
  const paused = new Set((await store.pauses()).keys())
  const job = await store.takeJob((open) => {
    const times = open.filter(({ state }) => state === 'queued').map(({ notBefore }) => Date.parse(notBefore))
    nextMs = Math.min(Infinity, ...times.filter((time) => time > now.getTime()))
    const choice = chooseJob(open, { ...limits(), paused, room, now })
    died = choice.died ?? []
    return choice
  }, as)
  for (const { job: dead, end } of died)
    if (end.state === 'failed')
      onProblem(`${dead.sync} for ${dead.schedule} of ${dead.instant} has failed: ${end.reason}.`)
  return { job, nextMs }
}

/**
 * A write can stand in the store though its answer was lost: then a job runs in the name of this process, and nobody works on
 * it. It waits again. Not while this process takes a job.
 */
export async function giveBackUnworked(
  { store }: ExecutorContext,
  worked: Iterable<JobTicket>,
  as: 'running' | 'dispatched',
): Promise<void> {
  const here = new Set([...worked].map(nameOf))
  const isUnworked = (job: Job) =>
    job.state === 'running' && job.owner !== null && isSameProcess(job.owner, thisProcess()) && !here.has(nameOf(job))
  await store.takeJob((open) => ({ take: null, skip: [], again: open.filter(isUnworked) }), as)
}

const nameOf = (ticket: JobTicket): string => JSON.stringify(ticketOf(ticket))

export const ticketOf = ({ schedule, instant, sync, token }: JobTicket): JobTicket => ({
  schedule,
  instant,
  sync,
  token,
})
