/** The jobs of slots on Redis, and the daemons that run them. */
import { MillraceError } from '../../model/millrace-error.ts'
import { attemptAfter, type Job, type JobEnd, type JobState, type JobTicket, type SlotStore } from '../slot-store.ts'
import { processName, slotId } from './keys.ts'
import type { Own } from './own.ts'
import { goneAfterMs } from './presence.ts'
import { runScript, script } from './script.ts'
import {
  isCaughtUp,
  isOpenJob,
  isOpenSlot,
  jobDocument,
  jobsOf,
  type JobDocument,
  type SlotDocument,
  withJob,
} from './slot-document.ts'
import type { SlotTransactions, SlotView } from './slot-transaction.ts'

type Jobs = Pick<SlotStore, 'takeJob' | 'beginJob' | 'noteRun' | 'endJob' | 'beat'>

export function storeJobs(own: Own, transactions: SlotTransactions): Jobs {
  const { connection, keys, presence, nowMs, process } = own

  /** Changes the job that this ticket stands for, if it still is the one that was handed out, and is in that state. @throws MillraceError MR-6004 */
  const changeHeld = (
    doing: string,
    ticket: JobTicket,
    { state, beat = false }: { readonly state: JobState; readonly beat?: boolean },
    next: (job: JobDocument, view: SlotView) => JobDocument,
  ): Promise<Job | null> =>
    transactions.change(doing, { slots: [slotId(ticket)] }, (view) => {
      const slot = view.slots.get(slotId(ticket))
      const job = slot?.jobs.find(({ sync }) => sync === ticket.sync)
      if (!slot || job?.token !== ticket.token || job.state !== state) {
        if (state === 'running' && transactions.isSetBack()) throw forgotten(connection.where, doing)
        return { result: null }
      }
      // Tickets of a queue on the same Redis have come back, too: the job may have run since.
      if (state === 'dispatched' && transactions.isSetBack()) return { result: null }
      const changed = next(job, view)
      return {
        result: shownJob(slot, changed),
        writes: { slots: [withJob(slot, changed, view.nowIso)], beat },
      }
    })

  return {
    async takeJob(choose, as) {
      await presence.show()
      return transactions.change('taking a job', { open: true }, (view) => {
        const changed = new Map<string, SlotDocument>()
        const put = (of: JobTicket, change: (job: JobDocument) => Partial<JobDocument>): Job | null => {
          const slot = changed.get(slotId(of)) ?? view.slots.get(slotId(of))
          const job = slot?.jobs.find(({ sync }) => sync === of.sync)
          if (!slot || !job) return null
          const next = jobDocument({ ...job, ...change(job) })
          changed.set(slotId(of), withJob(slot, next, view.nowIso))
          return shownJob(slot, next)
        }
        if (transactions.isSetBack()) return { result: null }
        const choice = choose(openJobs(view))
        for (const { job, reason } of choice.skip) put(job, () => ({ ...idle, state: 'skipped', reason }))
        for (const job of choice.again)
          put(job, ({ state, attempt }) => ({
            ...idle,
            state: 'queued',
            attempt: attempt + (state === 'running' ? 1 : 0),
          }))
        for (const { job, end } of choice.died ?? []) put(job, endAs(end))
        const owner = as === 'running' ? process : null
        const taken =
          choice.take &&
          put(choice.take, ({ token }) => ({
            state: as,
            token: Math.max(token + 1, view.micros),
            owner,
            runId: null,
            takenAt: view.nowIso,
          }))
        if (changed.size === 0) return { result: null }
        return { result: taken, writes: { slots: [...changed.values()], beat: taken?.state === 'running' } }
      })
    },

    async beginJob(ticket) {
      await presence.show()
      return changeHeld(
        `beginning ${ticket.sync}`,
        ticket,
        { state: 'dispatched', beat: true },
        (job, { nowIso: takenAt }) => ({
          ...job,
          state: 'running',
          owner: process,
          takenAt,
        }),
      )
    },

    async noteRun(ticket, runId) {
      await changeHeld(`noting the run of ${ticket.sync}`, ticket, { state: 'running' }, (job) => ({ ...job, runId }))
    },

    async endJob(ticket, end) {
      const ended = await changeHeld(`ending ${ticket.sync}`, ticket, { state: 'running' }, (job) => ({
        ...job,
        ...endAs(end)(job),
      }))
      return ended !== null
    },

    async beat() {
      await presence.show()
      // Who comes late with it sees that first.
      await transactions.view('saying that this daemon lives', {})
      await connection.patiently('saying that this daemon lives', (redis) =>
        runScript(
          redis,
          beat,
          [keys.daemons, keys.process + processName(process)],
          [nowMs(), processName(process), forgottenMs, goneAfterMs],
        ),
      )
    },
  }
}

const forgotten = (where: string, doing: string) =>
  new MillraceError('MR-6004', {
    message: `control store on Redis at ${where}: ${doing} failed: it was emptied, or came back as it was some time ago, and does not know that the job runs`,
    kept: 'Nothing was written.',
    next: 'The daemons tell it what they know within seconds.',
  })

/** What matters more first, then what has waited longer. */
function openJobs(view: SlotView): readonly Job[] {
  const slots = [...view.slots.values()].filter(isOpenSlot).sort((a, b) => order(a.claimedAt, b.claimedAt))
  return slots
    .flatMap((slot) => jobsOf(slot, view.isLiving).filter(isOpenJob))
    .sort((a, b) => b.priority - a.priority || order(a.notBefore, b.notBefore) || order(a.instant, b.instant))
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** As whoever changed it sees it: its owner is this process, or nobody. */
const shownJob = (slot: SlotDocument, job: JobDocument): Job => ({
  ...job,
  schedule: slot.schedule,
  instant: slot.instant,
  caughtUp: isCaughtUp(slot),
  alive: job.owner !== null,
})

const idle = { owner: null, takenAt: null } as const

const endAs =
  (end: JobEnd) =>
  ({ attempt, token, notBefore }: JobDocument): Partial<JobDocument> => ({
    ...idle,
    // Of two who remember it, the one that knows of this end is further.
    token: token + (end.sameAttempt ? 1 : 0),
    state: end.state,
    reason: end.reason,
    attempt: attemptAfter(attempt, end),
    notBefore: end.notBefore ?? notBefore,
  })

/** Of a daemon that went long ago nobody asks any more. */
const forgottenMs = 24 * 3_600_000

const beat = script(`
local at = now(ARGV[1])
redis.call('HSET', KEYS[1], ARGV[2], whole(at))
redis.call('SET', KEYS[2], '1', 'PX', ARGV[4])
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if tonumber(all[i + 1]) < at - tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], all[i]) end
end
return 1
`)
