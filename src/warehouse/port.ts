/**
 * The warehouse, as the pipelines see it. All work happens inside `session`: short, queued fairly, one at a time per DuckDB
 * file, and never while a vendor is being called. In here: tables, views, fenced commits, diffs. Not in here: what a vendor
 * is, when to run, what to send. SQL text of a dialect stays in the adapter.
 */
import type { Asked, Cursor } from '../model/cursor.ts'
import type { ReverseLedger } from '../model/ledger.ts'
import type { Json } from '../model/json.ts'
import type { ParquetStyle } from '../model/parquet-style.ts'
import type { RunRecord } from '../model/run.ts'
import type { RunCost } from '../model/run-cost.ts'
import type { Column, SchemaChange, Table } from '../model/table.ts'
import type { TextRow } from '../model/text-row.ts'
import type { CostRequest } from './cost-request.ts'
import type { DecimalView } from './decimal-view.ts'
import type { FieldHistoryView } from './field-history.ts'
import type { LookupJoin } from './lookup-join.ts'
import type { Candidate, DiffCounts, DiffRequest, SnapshotColumn } from './model-diff.ts'
import type { RecordHistoryView } from './record-history.ts'
import type { RejectRow } from './reject-row.ts'
import type { StateUpkeep } from './state-upkeep.ts'
import type { RowsOf, TableWrite, WriteCounts } from './table-write.ts'

export type { Candidate, DiffCounts, DiffRequest, SnapshotColumn, TextRow }

export type Warehouse = {
  readonly type: 'duckdb' | 'snowflake'
  /** Where it is, for messages. */
  readonly place: string
  readonly parquet: ParquetStyle
  readonly quote: (identifier: string) => string
  /** A model's query with what it looks up in others. */
  readonly joinLookups: (model: string, lookups: readonly LookupJoin[]) => string
  /** Opens, works, closes. Waits for its turn. @throws MillraceError MR-2001, MR-2002, MR-2004 */
  readonly session: <T>(request: SessionRequest, work: (session: Session) => Promise<T>) => Promise<T>
  /** What the statements of a run have cost, by itself, outside of any session; null where nobody counts. */
  readonly costOf: ((run: CostRequest) => Promise<RunCost>) | null
  /** Lets go of what sessions share. */
  readonly close: () => Promise<void>
}

export type SessionRequest = {
  readonly runId: string
  /** For whoever waits behind it: `commit charges`. */
  readonly purpose: string
  readonly signal?: AbortSignal
  /** This process has other work meanwhile: one core has to do. @default false */
  readonly isAside?: boolean
  /** Everything is rolled back at the end: what `sync plan` looks at leaves no trace. @default false */
  readonly rehearsal?: boolean
}

export type Session = {
  /** A query in chunks, every cell as text or null. */
  readonly query: (sql: string) => AsyncIterable<readonly TextRow[]>
  /** Columns of a query, without running it. */
  readonly describe: (sql: string) => Promise<readonly Column[]>
  readonly introspect: (schema: string, name: string) => Promise<Table | null>
  /** Additive, idempotent DDL: creates, adds columns, widens. Commits by itself. */
  readonly ensureTable: (table: Table, policy: SchemaPolicy) => Promise<readonly SchemaChange[]>
  /** What `ensureTable` would do. */
  readonly planTable: (table: Table, policy: SchemaPolicy) => Promise<readonly SchemaChange[]>
  /** Creates or replaces the view where its SQL differs. */
  readonly ensureView: (schema: string, name: string, sql: string) => Promise<void>
  readonly ensureFieldHistory: (view: FieldHistoryView) => Promise<void>
  /** Over the view that `ensureFieldHistory` makes. */
  readonly ensureRecordHistory: (view: RecordHistoryView) => Promise<void>
  readonly ensureDecimals: (view: DecimalView) => Promise<void>
  readonly state: StateTables
  readonly etl: EtlSession
  readonly reverse: ReverseSession
  readonly upkeep: StateUpkeep
}

export type SchemaPolicy = 'evolve' | 'freeze' | 'ignore'

// ---------------------------------------------------------------- state

/** What one fence row guards. */
export type Scope = { readonly sync: string; readonly stream: string; readonly partition: string }

/** The right to commit for a scope, until somebody takes it over. */
export type Fence = Scope & { readonly epoch: number; readonly runId: string }

/** `previous`: who had it before. */
export type TakenFence = Fence & { readonly previous: { readonly runId: string; readonly epoch: number } | null }

export type StateTables = {
  /**
   * Raises the epoch of the scope; makes its row under the seeded row's lock if there is none. Of a scope whose cursor a newer
   * millrace has written, nobody loses a fence. @throws MillraceError MR-2007
   */
  readonly takeFence: (scope: Scope, runId: string) => Promise<TakenFence>
  /** Of scopes of one sync, in one transaction; what else a scope carries comes back with its fence. */
  readonly takeFences: <S extends Scope>(scopes: readonly S[], runId: string) => Promise<readonly (S & TakenFence)[]>
  readonly readFence: (scope: Scope) => Promise<{ readonly epoch: number; readonly runId: string } | null>
  /** @throws MillraceError MR-2007 */
  readonly readCursor: (scope: Scope) => Promise<Cursor>
  /** @throws MillraceError MR-2007 */
  readonly readCursors: (
    sync: string,
  ) => Promise<readonly (Scope & { readonly cursor: Cursor; readonly updatedBy: string; readonly updatedAt: string })[]>
  /** What the scopes of a stream were asked for, each once, the live one first. @throws MillraceError MR-2007 */
  readonly readAsked: (sync: string, stream: string) => Promise<readonly Asked[]>
  /** Those that have a cursor, whatever it says. */
  readonly readStreams: (sync: string) => Promise<readonly string[]>
  /** Was this commit made? For a COMMIT whose answer was lost. */
  readonly hasCommit: (runId: string, stream: string, sequence: number) => Promise<boolean>
  readonly writeRun: (run: RunRecord) => Promise<void>
  readonly readRuns: (filter: {
    readonly sync?: string
    readonly runId?: string
    readonly limit: number
    /** Loads that came to their end alone: without backfills and runs with `--limit`, which say nothing of how fresh a sync is. @default false */
    readonly loads?: boolean
  }) => Promise<readonly RunRecord[]>
  readonly readRejects: (filter: { readonly sync: string; readonly limit: number }) => Promise<readonly RejectRow[]>
  readonly countOpenRejects: (sync: string) => Promise<number>
  /**
   * Forgets what was read of a stream beside its live scan: parts of a backfill, passes over some columns. Where nothing was read live, what
   * is known of its table goes, too.
   */
  readonly forgetPartitions: (sync: string, stream: string) => Promise<void>
  /** Forgets a scan that is under way, with its scope. */
  readonly forgetScan: (scope: Scope) => Promise<void>
  /** Forgets cursor (and, for reverse ETL, snapshot, intents, rejects) of a sync. */
  readonly reset: (sync: string, stream: string | null) => Promise<void>
}

// ---------------------------------------------------------------- ETL

export type EtlSession = {
  /** One fenced transaction: every write, the cursor, the ledger, the rejects. @throws MillraceError MR-2005, MR-2006, MR-4105 */
  readonly commit: (commit: EtlCommit) => Promise<readonly WriteCounts[]>
  /** Is all there that this scan has committed to its generation, in these columns? Else it cannot be gone on with. */
  readonly holdsGeneration: (request: {
    readonly sync: string
    readonly table: Table
    readonly scanId: string
  }) => Promise<boolean>
  /** Has a live row of this table, as it stands, a later version than this column says? Where it has no such column: is there one? */
  readonly holdsOtherVersions: (request: { readonly table: Table; readonly column: string }) => Promise<boolean>
  /** Has this table, as it stands, rows of others, whether they are deleted or not? */
  readonly holdsRowsBeside: (request: { readonly table: Table; readonly of: RowsOf }) => Promise<boolean>
}

export type EtlCommit = {
  readonly fence: Fence
  readonly sequence: number
  readonly writes: readonly TableWrite[]
  /** null: the cursor stays. */
  readonly cursor: { readonly cursor: Cursor; readonly connector: string; readonly version: number } | null
}

// ---------------------------------------------------------------- reverse ETL

export type SnapshotMeta = {
  readonly account: string
  readonly connection: string
  readonly object: string
  readonly options: string
  readonly mappingVersion: string
  readonly encoderVersion: number
}

export type ReverseSession = {
  readonly readMeta: (sync: string) => Promise<SnapshotMeta | null>
  /** Does the snapshot's table stand? */
  readonly hasSnapshot: (sync: string) => Promise<boolean>
  /** Makes or widens the snapshot's table. */
  readonly ensureSnapshot: (sync: string, columns: readonly SnapshotColumn[]) => Promise<void>
  /** Forgets its rows and whose it is, fenced; where its table stands, it stays. */
  readonly emptySnapshot: (fence: Fence) => Promise<void>
  /** Compares model and snapshot; the result stays in the session for `candidates`. */
  readonly diff: (request: DiffRequest) => Promise<DiffCounts>
  /** Opt-outs first, then in key order. Only after `diff`. */
  readonly candidates: () => AsyncIterable<readonly Candidate[]>
  /** Commits the intents of a file of `{"key","op"}` lines, fenced, with the snapshot's meta row. */
  readonly openIntents: (request: {
    readonly fence: Fence
    readonly path: string | null
    readonly meta: SnapshotMeta
  }) => Promise<void>
  /** Commits what the destination said, fenced. */
  readonly acknowledge: (request: Acknowledgement) => Promise<void>
  /**
   * Inserts the intents that are missing, though the fence may be another's by now (promise 5). Gives how many; null, and inserts none, where the
   * sync's state was forgotten or moved since, or is of another destination. Once another has the fence, only of what it has answered for or has open.
   * Those of other runs stay open whatever is acknowledged, until another run takes them over.
   */
  readonly reopenIntents: (request: {
    readonly fence: Fence
    /** To which they were sent. @default not known, as of what an older version left */
    readonly account?: string | undefined
    readonly keys: readonly { readonly key: string; readonly op: string }[]
    /** What the run's `changes` say of them is not known either. @default they stay */
    readonly takenBack?: true
  }) => Promise<number | null>
  readonly countIntents: (sync: string) => Promise<number>
  /** With the fence just taken: intents of runs that crossed are this run's, and what it is told of them closes them. Gives how many are open. */
  readonly takeIntentsOver: (fence: Fence) => Promise<number>
  /** Writes the id of a vendor's job on the open intents of a file of `{"key"}` lines, fenced. */
  readonly saveReceipt: (request: {
    readonly fence: Fence
    readonly path: string
    readonly receipt: Json
  }) => Promise<void>
  /** Jobs whose rows are still intended, and by which run. */
  readonly readReceipts: (sync: string) => Promise<readonly { readonly runId: string; readonly receipt: Json }[]>
  /** The job is over; its intents stay open. */
  readonly clearReceipt: (request: { readonly sync: string; readonly receipt: Json }) => Promise<void>
}

export type Acknowledgement = {
  readonly fence: Fence
  readonly sequence: number
  readonly columns: readonly SnapshotColumn[]
  readonly mappingVersion: string
  /** One `Answer` a line. */
  readonly path: string
  readonly ledger: Partial<ReverseLedger>
}

/** What became of one key, as a line of the acknowledgement file. */
export type Answer = {
  readonly key: string
  readonly op: string
  /** `baseline` writes the snapshot without an answer (promise 4); `unknown` only stands in the changes: its intent stays. */
  readonly status:
    | 'delivered'
    | 'parked'
    | 'rejected'
    | 'absent'
    | 'ignored'
    | 'coalesced'
    | 'held_back'
    | 'baseline'
    | 'settled'
    | 'unknown'
  /** The state of the snapshot's row after it; null: the snapshot is not touched. */
  readonly state: 'accepted' | 'removed' | 'ignored' | null
  readonly hash: string | null
  /** Snapshot values in the order of `columns`, as text. */
  readonly values: readonly (string | null)[] | null
  /** field → [old, new], for `_millrace.changes`; null: no row there. */
  readonly fields: string | null
  readonly code: string | null
  readonly message: string | null
  readonly retryable: boolean
  readonly attempts: number
  readonly sent_at: string | null
  /** What was sent, for the count of refusals of one value; null: nothing is counted. @default null */
  readonly value?: string | null
  /** Final refusals of this very value, this one among them. */
  readonly refusals?: number
  /** An earlier attempt has no answer: a refusal of this one does not close its intent. @default false */
  readonly unanswered?: boolean
}
