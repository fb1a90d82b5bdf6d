import type { EtlLedger, ReverseLedger } from './ledger.ts'

export type RunKind = 'etl' | 'reverse_etl'

/** `stopped`: a guard or a missing permission; `not_run`: locked, paused or not allowed to begin. */
export type RunStatus = 'running' | 'ok' | 'partial' | 'failed' | 'stopped' | 'not_run'

/** One execution of one sync, as `_millrace.runs`, the control store and `--json` show it. */
export type RunRecord = {
  readonly run_id: string
  readonly sync: string
  readonly kind: RunKind
  readonly status: RunStatus
  readonly target: string
  readonly trigger: 'cli' | 'schedule' | 'backfill'
  readonly slot: string | null
  /** What of the sync a backfill's run reads: the stream and its range. */
  readonly partition?: string
  /** `--limit`: so many rows at most were to be read of a stream, or sent. */
  readonly limited_to?: number
  readonly requests: number
  readonly seconds: number
  /** The longest single wait for a place at the connection, the lease or the warehouse file; 0: none. Not in `_millrace.runs`. */
  readonly longest_wait_seconds?: number
  readonly started_at: string
  readonly finished_at: string | null
  readonly commit: string | null
  readonly ledger: (EtlLedger & { readonly loaded: number }) | ReverseLedger | null
  /** ETL: the ledger of each stream, with what the vendor counted where it can count. */
  readonly streams?: { readonly [stream: string]: StreamReport }
  /** `retry_after_seconds`: the vendor asked not to come back sooner. */
  readonly error?: { readonly code: string; readonly message: string; readonly retry_after_seconds?: number }
}

export const hasDelivered = ({ ledger }: Pick<RunRecord, 'ledger'>): boolean =>
  ledger !== null && 'delivered' in ledger && ledger.delivered > 0

export type StreamReport = EtlLedger & {
  readonly loaded: number
  /** Rows that the vendor counts under the scan's upper bound, deletes included. null: it cannot count. */
  readonly counted: number | null
}
