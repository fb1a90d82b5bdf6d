/** Reverse ETL in the warehouse: snapshot, intents, what the destination said. */
import { isDeepStrictEqual } from 'node:util'
import type { Engine } from './engine.ts'
import type { Json } from '../../model/json.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Table } from '../../model/table.ts'
import type { DiffRequest, Fence, ReverseSession, SnapshotColumn, SnapshotMeta } from '../port.ts'
import { acknowledge } from './acknowledge.ts'
import { countIn } from './count-in.ts'
import { diffModel, keysAtStake, type Diffed } from './diff.ts'
import { readCandidates } from './read-candidates.ts'
import { crossed, isUnsettled, snapshotColumn, snapshotTable, stateSchema } from './state-schema.ts'
import { fencedTransaction } from './fence.ts'
import { intentColumns, reopenIntents } from './reopen-intents.ts'
import { replaceRow } from './replace-row.ts'
import { ensureTable } from './tables.ts'

export function reverseSession(db: Engine): ReverseSession {
  let diffed: (Diffed & { readonly request: DiffRequest }) | undefined
  // What stands in the warehouse, as this session has read it.
  const metas = new Map<string, SnapshotMeta | null>()
  return {
    readMeta: async (sync) => {
      const meta = await readMeta(db, sync)
      metas.set(sync, meta)
      return meta
    },
    hasSnapshot: async (sync) => (await db.introspect(stateSchema, snapshotTable(sync))) !== null,
    ensureSnapshot: async (sync, columns) => {
      await ensureTable(db, snapshotTableOf(sync, columns), 'evolve')
    },
    emptySnapshot: async (fence) => {
      metas.delete(fence.sync)
      const name = snapshotTable(fence.sync)
      const standing = await db.introspect(stateSchema, name)
      await fencedTransaction(db, fence, async () => {
        await db.run(`DELETE FROM _millrace.snapshots WHERE sync = ${db.text(fence.sync)}`)
        if (standing) await db.run(`DELETE FROM ${db.relation(stateSchema, name)}`)
      })
    },
    diff: async (request) => {
      diffed = { request, ...(await diffModel(db, request)) }
      return diffed.counts
    },
    candidates: () => {
      if (!diffed) throw new MillraceError('MR-7000', { message: 'Candidates were asked for before the diff.' })
      return readCandidates(db, diffed)
    },
    openIntents: async ({ fence, path, meta }) => {
      const settles = diffed?.hasRejects ?? false
      if (path === null && !settles && isDeepStrictEqual(metas.get(fence.sync), meta)) return
      metas.delete(fence.sync)
      await openIntents(db, fence, { path, meta, settles })
    },
    acknowledge: (request) => acknowledge(db, request),
    reopenIntents: (request) => reopenIntents(db, request),
    countIntents: (sync) => countIn(db, `_millrace.intents WHERE sync = ${db.text(sync)}`),
    takeIntentsOver: async (fence) => {
      const of = `sync = ${db.text(fence.sync)}`
      const [row] = await db.rows(
        `SELECT count(*) AS n, count_if(epoch = ${crossed}) AS crossed FROM _millrace.intents WHERE ${of}`,
      )
      // Whoever sends late from here on crosses them again.
      if (Number(row?.['crossed'] ?? 0) > 0)
        await fencedTransaction(db, fence, async () => {
          await db.run(
            `UPDATE _millrace.intents SET run_id = ${db.text(fence.runId)}, epoch = ${fence.epoch} WHERE ${of} AND epoch = ${crossed}`,
          )
        })
      return Number(row?.['n'] ?? 0)
    },
    saveReceipt: async ({ fence, path, receipt }) => {
      await db.loadLines('_receipted', path, [{ name: 'key', type: 'text' }])
      await fencedTransaction(db, fence, async () => {
        await db.run(
          `UPDATE _millrace.intents SET receipt = ${db.json(db.text(JSON.stringify(receipt)))} WHERE sync = ${db.text(fence.sync)} ` +
            `AND key IN (SELECT key FROM _receipted)`,
        )
      })
    },
    readReceipts: async (sync) => {
      const rows = await db.rows(
        `SELECT DISTINCT run_id, ${receiptText(db)} AS receipt FROM _millrace.intents WHERE sync = ${db.text(sync)} AND receipt IS NOT NULL ORDER BY 1, 2`,
      )
      // What saveReceipt wrote.
      return rows.map((row) => ({ runId: row['run_id'] ?? '', receipt: JSON.parse(row['receipt'] ?? 'null') as Json }))
    },
    clearReceipt: ({ sync, receipt }) =>
      db.transaction(async () => {
        await db.run(
          `UPDATE _millrace.intents SET receipt = NULL WHERE sync = ${db.text(sync)} AND ${receiptText(db)} = ${db.text(JSON.stringify(receipt))}`,
        )
      }),
  }
}

async function openIntents(
  db: Engine,
  fence: Fence,
  { path, meta, settles }: { path: string | null; meta: SnapshotMeta; settles: boolean },
): Promise<void> {
  const sync = db.text(fence.sync)
  if (path !== null)
    await db.loadLines('_intended', path, [
      { name: 'key', type: 'text' },
      { name: 'op', type: 'text' },
    ])
  await fencedTransaction(db, fence, async () => {
    if (path !== null) {
      await db.run(`DELETE FROM _millrace.intents WHERE sync = ${sync} AND key IN (SELECT key FROM _intended)`)
      await db.run(
        `INSERT INTO _millrace.intents ${intentColumns} SELECT ${sync}, key, op, ${db.text(fence.runId)}, ${fence.epoch}, ${db.now} FROM _intended`,
      )
    }
    if (settles)
      // A refused row that is in neither model nor snapshot any more has nothing left to be sent.
      await db.run(
        `UPDATE _millrace.rejects SET state = 'settled', last_at = ${db.now} WHERE sync = ${sync} AND ${isUnsettled} ` +
          `AND key NOT IN (${keysAtStake()})`,
      )
    await writeMeta(db, fence.sync, meta)
  })
}

async function readMeta(db: Engine, sync: string): Promise<SnapshotMeta | null> {
  const [row] = await db.rows(`SELECT * FROM _millrace.snapshots WHERE sync = ${db.text(sync)}`)
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

async function writeMeta(db: Engine, sync: string, meta: SnapshotMeta): Promise<void> {
  await replaceRow(db, 'snapshots', {
    key: { sync: db.text(sync) },
    cells: {
      connection: db.text(meta.connection),
      account: db.text(meta.account),
      object: db.text(meta.object),
      options: db.text(meta.options),
      mapping_version: db.text(meta.mappingVersion),
      encoder_version: String(meta.encoderVersion),
      updated_at: db.now,
    },
  })
}

/** As it was written: what `readReceipts` gives is found again. */
const receiptText = (db: Engine): string => db.asText('receipt', 'json')

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
