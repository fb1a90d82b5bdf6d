/** Fences, cursors, commits, runs and rejects in `_millrace`. */
import type { Engine } from './engine.ts'
import { emptyCursor } from '../../model/cursor.ts'
import type { RunRecord } from '../../model/run.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Scope, StateTables, TakenFence, TextRow } from '../port.ts'
import type { RejectRow } from '../reject-row.ts'
import { hasCommit } from './commits.ts'
import { cursorOf, refuseNewerForm } from './cursor-row.ts'
import { dropGenerations } from './generation-table.ts'
import { snapshotTable, stateSchema } from './state-schema.ts'
import { fenceRowsWithForms, scopeCells, scopeIs } from './fence.ts'
import { replaceRow } from './replace-row.ts'

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
      const ofStream = `sync = ${db.text(scope.sync)} AND stream = ${db.text(scope.stream)}`
      const [row] = await db.rows(
        `SELECT c.watermark, c.scan, c.marks, c.cursor_version, l.last_commit ` +
          `FROM (SELECT max(${db.jsonMember('marks', 'committed_at')}) AS last_commit FROM _millrace.cursors WHERE ${ofStream}) l ` +
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
    countOpenRejects: async (sync) => {
      const [row] = await db.rows(
        `SELECT count(*) AS n FROM _millrace.rejects WHERE sync = ${db.text(sync)} AND state IN ('open', 'parked')`,
      )
      return Number(row?.['n'] ?? 0)
    },
    forgetPartitions: async (sync, stream) => {
      await db.run(
        `DELETE FROM _millrace.cursors WHERE sync = ${db.text(sync)} AND stream = ${db.text(stream)} AND ${db.quote('partition')} <> ''`,
      )
    },
    reset: (sync, stream) =>
      db.transaction(async () => {
        await lockSeededRow(db)
        const scope = `sync = ${db.text(sync)}${stream === null ? '' : ` AND stream = ${db.text(stream)}`}`
        await endFences(db, sync, 'reset', stream)
        await db.run(`DELETE FROM _millrace.cursors WHERE ${scope}`)
        await db.run(`DELETE FROM _millrace.rejects WHERE ${scope}`)
        if (stream !== null) return
        await dropGenerations(db, sync)
        await db.run(`DELETE FROM _millrace.intents WHERE sync = ${db.text(sync)}`)
        await db.run(`DELETE FROM _millrace.snapshots WHERE sync = ${db.text(sync)}`)
        const name = snapshotTable(sync)
        if (!(await db.tablesIn(stateSchema, name)).includes(name)) return
        // The table may go behind the COMMIT only: whoever dies between the two leaves nothing that a next run would believe.
        const table = db.relation(stateSchema, name)
        await db.run(`DELETE FROM ${table}`)
        await db.whenCommitted(`DROP TABLE IF EXISTS ${table}`)
      }),
  }
}

/** In one transaction, so that a run of many streams waits for one commit. Tells of each scope what it is now, and was before. */
async function raiseEpochs(
  db: Engine,
  scopes: readonly Scope[],
  runId: string,
): Promise<(scope: Scope) => Omit<TakenFence, keyof Scope>> {
  const before = new Map<string, { readonly epoch: number; readonly runId: string }>()
  await db.transaction(async () => {
    for (let at = 0; at < scopes.length; at += scopesAtOnce) {
      const some = scopes.slice(at, at + scopesAtOnce)
      const { touched, rows } = await db.lockAndLook({
        // A row that is not there locks nothing: who makes one holds the seeded row, which everybody can update.
        locks: [lockSeeded(db)],
        select: fenceRowsWithForms(db, some.map((scope) => scopeIs(db, scope)).join(' OR ')),
        change: raiseSql(db, some, runId),
      })
      if (touched === 0) throw notSeeded()
      for (const { stream, part, epoch, owner, form } of rows) {
        // Before anything is committed: whoever understands the cursor keeps the right to go on.
        refuseNewerForm(form, { sync: some[0]?.sync ?? '', stream })
        before.set(JSON.stringify([stream, part]), { epoch, runId: owner })
      }
    }
  })
  return ({ stream, partition }) => {
    const previous = before.get(JSON.stringify([stream, partition])) ?? null
    return { epoch: (previous?.epoch ?? 0) + 1, runId, previous }
  }
}

function raiseSql(db: Engine, scopes: readonly Scope[], runId: string): string {
  const mine = scopes.map((scope) => {
    const cells = { ...scopeCells(db, scope), owner: db.text(runId), taken_at: db.now }
    return `SELECT ${Object.entries(cells)
      .map(([name, value]) => `${value} AS ${db.quote(name)}`)
      .join(', ')}`
  })
  const key = ['sync', 'stream', 'partition'].map(db.quote)
  const names = [...key, ...['owner', 'taken_at'].map(db.quote)]
  return (
    `MERGE INTO _millrace.fences AS t USING (${mine.join(' UNION ALL ')}) AS m ` +
    `ON ${key.map((name) => `t.${name} = m.${name}`).join(' AND ')} ` +
    `WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at ` +
    `WHEN NOT MATCHED THEN INSERT (epoch, ${names.join(', ')}) VALUES (1, ${names.map((name) => `m.${name}`).join(', ')})`
  )
}

/** In one statement. */
const scopesAtOnce = 100

/** Whoever is still at it loses the right to commit. */
export async function endFences(db: Engine, sync: string, owner: string, stream: string | null = null): Promise<void> {
  await db.run(
    `UPDATE _millrace.fences SET epoch = epoch + 1, owner = ${db.text(owner)} WHERE sync = ${db.text(sync)}` +
      (stream === null ? '' : ` AND stream = ${db.text(stream)}`),
  )
}

export async function lockSeededRow(db: Engine): Promise<void> {
  const seeded = await db.run(lockSeeded(db))
  if (seeded.rowsChanged === 0) throw notSeeded()
}

const lockSeeded = (db: Engine): string =>
  `UPDATE _millrace.fences SET taken_at = ${db.now} WHERE sync = '' AND stream = ''`

/** Two runners that begin an empty database at once may both have seeded it: rows that are updated together are one lock. */
const notSeeded = () =>
  new MillraceError('MR-2001', {
    message: '_millrace.fences holds no seeded row any more: somebody has edited it.',
    next: `Insert ('', '', '', 0, '', current_timestamp), and run again.`,
  })

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
