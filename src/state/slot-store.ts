/**
 * What the daemon remembers: since when it knows a schedule, which slots were claimed, and the job of each sync in a slot.
 * One slot is one row, claimed once for ever, whoever wakes up for it. The store decides nothing: `takeJob` shows all open
 * jobs to its caller inside the transaction, so that two daemons on one store never take the same one.
 */
import type { ProcessId } from './port.ts'

export type SlotStore = {
  /** The first call makes the schedule known: what it would have done before that is nobody's business. */
  readonly knowSchedule: (name: string) => Promise<KnownSchedule>
  /** A pause made at run time; null: goes on. */
  readonly pauseSchedule: (name: string, pause: Pause | null) => Promise<void>
  /** Schedule → its pause. */
  readonly pauses: () => Promise<ReadonlyMap<string, Pause>>
  /** The slot with its jobs, once. false: somebody has it. */
  readonly claimSlot: (claim: SlotClaim) => Promise<boolean>
  /** Newest instant first. */
  readonly slots: (filter: { readonly schedule?: string; readonly limit?: number }) => Promise<readonly StoredSlot[]>
  /** All that is queued or running is shown to `choose`; what it decides is written in the same transaction. */
  readonly takeJob: (choose: (open: readonly Job[]) => JobChoice) => Promise<Job | null>
  readonly noteRun: (job: JobKey, runId: string) => Promise<void>
  /** `queued` with a later `notBefore` is another attempt. */
  readonly endJob: (job: JobKey, end: JobEnd) => Promise<void>
}

export type KnownSchedule = {
  /** ISO. */
  readonly since: string
  /** The newest instant that was claimed, or `since`. */
  readonly decidedUntil: string
  readonly pause: Pause | null
}

export type Pause = { readonly at: string; readonly by: string }

export type SlotClaim = {
  readonly schedule: string
  readonly instant: string
  /** `queued`: its jobs wait for their turn. The others end at once, with a reason. */
  readonly state: 'queued' | 'skipped' | 'missed'
  readonly reason: string | null
  readonly trigger: 'clock' | 'after' | 'hand'
  readonly jobs: readonly NewJob[]
}

export type NewJob = {
  readonly sync: string
  /** Jobs of the same slot that go first. */
  readonly needs: readonly string[]
  readonly connection: string
  /** ISO; not before it. */
  readonly notBefore: string
}

export type JobKey = { readonly schedule: string; readonly instant: string; readonly sync: string }

export type JobState = 'queued' | 'running' | 'ok' | 'partial' | 'failed' | 'stopped' | 'skipped'

export type Job = NewJob &
  JobKey & {
    readonly state: JobState
    /** Of the attempt that runs, or will. 1 is the first. */
    readonly attempt: number
    readonly runId: string | null
    readonly reason: string | null
    /** The daemon that runs it. */
    readonly owner: ProcessId | null
    /** false: it is running, and its daemon is dead. */
    readonly alive: boolean
  }

export type JobChoice = {
  readonly take: Job | null
  readonly skip: readonly { readonly job: Job; readonly reason: string }[]
  /** Jobs of dead daemons that wait again, as another attempt. */
  readonly again: readonly Job[]
}

export type JobEnd = {
  readonly state: Exclude<JobState, 'running'>
  readonly reason: string | null
  readonly notBefore?: string
}

export type StoredSlot = {
  readonly schedule: string
  readonly instant: string
  readonly trigger: SlotClaim['trigger']
  /** Of its jobs the worst that ended, or what they are doing. */
  readonly state: JobState | 'missed'
  readonly reason: string | null
  readonly claimedAt: string
  /** null: not all jobs have ended. */
  readonly endedAt: string | null
  readonly jobs: readonly Job[]
}
