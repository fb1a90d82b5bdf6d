import type { RunRecord } from '../../src/model/run.ts'

/** A run of `stripe` to the sandbox that is on. */
export const aRun = (runId: string, over: Partial<RunRecord> = {}): RunRecord => ({
  run_id: runId,
  sync: 'stripe',
  kind: 'etl',
  status: 'running',
  target: 'sandbox',
  trigger: 'cli',
  slot: null,
  requests: 0,
  seconds: 0,
  started_at: '2026-11-21T09:00:00Z',
  finished_at: null,
  commit: null,
  ledger: null,
  ...over,
})
