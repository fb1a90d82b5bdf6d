/** Rows that are gone, of which only the key is known. */
import { rid } from './dialect.ts'
import type { Engine } from './engine.ts'
import { countOutcomes, noCounts, type MergeCounts } from './merge-counts.ts'
import {
  isStale,
  keyJoin,
  meta,
  metaValues,
  outcome,
  readStaged,
  stamps,
  storedColumns,
  targetOf,
  type BroughtWrite,
} from './staged-rows.ts'

/** Before the transaction. */
export async function prepareTombstones(db: Engine, write: BroughtWrite): Promise<void> {
  if (!write.gone) return
  const own = [rid, outcome].map((name) => ({ name, type: 'string' as const }))
  await db.prepare(goneTable(write), [...storedColumns(write, write.key), ...stamps, ...own])
}

/** What is stored of the row stays, with `_deleted_at`; an unknown key leaves a tombstone row, which holds against older rows. */
export async function applyTombstones(db: Engine, write: BroughtWrite, runId: string): Promise<MergeCounts> {
  if (!write.gone) return noCounts
  const target = targetOf(db, write)
  const gone = goneTable(write)
  const { source, duplicates } = await readStaged(db, write, { from: write.gone, columns: write.key })
  await db.fill(
    gone,
    `SELECT s.*, ${db.rowId('rows')} AS ${rid}, CASE WHEN t._read_at IS NULL THEN 'deleted' ` +
      `WHEN ${isStale} THEN 'stale' WHEN t._deleted_at IS NULL THEN 'deleted' ELSE 'unchanged' END AS ${outcome} ` +
      `FROM ${source} s LEFT JOIN ${target} t ON ${keyJoin(db, write.key)}`,
  )
  const meets = { target, from: `${gone} g`, on: db.isRow(write.key, 'g', 'rows') }
  await db.updateFrom({
    ...meets,
    set: [
      ['_deleted_at', 'g._deleted_at'],
      ['_version', 'g._version'],
      ['_read_at', 'g._read_at'],
      ['_synced_at', db.instant(write.syncedAt)],
      ['_run_id', db.text(runId)],
    ],
    where: `g.${outcome} = 'deleted'`,
  })
  // A row that was gone before is gone as of now: what is older than this must not bring it back.
  await db.updateFrom({
    ...meets,
    set: [
      ['_version', 'g._version'],
      ['_read_at', db.latest('t._read_at', 'g._read_at')],
    ],
    where: `g.${outcome} = 'unchanged'`,
  })
  await db.run(
    `INSERT INTO ${target} (${db.names([...write.key, ...meta])}) SELECT ${[...write.key.map(db.quote), ...metaValues(db, write, runId)].join(', ')} ` +
      `FROM ${gone} WHERE ${outcome} = 'deleted' AND ${rid} IS NULL`,
  )
  const counts = await countOutcomes(db, gone)
  await db.discard(gone)
  return { ...counts, duplicates }
}

const goneTable = ({ nth }: BroughtWrite): string => `_gone_${nth}`
