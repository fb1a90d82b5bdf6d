import { emptyReverseLedger } from '../../src/model/ledger.ts'
import type { RunRecord } from '../../src/model/run.ts'
import { aRun } from './a-run.ts'

/** A run of `people` to `prod` that ended well. */
export const aReverseRun = (
  runId: string,
  { delivered, ...rest }: Partial<RunRecord> & { readonly delivered: number },
): RunRecord =>
  aRun(runId, {
    sync: 'people',
    kind: 'reverse_etl',
    status: 'ok',
    target: 'prod',
    started_at: '2026-01-01T00:00:00Z',
    ledger: { ...emptyReverseLedger, delivered },
    ...rest,
  })
