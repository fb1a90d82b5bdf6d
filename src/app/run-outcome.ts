/** What a pipeline hands back to the record of its run. */
import type { MillraceError } from '../model/millrace-error.ts'
import type { RunRecord, RunStatus, StreamReport } from '../model/run.ts'
import type { App } from './app.ts'
import type { RunOptions } from './run-options.ts'

/** One run at work; `requests` is filled in by whoever had the connection. */
export type Work = { readonly app: App; readonly options: RunOptions; readonly runId: string; requests: number }

export type Outcome = {
  readonly status: RunStatus
  readonly ledger: RunRecord['ledger']
  readonly streams?: { readonly [stream: string]: StreamReport }
  readonly errors: readonly MillraceError[]
}

/** A run of several streams fails where any of them does; a guard alone stops it. */
export function statusOf(errors: readonly MillraceError[]): RunStatus {
  const exits = errors.map((error) => error.exitCode)
  if (exits.some((exit) => exit !== 4 && exit !== 5)) return 'failed'
  if (!exits.includes(4)) return 'partial'
  return errors.some((error) => error.code === 'MR-4001' || error.code === 'MR-4002') ? 'not_run' : 'stopped'
}
