/** Fences, cursors, commits, runs and rejects in `_millrace`. */
import type { Engine } from './engine.ts'
import { emptyCursor } from '../../model/cursor.ts'
import type { RunRecord } from '../../model/run.ts'
import type { StateTables, TextRow } from '../port.ts'
import type { RejectRow } from '../reject-row.ts'
import { hasCommit } from './commits.ts'
import { countIn } from './count-in.ts'
import { askedIn, cursorOf } from './cursor-row.ts'
import { scopeIs, streamIs } from './fence.ts'
import { readAsked } from './read-asked.ts'
import { replaceRow } from './replace-row.ts'
import { resetState } from './reset-state.ts'
import { isUnsettled } from './state-schema.ts'
import { raiseEpochs } from './take-fences.ts'

export function stateTablesOf(db: Engine): StateTables {
  const readFence: StateTables['readFence'] = async (scope) => {
    const [row] = await db.rows(`SELECT epoch, owner FROM _millrace.fences WHERE ${scopeIs(db, scope)}`)
    return row ? { epoch: Number(row['epoch']), runId: row['owner'] ?? '' } : null
  }
  return {
    readFence,
    takeFence: async (scope, runId) => ({ ...scope, ...(await raiseEpochs(db, [scope], runId))(scope) }),
    takeFences: async (scopes, runId) => {
      const raised = await raiseEpochs(db, scopes, runId)
      return scopes.map((scope) => ({ ...scope, ...raised(scope) }))
    },
    readCursor: async (scope) => {
      const [row] = await db.rows(
        `SELECT c.watermark, c.scan, c.marks, c.cursor_version, l.last_commit ` +
          `FROM (SELECT max(${db.jsonMember('marks', 'committed_at')}) AS last_commit FROM _millrace.cursors WHERE ${streamIs(db, scope)}) l ` +
          `LEFT JOIN (SELECT watermark, scan, marks, cursor_version FROM _millrace.cursors WHERE ${scopeIs(db, scope)}) c ON true`,
      )
      return row ? cursorOf(row, scope) : emptyCursor
    },
    readCursors: async (sync) => {
      const rows = await db.rows(
        `SELECT * FROM _millrace.cursors WHERE sync = ${db.text(sync)} ORDER BY stream, ${db.quote('partition')}`,
      )
      return rows.map((row) => {
        const stream = row['stream'] ?? ''
        return {
          sync,
          stream,
          partition: row['partition'] ?? '',
          cursor: cursorOf(row, { sync, stream }),
          updatedBy: row['updated_by'] ?? '',
          updatedAt: row['updated_at'] ?? '',
        }
      })
    },
    readAsked: async (sync, stream) => {
      const rows = await readAsked(db, streamIs(db, { sync, stream }))
      return rows.map(({ json }) => askedIn(json, { sync, stream }))
    },
    readStreams: async (sync) => {
      const rows = await db.rows(
        `SELECT DISTINCT stream FROM _millrace.cursors WHERE sync = ${db.text(sync)} ORDER BY stream`,
      )
      return rows.map((row) => row['stream'] ?? '')
    },
    hasCommit: (runId, stream, sequence) => hasCommit(db, { runId, stream, sequence }),
    writeRun: (run) => writeRun(db, run),
    readRuns: async ({ sync, runId, limit, loads }) => {
      const where = [
        sync && `sync = ${db.text(sync)}`,
        runId && `run_id = ${db.text(runId)}`,
        loads &&
          `status IN ('ok', 'partial') AND ${db.quote('trigger')} IS DISTINCT FROM 'backfill' AND limited_to IS NULL`,
      ]
        .filter(Boolean)
        .join(' AND ')
      const rows = await db.rows(
        `SELECT * FROM _millrace.runs ${where ? `WHERE ${where}` : ''} ORDER BY started_at DESC, run_id LIMIT ${limit}`,
      )
      return rows.map(runOf)
    },
    readRejects: async ({ sync, limit }) => {
      const rows = await db.rows(
        `SELECT * FROM _millrace.rejects WHERE sync = ${db.text(sync)} AND state <> 'settled' ORDER BY stream, code, key LIMIT ${limit}`,
      )
      return rows.map(rejectOf)
    },
    countOpenRejects: (sync) => countIn(db, `_millrace.rejects WHERE sync = ${db.text(sync)} AND ${isUnsettled}`),
    forgetPartitions: async (sync, stream) => {
      await db.run(
        `DELETE FROM _millrace.cursors WHERE ${streamIs(db, { sync, stream })} ` +
          `AND (${db.quote('partition')} <> '' OR (watermark IS NULL AND scan IS NULL))`,
      )
    },
    forgetScan: async (scope) => {
      await db.run(`DELETE FROM _millrace.cursors WHERE ${scopeIs(db, scope)} AND scan IS NOT NULL`)
    },
    reset: (sync, stream) => resetState(db, sync, stream),
  }
}

async function writeRun(db: Engine, run: RunRecord): Promise<void> {
  const json = (value: unknown) =>
    value === null || value === undefined ? 'NULL' : db.json(db.text(JSON.stringify(value)))
  const instant = (iso: string | null) => (iso === null ? 'NULL' : db.instant(iso))
  await replaceRow(db, 'runs', {
    key: { run_id: db.text(run.run_id) },
    cells: {
      sync: db.text(run.sync),
      kind: db.text(run.kind),
      status: db.text(run.status),
      slot: db.textOrNull(run.slot),
      trigger: db.text(run.trigger),
      ledger: json(run.ledger),
      streams: json(run.streams),
      limited_to: run.limited_to === undefined ? 'NULL' : String(run.limited_to),
      requests: String(run.requests),
      seconds: String(run.seconds),
      started_at: instant(run.started_at),
      finished_at: instant(run.finished_at),
      commit: db.textOrNull(run.commit),
      target: db.text(run.target),
      error: json(run.error),
    },
  })
}

function runOf(row: TextRow): RunRecord {
  const json = (name: string) => {
    const text = row[name]
    return text ? (JSON.parse(text) as never) : null // what writeRun wrote
  }
  const iso = (name: string) => {
    const text = row[name]
    return text ? new Date(`${text.replace(' ', 'T')}Z`).toISOString() : null
  }
  return {
    run_id: row['run_id'] ?? '',
    sync: row['sync'] ?? '',
    kind: row['kind'] === 'etl' ? 'etl' : 'reverse_etl',
    status: statusOf(row['status']),
    slot: row['slot'] ?? null,
    trigger: row['trigger'] === 'schedule' ? 'schedule' : row['trigger'] === 'backfill' ? 'backfill' : 'cli',
    ledger: json('ledger'),
    ...(row['streams'] ? { streams: json('streams') ?? {} } : {}),
    ...(row['limited_to'] ? { limited_to: Number(row['limited_to']) } : {}),
    requests: Number(row['requests']),
    seconds: Number(row['seconds']),
    started_at: iso('started_at') ?? '',
    finished_at: iso('finished_at'),
    commit: row['commit'] ?? null,
    target: row['target'] ?? '',
    ...(row['error'] ? { error: json('error') ?? undefined } : {}),
  }
}

const statuses = ['running', 'ok', 'partial', 'failed', 'stopped', 'not_run'] as const

const statusOf = (text: string | null | undefined) => statuses.find((status) => status === text) ?? 'failed'

function rejectOf(row: TextRow): RejectRow {
  return {
    run_id: row['run_id'] ?? '',
    sync: row['sync'] ?? '',
    stream: row['stream'] ?? '',
    key: row['key'] ?? '',
    code: row['code'] ?? '',
    message: row['message'] ?? '',
    retryable: row['retryable'] === 'true',
    attempts: Number(row['attempts']),
    first_at: row['first_at'] ?? '',
    last_at: row['last_at'] ?? '',
    row: row['row'] ?? null,
    state: row['state'] === 'parked' ? 'parked' : row['state'] === 'settled' ? 'settled' : 'open',
  }
}
