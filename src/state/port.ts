/**
 * The control store: what is going on right now, on this machine or (on Redis) on many. In it: runs, slots, leases,
 * tickets for the warehouse file, events for `status`. Not in it: cursors, fences, snapshots, intents; they live in the
 * warehouse, beside the data. Losing the control store loses history of failures, never rows.
 */
import type { EngineEvent } from '../model/event.ts'
import type { RunRecord } from '../model/run.ts'
import type { SlotStore } from './slot-store.ts'

export type ControlStore = {
  readonly recordRun: (run: RunRecord) => Promise<void>
  readonly run: (runId: string) => Promise<StoredRun | null>
  /** Newest first. */
  readonly runs: (filter: RunFilter) => Promise<readonly StoredRun[]>
  /** Has a run that was recorded here delivered rows? Known for longer than its run is kept. */
  readonly hasDelivered: (delivery: Pick<RunRecord, 'sync' | 'target'>) => Promise<boolean>
  /**
   * Progress (`batch.*`, `request.sent`, `acknowledged` …) is not kept one by one: of each kind and stream or object the
   * store keeps one event with the rows added up, a little late. The rest is kept as it came, up to a cap.
   */
  readonly recordEvent: (runId: string, event: EngineEvent) => Promise<void>
  readonly events: (runId: string) => Promise<readonly EngineEvent[]>
  /** Drops the events that tell of a row with one of these keys; gives how many. `dryRun`: counts them only. */
  readonly eraseKey: (erasure: KeyErasure) => Promise<number>

  /**
   * Takes a lease, or says who holds it. A lease whose holder is dead on this machine (pid and start time) is taken over
   * at once; another one only `graceMs` after it ran out, as does, on Redis, one of this machine from before its restart.
   */
  readonly acquireLease: (request: LeaseRequest) => Promise<LeaseGrant>
  /** false: lost. Extends the lease by its ttl; with `graceMs`, that is its grace from here on. */
  readonly renewLease: (lease: Lease & { readonly graceMs?: number }) => Promise<boolean>
  /** Does this lease still hold? Cheap; asked before every request of a delivery. */
  readonly holdsLease: (lease: Lease) => Promise<boolean>
  readonly releaseLease: (lease: Lease) => Promise<void>

  /**
   * Joins the queue for a resource (the warehouse file, the places of a connection). First come, first served; tickets of
   * dead processes are skipped.
   */
  readonly takeTicket: (request: TicketRequest) => Promise<Ticket>
  /** null: it is this ticket's turn, since fewer live tickets than there are places stand before it; else the first of them. */
  readonly ticketBefore: (ticket: Ticket) => Promise<Holder | null>
  readonly returnTicket: (ticket: Ticket) => Promise<void>
  readonly close: () => Promise<void>
} & SlotStore

/** `syncs`: of their runs only; null: of all. */
export type KeyErasure = {
  readonly keys: readonly string[]
  readonly syncs: readonly string[] | null
  readonly dryRun: boolean
}

/** A process, so that a reused pid is not mistaken for it. */
export type ProcessId = { readonly host: string; readonly pid: number; readonly startedAt: string }

/** `alive`: it is running and its process lives. A run that is `running` and not alive ended without a word. */
export type StoredRun = RunRecord & { readonly process: ProcessId; readonly alive: boolean }

export type RunFilter = { readonly sync?: string; readonly limit?: number; readonly status?: RunRecord['status'] }

export type LeaseRequest = {
  readonly name: string
  readonly runId: string
  readonly ttlMs: number
  readonly graceMs: number
}

export type Lease = { readonly name: string; readonly runId: string; readonly token: number; readonly ttlMs: number }

export type Holder = { readonly runId: string; readonly process: ProcessId; readonly since: string }

export type LeaseGrant =
  /** `from`: whose lease was taken over, if it had not been given back. */
  | { readonly granted: true; readonly lease: Lease; readonly from: Holder | null }
  | { readonly granted: false; readonly holder: Holder; readonly retryAfterMs: number }

export type TicketRequest = {
  readonly resource: string
  readonly runId: string
  readonly purpose: string
  /** So many tickets have their turn at once. Whoever asks for the same resource says the same number. @default 1 */
  readonly places?: number
}

export type Ticket = { readonly id: number; readonly resource: string; readonly places: number }
