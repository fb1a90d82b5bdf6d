/** Reverse ETL in the warehouse: snapshot, intents, what the destination said. */
import type { Database } from '../../duckdb/open-database.ts'
import { names, quoteText } from '../../duckdb/sql-text.ts'
import type { Json } from '../../model/json.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Table } from '../../model/table.ts'
import type { DiffRequest, Fence, ReverseSession, SnapshotColumn, SnapshotMeta } from '../port.ts'
import { acknowledge } from './acknowledge.ts'
import { diffModel, keysAtStake, readCandidates } from './diff.ts'
import { snapshotColumn, snapshotTable, stateSchema } from './state-schema.ts'
import { ensureTable, introspect } from './tables.ts'
import { fencedTransaction, transaction } from './transaction.ts'

export function reverseSession(db: Database): ReverseSession {
  let diffed: DiffRequest | undefined
  return {
    readMeta: (sync) => readMeta(db, sync),
    hasSnapshot: async (sync) => (await introspect(db, stateSchema, snapshotTable(sync))) !== null,
    ensureSnapshot: async (sync, columns) => {
      await ensureTable(db, snapshotTableOf(sync, columns), 'evolve')
    },
    diff: async (request) => {
      const counts = await diffModel(db, request)
      diffed = request
      return counts
    },
    candidates: () => {
      if (!diffed) throw new MillraceError('MR-7000', { message: 'Candidates were asked for before the diff.' })
      return readCandidates(db, diffed)
    },
    openIntents: ({ fence, path, meta }) => openIntents(db, fence, { path, meta, afterDiff: diffed !== undefined }),
    acknowledge: (request) => acknowledge(db, request),
    reopenIntents: ({ sync, runId, epoch, keys }) =>
      transaction(db, async () => {
        if (keys.length === 0) return 0
        const values = keys.map(({ key, op }) => `(${quoteText(key)}, ${quoteText(op)})`)
        const result = await db.run(
          `INSERT INTO _millrace.intents SELECT ${quoteText(sync)}, v.key, first(v.op), ${quoteText(runId)}, ${epoch}, NULL, now()::TIMESTAMP ` +
            `FROM (VALUES ${values.join(', ')}) v(key, op) ` +
            `WHERE NOT EXISTS (SELECT 1 FROM _millrace.intents i WHERE i.sync = ${quoteText(sync)} AND i.key = v.key) GROUP BY v.key`,
        )
        return result.rowsChanged
      }),
    countIntents: async (sync) => {
      const [row] = await db.rows(`SELECT count(*) AS n FROM _millrace.intents WHERE sync = ${quoteText(sync)}`)
      return Number(row?.['n'] ?? 0)
    },
    saveReceipt: ({ fence, path, receipt }) =>
      fencedTransaction(db, fence, async () => {
        await db.run(
          `UPDATE _millrace.intents SET receipt = ${quoteText(JSON.stringify(receipt))}::JSON WHERE sync = ${quoteText(fence.sync)} ` +
            `AND key IN (SELECT key FROM read_json(${quoteText(path)}, format = 'newline_delimited', columns = {key: 'VARCHAR'}))`,
        )
      }),
    readReceipts: async (sync) => {
      const rows = await db.rows(
        `SELECT DISTINCT run_id, receipt::VARCHAR AS receipt FROM _millrace.intents WHERE sync = ${quoteText(sync)} AND receipt IS NOT NULL ORDER BY ALL`,
      )
      // What saveReceipt wrote.
      return rows.map((row) => ({ runId: row['run_id'] ?? '', receipt: JSON.parse(row['receipt'] ?? 'null') as Json }))
    },
    clearReceipt: ({ sync, receipt }) =>
      transaction(db, async () => {
        await db.run(
          `UPDATE _millrace.intents SET receipt = NULL WHERE sync = ${quoteText(sync)} AND receipt::VARCHAR = ${quoteText(JSON.stringify(receipt))}`,
        )
      }),
  }
}

async function openIntents(
  db: Database,
  fence: Fence,
  { path, meta, afterDiff }: { path: string | null; meta: SnapshotMeta; afterDiff: boolean },
): Promise<void> {
  const sync = quoteText(fence.sync)
  await fencedTransaction(db, fence, async () => {
    if (path !== null) {
      const keys = `read_json(${quoteText(path)}, format = 'newline_delimited', columns = {key: 'VARCHAR', op: 'VARCHAR'})`
      await db.run(`DELETE FROM _millrace.intents WHERE sync = ${sync} AND key IN (SELECT key FROM ${keys})`)
      await db.run(
        `INSERT INTO _millrace.intents SELECT ${sync}, key, op, ${quoteText(fence.runId)}, ${fence.epoch}, NULL, now()::TIMESTAMP FROM ${keys}`,
      )
    }
    if (afterDiff)
      // A refused row that is in neither model nor snapshot any more has nothing left to be sent.
      await db.run(
        `UPDATE _millrace.rejects SET state = 'settled', last_at = now()::TIMESTAMP WHERE sync = ${sync} AND state IN ('open', 'parked') ` +
          `AND key NOT IN (${keysAtStake()})`,
      )
    await writeMeta(db, fence.sync, meta)
  })
}

async function readMeta(db: Database, sync: string): Promise<SnapshotMeta | null> {
  const [row] = await db.rows(`SELECT * FROM _millrace.snapshots WHERE sync = ${quoteText(sync)}`)
  if (!row) return null
  return {
    connection: row['connection'] ?? '',
    account: row['account'] ?? '',
    object: row['object'] ?? '',
    options: row['options'] ?? '',
    mappingVersion: row['mapping_version'] ?? '',
    encoderVersion: Number(row['encoder_version']),
  }
}

async function writeMeta(db: Database, sync: string, meta: SnapshotMeta): Promise<void> {
  await db.run(`DELETE FROM _millrace.snapshots WHERE sync = ${quoteText(sync)}`)
  const values = [sync, meta.connection, meta.account, meta.object, meta.options, meta.mappingVersion].map(quoteText)
  await db.run(
    `INSERT INTO _millrace.snapshots (${names(['sync', 'connection', 'account', 'object', 'options', 'mapping_version', 'encoder_version', 'updated_at'])}) ` +
      `VALUES (${values.join(', ')}, ${meta.encoderVersion}, now()::TIMESTAMP)`,
  )
}

const snapshotTableOf = (sync: string, columns: readonly SnapshotColumn[]): Table => ({
  schema: stateSchema,
  name: snapshotTable(sync),
  columns: [
    { name: 'key', type: 'string' },
    { name: 'state', type: 'string' },
    { name: 'payload_hash', type: 'string' },
    { name: 'mapping_version', type: 'string' },
    { name: 'accepted_at', type: 'timestamp' },
    { name: 'run_id', type: 'string' },
    // When the destination itself last took it; what is coalesced is accepted, and not sent.
    { name: 'sent_at', type: 'timestamp' },
    ...columns.map((column) => ({ name: snapshotColumn(column.name), type: column.type })),
  ],
})
