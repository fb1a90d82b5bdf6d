/** Rows that are gone, of which only the key is known. */
import type { Database } from '../../duckdb/open-database.ts'
import { names, quoteText, relation } from '../../duckdb/sql-text.ts'
import type { TableWrite } from '../table-write.ts'
import { countOutcomes, noCounts, type MergeCounts } from './merge-counts.ts'
import { instantSql, isStale, keyJoin, meta, metaValues, outcome, readStaged, rid } from './staged-rows.ts'

/** What is stored of the row stays, with `_deleted_at`; an unknown key leaves a tombstone row, which holds against older rows. */
export async function applyTombstones(db: Database, write: TableWrite, runId: string): Promise<MergeCounts> {
  const paths = write.staged.flatMap((file) => (file.tombstones === null ? [] : [file.tombstones]))
  if (paths.length === 0) return noCounts
  const target = relation(write.table.schema, write.table.name)
  const { source, duplicates } = await readStaged(db, write, { paths, columns: write.key })
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _gone AS SELECT s.*, t.rowid AS ${rid}, CASE WHEN t._read_at IS NULL THEN 'deleted' ` +
      `WHEN ${isStale} THEN 'stale' WHEN t._deleted_at IS NULL THEN 'deleted' ELSE 'unchanged' END AS ${outcome} ` +
      `FROM ${source} s LEFT JOIN ${target} t ON ${keyJoin(write.key)}`,
  )
  await db.run(
    `UPDATE ${target} AS t SET _deleted_at = g._deleted_at, _version = g._version, _read_at = g._read_at, ` +
      `_synced_at = ${instantSql(write.syncedAt)}, _run_id = ${quoteText(runId)} FROM _gone g WHERE t.rowid = g.${rid} AND g.${outcome} = 'deleted'`,
  )
  // A row that was gone before is gone as of now: what is older than this must not bring it back.
  await db.run(
    `UPDATE ${target} AS t SET _version = g._version, _read_at = greatest(t._read_at, g._read_at) FROM _gone g WHERE t.rowid = g.${rid} AND g.${outcome} = 'unchanged'`,
  )
  await db.run(
    `INSERT INTO ${target} (${names([...write.key, ...meta])}) SELECT ${names(write.key)}, ${metaValues(write, runId)} ` +
      `FROM _gone WHERE ${outcome} = 'deleted' AND ${rid} IS NULL`,
  )
  const counts = await countOutcomes(db, `SELECT ${outcome} AS outcome, count(*) AS n FROM _gone GROUP BY 1`)
  await db.run('DROP TABLE _gone')
  return { ...counts, duplicates }
}
