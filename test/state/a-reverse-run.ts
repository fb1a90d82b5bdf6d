import { emptyReverseLedger } from '../../src/model/ledger.ts'
import type { RunRecord } from '../../src/model/run.ts'

/** A run of `people` to `prod` that ended well. */
export const aReverseRun = (
  runId: string,
  { delivered, ...rest }: Partial<RunRecord> & { readonly delivered: number },
): RunRecord => ({
  run_id: runId,
  sync: 'people',
  kind: 'reverse_etl',
  status: 'ok',
  target: 'prod',
  trigger: 'cli',
  slot: null,
  requests: 0,
  seconds: 0,
  started_at: '2026-01-01T00:00:00Z',
  finished_at: null,
  commit: null,
  ledger: { ...emptyReverseLedger, delivered },
  ...rest,
})
