/** Runs and events that several render tests look at. */
import type { EngineEvent } from '../../src/model/event.ts'
import { emptyEtlLedger, emptyReverseLedger } from '../../src/model/ledger.ts'
import type { RunRecord } from '../../src/model/run.ts'

export const etlRun: RunRecord = {
  run_id: 'r1',
  sync: 'salesforce',
  kind: 'etl',
  status: 'ok',
  target: 'sandbox',
  trigger: 'cli',
  slot: null,
  requests: 118,
  seconds: 9.8,
  started_at: '2026-11-21T09:55:00.000Z',
  finished_at: '2026-11-21T09:55:09.800Z',
  commit: null,
  ledger: { ...emptyEtlLedger, read: 24_118, inserted: 24_000, updated: 100, deleted: 18, loaded: 24_118 },
}

export const reverseRun: RunRecord = {
  ...etlRun,
  run_id: 'r2',
  sync: 'customerio_people',
  kind: 'reverse_etl',
  status: 'partial',
  requests: 6,
  seconds: 1.2,
  started_at: '2026-11-21T09:55:10.000Z',
  ledger: {
    ...emptyReverseLedger,
    model_rows: 48_112,
    added: 131,
    changed: 412,
    unchanged: 47_569,
    delivered: 540,
    rejected: 3,
    withheld: 1,
  },
}

export const etlEvents: readonly EngineEvent[] = [
  { type: 'run.started', run: { ...etlRun, status: 'running' } },
  {
    type: 'stream.started',
    run_id: 'r1',
    stream: 'Account',
    scan: '8f2c',
    from: null,
    to: '2026-11-21T09:55:00Z',
    resumed: false,
  },
  { type: 'stream.counted', run_id: 'r1', stream: 'Account', count: 12_408 },
  {
    type: 'schema.changed',
    run_id: 'r1',
    stream: 'Account',
    change: { kind: 'column_added', table: 'salesforce.account', column: 'region', type: 'string' },
  },
  { type: 'request.sent', run_id: 'r1', connection: 'salesforce', label: 'GET /query' },
  { type: 'batch.extracted', run_id: 'r1', stream: 'Account', rows: 6_204 },
]

export const etlEnd: readonly EngineEvent[] = [
  { type: 'batch.extracted', run_id: 'r1', stream: 'Account', rows: 6_204 },
  { type: 'cursor.committed', run_id: 'r1', stream: 'Account', sequence: 1, loaded: 12_408, done: true },
  { type: 'run.finished', run: etlRun },
]
