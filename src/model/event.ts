import type { RunRecord, StreamReport } from './run.ts'
import type { SchemaChange } from './table.ts'

/**
 * Everything the engine has to say while it works. It never prints: terminal, JSON, run log and control store listen.
 * Row values never travel in events; keys and messages of rejects do, already masked.
 */
export type EngineEvent =
  | { readonly type: 'run.started'; readonly run: RunRecord }
  | { readonly type: 'run.takeover'; readonly run_id: string; readonly from_run: string; readonly message: string }
  | { readonly type: 'run.finished'; readonly run: RunRecord }
  /** Somebody asked it to stop. */
  | { readonly type: 'run.cancelled'; readonly run_id: string; readonly by: string }
  | { readonly type: 'run.warning'; readonly run_id: string; readonly message: string }
  | { readonly type: 'waiting'; readonly run_id: string; readonly for: string; readonly holder?: string }
  // ETL
  | {
      readonly type: 'stream.started'
      readonly run_id: string
      readonly stream: string
      readonly scan: string
      readonly from: string | null
      readonly to: string
      readonly resumed: boolean
    }
  | { readonly type: 'stream.counted'; readonly run_id: string; readonly stream: string; readonly count: number }
  | { readonly type: 'batch.extracted'; readonly run_id: string; readonly stream: string; readonly rows: number }
  | { readonly type: 'batch.spooled'; readonly run_id: string; readonly stream: string; readonly rows: number }
  | { readonly type: 'batch.staged'; readonly run_id: string; readonly stream: string; readonly rows: number }
  | { readonly type: 'commit.started'; readonly run_id: string; readonly stream: string; readonly sequence: number }
  | { readonly type: 'schema.changed'; readonly run_id: string; readonly stream: string; readonly change: SchemaChange }
  | {
      readonly type: 'cursor.committed'
      readonly run_id: string
      readonly stream: string
      readonly sequence: number
      readonly loaded: number
      readonly done: boolean
    }
  | {
      readonly type: 'stream.finished'
      readonly run_id: string
      readonly stream: string
      readonly report: StreamReport
    }
  // reverse ETL
  | {
      readonly type: 'diff.finished'
      readonly run_id: string
      readonly object: string
      readonly added: number
      readonly changed: number
      readonly removed: number
      readonly retry: number
      readonly unchanged: number
      readonly opt_outs: number
      readonly withheld: number
    }
  | { readonly type: 'intents.committed'; readonly run_id: string; readonly object: string; readonly rows: number }
  | { readonly type: 'batch.sent'; readonly run_id: string; readonly object: string; readonly rows: number }
  | {
      readonly type: 'batch.answered'
      readonly run_id: string
      readonly object: string
      readonly rows: number
      readonly delivered: number
      readonly rejected: number
    }
  /** A vendor's job holds these rows: its id is committed. */
  | { readonly type: 'receipt.saved'; readonly run_id: string; readonly object: string; readonly rows: number }
  | { readonly type: 'acknowledge.started'; readonly run_id: string; readonly object: string; readonly rows: number }
  | { readonly type: 'acknowledged'; readonly run_id: string; readonly object: string; readonly rows: number }
  // both
  | { readonly type: 'fence.taken'; readonly run_id: string; readonly scope: string; readonly epoch: number }
  | {
      readonly type: 'row.rejected'
      readonly run_id: string
      readonly where: string
      readonly key: string
      readonly code: string
      readonly message: string
    }
  /**
   * At the end of a delivery: how many rows were refused for one reason, parked ones as PARKED, with some of their keys. Past 200
   * reasons the others come last, together as OTHER.
   */
  | {
      readonly type: 'rows.rejected'
      readonly run_id: string
      readonly where: string
      readonly code: string
      /** The first one's words. */
      readonly message: string
      readonly rows: number
      readonly samples: readonly string[]
    }
  | { readonly type: 'request.sent'; readonly run_id: string; readonly connection: string; readonly label: string }
  | {
      readonly type: 'request.retried'
      readonly run_id: string
      readonly connection: string
      readonly label: string
      readonly attempt: number
      readonly wait_ms: number
      readonly reason: string
    }
  | { readonly type: 'rate.limited'; readonly run_id: string; readonly connection: string; readonly wait_ms: number }

export type Emit = (event: EngineEvent) => void
