/**
 * What the daemon remembers: since when it knows a schedule, which slots were claimed, and the job of each sync in a slot.
 * One slot is one row, claimed once for ever, whoever wakes up for it. The store decides nothing: `takeJob` shows all open
 * jobs to its caller inside the transaction, so that two daemons on one store never take the same one.
 */
import type { ProcessId } from './port.ts'

export type SlotStore = {
  /** The first call makes a schedule known: what it would have done before that is nobody's business. */
  readonly knowSchedules: (names: readonly string[]) => Promise<ReadonlyMap<string, KnownSchedule>>
  /** These schedules are decided until `from` and no further: their later slots that never ran are gone, to be claimed anew. */
  readonly decideAnew: (names: readonly string[], from: string) => Promise<void>
  /** A pause made at run time; null: goes on. */
  readonly pauseSchedule: (name: string, pause: Pause | null) => Promise<void>
  /** Schedule → its pause. */
  readonly pauses: () => Promise<ReadonlyMap<string, Pause>>
  /** Slots with their jobs, each once, all in one transaction. false: somebody has it. */
  readonly claimSlots: (claims: readonly SlotClaim[]) => Promise<readonly boolean[]>
  /** Newest instant first. `upTo`: none later than that. `limit`: `usualLimit` where it is not said. */
  readonly slots: (filter: {
    readonly schedule?: string
    readonly upTo?: string
    readonly limit?: number
  }) => Promise<readonly StoredSlot[]>
  /** Another text after any change of schedules, slots or jobs, whoever made it. Cheap: asked twice a second. */
  readonly revision: () => Promise<string>
  /** All that is open is shown to `choose`; what it decides is written in the same transaction. */
  readonly takeJob: (choose: (open: readonly Job[]) => JobChoice, as: 'running' | 'dispatched') => Promise<Job | null>
  /** The job that was dispatched, now running here. null: it was dispatched again since, or has begun or ended elsewhere. */
  readonly beginJob: (job: JobTicket) => Promise<Job | null>
  readonly noteRun: (job: JobTicket, runId: string) => Promise<void>
  /** `queued` with a later `notBefore` is another attempt, unless it says that it is not. false: the job was given to somebody else meanwhile, and stays theirs. */
  readonly endJob: (job: JobTicket, end: JobEnd) => Promise<boolean>
  /** This process lives. One that is silent for longer than the store's `silentMs` has lost its jobs. */
  readonly beat: () => Promise<void>
  /** null: the store is a file beside the project, and nobody empties it. */
  readonly memory: SlotMemory | null
}

/** What a store needs from its daemons to survive being emptied (FLUSHALL, a restart without its disk) or put back (an older snapshot, a failover). */
export type SlotMemory = {
  /** Begins a life where there is none. Another `id` than the last time: the store was emptied in between. */
  readonly life: () => Promise<{ readonly id: string; readonly ageMs: number }>
  /** true: it was seen, here or by whoever knew this revision, as it had been earlier in its life, or, here, in another one; until the next `restore`. */
  readonly wentBack: (known: string | null, now: string) => boolean
  /** Everything that changed after `revision` (null: everything of the last two days, and all schedules). */
  readonly changes: (revision: string | null) => Promise<SlotChanges>
  /** Adds what is missing and raises what is behind. Nothing goes back, whoever calls it and however often. */
  readonly restore: (remembered: Omit<SlotChanges, 'revision'>) => Promise<void>
}

export type SlotChanges = {
  readonly revision: string
  readonly schedules: ReadonlyMap<string, KnownSchedule>
  readonly slots: readonly StoredSlot[]
}

export type KnownSchedule = {
  /** ISO. */
  readonly since: string
  /** The newest instant that was claimed, or `since`, or from where it is decided anew. */
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
  /** The higher one goes first, whichever slot it is of. 0 is the ordinary. */
  readonly priority: number
}

export type JobKey = { readonly schedule: string; readonly instant: string; readonly sync: string }

/** Names one handing-out of a job: whoever comes with an older token is late. */
export type JobTicket = JobKey & { readonly token: number }

/** `dispatched`: in the queue, for any daemon to begin. */
export type JobState = 'queued' | 'dispatched' | 'running' | 'ok' | 'partial' | 'failed' | 'stopped' | 'skipped'

export type Job = NewJob &
  JobTicket & {
    readonly state: JobState
    /** Of the attempt that runs, or will. 1 is the first. */
    readonly attempt: number
    readonly runId: string | null
    readonly reason: string | null
    /** ISO: when it was dispatched or begun. */
    readonly takenAt: string | null
    /** The daemon that runs it. */
    readonly owner: ProcessId | null
    /** false: it is running, and its daemon is dead or silent. */
    readonly alive: boolean
    /** Its slot had been missed, and is made up for: said of a slot that runs, a reason says nothing else. */
    readonly caughtUp: boolean
  }

export type JobChoice = {
  readonly take: Job | null
  readonly skip: readonly { readonly job: Job; readonly reason: string }[]
  /** Dispatched jobs that the queue forgot, and such as nobody works on: they wait again. One that had begun counts as an attempt. */
  readonly again: readonly Job[]
  /** Jobs of dead daemons: how each ends. */
  readonly died?: readonly { readonly job: Job; readonly end: JobEnd }[]
}

export type JobEnd = {
  readonly state: Exclude<JobState, 'running' | 'dispatched'>
  readonly reason: string | null
  readonly notBefore?: string
  /** `queued`: it goes on, and what ended it was not its doing. @default another attempt */
  readonly sameAttempt?: boolean
}

/** The attempt that a job has behind its end. */
export const attemptAfter = (attempt: number, { state, sameAttempt = false }: JobEnd): number =>
  attempt + (state === 'queued' && !sameAttempt ? 1 : 0)

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

/** So many of a schedule are looked at to say what follows it. */
export const usualLimit = 100
