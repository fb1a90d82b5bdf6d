/** A slot as it lies in Redis: one JSON document with its jobs, so that it changes whole or not at all. */
import type { ProcessId } from '../port.ts'
import type { Job, JobState, NewJob, SlotClaim, StoredSlot } from '../slot-store.ts'
import { slotStateOf } from '../slot-state.ts'

export type SlotDocument = {
  readonly schedule: string
  readonly instant: string
  readonly trigger: SlotClaim['trigger']
  /** null: its jobs say what it is. */
  readonly endedAs: 'skipped' | 'missed' | null
  readonly reason: string | null
  readonly claimedAt: string
  readonly endedAt: string | null
  readonly jobs: readonly JobDocument[]
}

export type JobDocument = NewJob & {
  readonly token: number
  readonly state: JobState
  readonly attempt: number
  readonly runId: string | null
  readonly reason: string | null
  readonly takenAt: string | null
  readonly owner: ProcessId | null
}

/** Does its daemon live? Asked for the jobs that somebody has. */
export type IsLiving = (owner: ProcessId) => boolean

export function claimedSlot(claim: SlotClaim, nowIso: string): SlotDocument {
  const { schedule, instant, trigger, state, reason } = claim
  const isOver = state !== 'queued' || claim.jobs.length === 0
  const jobState = state === 'queued' ? 'queued' : 'skipped'
  const jobs = claim.jobs.map((job) => newJob(job, jobState, state === 'queued' ? null : reason))
  const endedAs = state === 'queued' ? null : state
  return { schedule, instant, trigger, endedAs, reason, claimedAt: nowIso, endedAt: isOver ? nowIso : null, jobs }
}

function newJob(
  { sync, needs, connection, notBefore, priority }: NewJob,
  state: JobState,
  reason: string | null,
): JobDocument {
  const nobody = { runId: null, reason, takenAt: null, owner: null }
  return { sync, needs, connection, notBefore, priority, token: 0, state, attempt: 1, ...nobody }
}

/** The same with one job changed; ended with its last open job. */
export function withJob(slot: SlotDocument, job: JobDocument, nowIso: string): SlotDocument {
  const jobs = slot.jobs.map((each) => (each.sync === job.sync ? job : each))
  return { ...slot, jobs, endedAt: jobs.some(isOpenJob) ? null : (slot.endedAt ?? nowIso) }
}

export const isOpenJob = ({ state }: { readonly state: JobState }): boolean =>
  state === 'queued' || state === 'dispatched' || state === 'running'

export const isOpenSlot = (slot: SlotDocument): boolean => slot.endedAs === null && slot.jobs.some(isOpenJob)

export function storedSlot(slot: SlotDocument, isLiving: IsLiving): StoredSlot {
  const { endedAs, ...rest } = slot
  const jobs = jobsOf(slot, isLiving)
  return { ...rest, state: endedAs ?? slotStateOf(jobs), jobs }
}

export function jobsOf(slot: SlotDocument, isLiving: IsLiving): readonly Job[] {
  const { schedule, instant, jobs } = slot
  const caughtUp = isCaughtUp(slot)
  return jobs.map((job) => ({ ...job, schedule, instant, caughtUp, alive: job.owner !== null && isLiving(job.owner) }))
}

export const isCaughtUp = ({ endedAs, reason }: SlotDocument): boolean => endedAs === null && reason !== null

/** Back from what a daemon remembers. */
export function slotDocument(slot: StoredSlot): SlotDocument {
  const { schedule, instant, trigger, state, reason, claimedAt, endedAt } = slot
  const endedAs = state === 'missed' || (state === 'skipped' && slot.jobs.length === 0) ? state : null
  return { schedule, instant, trigger, endedAs, reason, claimedAt, endedAt, jobs: slot.jobs.map(jobDocument) }
}

/** Always with its fields in this order: documents are compared as text. */
export function jobDocument(job: JobDocument): JobDocument {
  const { sync, needs, connection, notBefore, priority, token, state, attempt, runId, reason, takenAt, owner } = job
  return { sync, needs, connection, notBefore, priority, token, state, attempt, runId, reason, takenAt, owner }
}
