/**
 * What a run would do, as frozen data: `sync plan` renders it, `--json` prints it as it stands, and the guards and the
 * renderer read the same numbers. Names are those of the ledger. Nothing in here was written anywhere.
 */
import type { FieldValue, Operation } from './change.ts'
import type { SchemaChange } from './table.ts'

export type SyncPlan = EtlPlan | ReversePlan

export type EtlPlan = {
  readonly kind: 'etl'
  readonly sync: string
  readonly streams: readonly StreamPlan[]
  /** What a run asks beside its streams, as the plan itself had to: signing in, descriptions. */
  readonly requests_besides: number
  /** What the connection warned of while it was asked, a sentence each. */
  readonly warnings: readonly string[]
}

export type StreamPlan = {
  readonly name: string
  /** `schema.table` in the warehouse. */
  readonly table: string
  readonly mode: 'merge' | 'append' | 'full_refresh' | 'replace_window' | 'scd2'
  /** The scan's bounds: ISO instants, `from` inclusive (null: from the beginning), `to` exclusive. */
  readonly from: string | null
  readonly to: string
  /** A pass over everything, whatever the watermark says. */
  readonly full: boolean
  /** Goes on with a scan that an earlier run left. */
  readonly resumed: boolean
  /** A scan by the same options has come to its end. A stream that is listed whole by every run has no `from` after it either. */
  readonly loaded_before: boolean
  /** What the vendor counts between the bounds. null: it cannot count, or was not asked (`--offline`). */
  readonly counted: number | null
  /** Of the pages, and of the count that a run makes, too. */
  readonly requests_estimate: number | null
  /** What is due beside its scan. */
  readonly passes: readonly PlannedPass[]
  readonly schema_changes: readonly SchemaChange[]
  /** What stands in the table by other options than the sync has now, a sentence each. */
  readonly warnings: readonly string[]
}

/** Over all rows, of their keys (`reconcile`) or of what the vendor calculates (`formulas`). Counts as those of a stream. */
export type PlannedPass = {
  readonly name: 'reconcile' | 'formulas'
  readonly counted: number | null
  readonly requests_estimate: number | null
}

export type ReversePlan = {
  readonly kind: 'reverse_etl'
  readonly sync: string
  /** Connection name. */
  readonly destination: string
  readonly object: string
  readonly model_rows: number
  /** Rows of the snapshot that the destination has accepted. */
  readonly accepted_before: number
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly retry: number
  readonly unchanged: number
  readonly coalesced: number
  readonly invalid: number
  readonly filtered: number
  /** Rows with a value that cannot be sent. What the destination will refuse, nobody knows. */
  readonly rejected: number
  /** Rows that wait: for a lookup, or with nothing but what is withheld. */
  readonly held_back: number
  /** Rows that differ, and of which the destination is told nothing: who left the model by `on_removed: ignore`, what an insert has made. */
  readonly ignored: number
  /** Rows that were refused with the value they still have, and are not tried again. */
  readonly parked: number
  /** Rows that turn to opted out: they go before all others. */
  readonly opt_outs_first: number
  /** Rows that go without an opt-in field that may not go. */
  readonly withheld: number
  readonly on_removed: 'ignore' | 'clear' | 'set' | 'delete'
  /** The first rows that differ, in key order; masked where a column is tagged `pii`. */
  readonly samples: readonly PlannedChange[]
  readonly guards: readonly GuardCheck[]
  /** What a run would warn of, a sentence each. */
  readonly warnings: readonly string[]
  /** Why a run would stop before it sends anything, apart from the guards. null: it would not. */
  readonly stops: { readonly code: string; readonly message: string } | null
  /** One sentence each: a view that would be made, a snapshot that gets a column. */
  readonly schema_changes: readonly string[]
  /** Of the writes. */
  readonly requests_estimate: number | null
  /** What a run asks before it writes, as the plan itself had to: signing in, descriptions. */
  readonly requests_besides: number
  readonly seconds_estimate: number | null
  /** false: the target only plans (promise 12). */
  readonly may_deliver: boolean
}

export type PlannedChange = {
  readonly key: string
  readonly op: Operation
  /** Which of the plan's counts it is in. */
  readonly difference: 'added' | 'changed' | 'removed' | 'retry'
  readonly fields: readonly FieldChange[]
}

/** `from` is left out where the destination's value is not known: a row to add, or a newly mapped column. */
export type FieldChange = {
  readonly field: string
  readonly from?: FieldValue
  readonly to: FieldValue
  /** Goes only where the destination's field is empty (`set_if_empty`). */
  readonly if_empty?: true
}

export type GuardCheck = {
  readonly name: 'max_added' | 'max_changed' | 'max_removed' | 'max_shrink' | 'on_empty'
  /** In the unit of `limit`; rows where that is a part of what was accepted, and nothing was. */
  readonly value: Amount
  readonly limit: Amount
  readonly ok: boolean
  /** The flag that allows it for one run: `--max-changed 70%`. null where it is ok. */
  readonly override: string | null
}

/** Rows, or a part of the snapshot (0.05 is 5 %). */
export type Amount = { readonly rows: number } | { readonly fraction: number }
