/**
 * Merge as delete + insert: a MERGE of 3 million rows fails under 1 GB in DuckDB, this passes under 400 MB. Older never
 * overwrites newer: a row applies only where (version, read_at) is not older than what is stored (promise 9).
 */
import type { Database } from '../../duckdb/open-database.ts'
import { names, quoteName, relation } from '../../duckdb/sql-text.ts'
import { isMeta } from '../../model/table.ts'
import type { TableWrite } from '../table-write.ts'
import { countOutcomes, noCounts, plus, type MergeCounts } from './merge-counts.ts'
import { contentColumns, isStale, keyJoin, meta, metaValues, outcome, readStaged, rid } from './staged-rows.ts'
import { applyTombstones } from './tombstones.ts'

export async function mergeStaged(db: Database, write: TableWrite, runId: string): Promise<MergeCounts> {
  const paths = write.staged.flatMap((file) => (file.path === null ? [] : [file.path]))
  const counts = paths.length > 0 ? await mergeRows(db, write, { paths, runId }) : noCounts
  return plus(counts, await applyTombstones(db, write, runId))
}

type Merge = { readonly paths: readonly string[]; readonly runId: string }

export async function mergeRows(db: Database, write: TableWrite, { paths, runId }: Merge): Promise<MergeCounts> {
  const target = relation(write.table.schema, write.table.name)
  const content = contentColumns(write)
  const { source, table, duplicates } = await readStaged(db, write, { paths, columns: content })
  if (!write.onlyStanding && !(await meetsStored(db, write, source)))
    return { ...(await insertAll(db, write, { source, runId })), duplicates }

  // Columns that this read did not bring (excluded, or gone at the vendor) keep what they hold.
  const others = table.columns.map((column) => column.name).filter((name) => !isMeta(name) && !content.includes(name))
  const differs = content.map((name) => `s.${quoteName(name)} IS DISTINCT FROM t.${quoteName(name)}`).join(' OR ')
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _merge AS SELECT s.*, ${others.map((name) => `t.${quoteName(name)}, `).join('')}t.rowid AS ${rid}, ${write.unstamped ? storedStamps : ''}` +
      `CASE ${write.onlyStanding ? `WHEN ${write.unstamped ? isUnknown : isOther} THEN 'filtered' ` : ''}WHEN t._read_at IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END ` +
      `WHEN ${isStale} THEN 'stale' WHEN s._deleted_at IS NOT NULL AND t._deleted_at IS NULL THEN 'deleted' ` +
      `WHEN (s._deleted_at IS NULL) <> (t._deleted_at IS NULL)${differs ? ` OR ${differs}` : ''} THEN 'updated' ` +
      `ELSE 'unchanged' END AS ${outcome} FROM ${source} s LEFT JOIN ${target} t ON ${keyJoin(write.key)}`,
  )
  await db.run(
    `DELETE FROM ${target} WHERE rowid IN (SELECT ${rid} FROM _merge WHERE ${outcome} IN ('updated', 'deleted') AND ${rid} IS NOT NULL)`,
  )
  const columns = [...content, ...others]
  await db.run(
    `INSERT INTO ${target} (${names([...columns, ...meta])}) SELECT ${names(columns)}, ${metaValues(write, runId)} ` +
      `FROM ${write.unstamped ? asStored : '_merge'} WHERE ${outcome} IN ('inserted', 'updated', 'deleted')`,
  )
  if (write.touchUnchanged && !write.unstamped)
    // What is stale was seen, too: the vendor still has the row, and the sweep must leave it.
    await db.run(
      `UPDATE ${target} AS t SET _read_at = greatest(t._read_at, m._read_at), _version = greatest(t._version, m._version) ` +
        `FROM _merge m WHERE t.rowid = m.${rid} AND m.${outcome} IN ('unchanged', 'stale')`,
    )
  if (write.touchUnchanged && write.onlyStanding)
    // Seen, in a version whose content is still to come: that one must not look old then.
    await db.run(
      `UPDATE ${target} AS t SET _read_at = greatest(t._read_at, m._read_at) FROM _merge m WHERE t.rowid = m.${rid} AND m.${outcome} = 'filtered'`,
    )
  const counts = await countOutcomes(db, `SELECT ${outcome} AS outcome, count(*) AS n FROM _merge GROUP BY 1`)
  await db.run('DROP TABLE _merge')
  return { ...counts, duplicates }
}

/** A part of a row says nothing of one that is not stored, was deleted, or has another version than what is stored. */
export const isOther = `t._read_at IS NULL OR t._deleted_at IS NOT NULL OR s._version <> t._version`

/** Without a stamp no version tells whether the rest of the row is still the same, nor need it: it stays as old as it is. */
const isUnknown = `t._read_at IS NULL OR t._deleted_at IS NOT NULL OR s._deleted_at IS NOT NULL`
const storedStamps = `t._version AS "#version", t._read_at AS "#read_at", `
const asStored = `(SELECT * REPLACE ("#version" AS _version, "#read_at" AS _read_at) FROM _merge)`

/** Is any of the rows there already? By the keys alone: a first load has nothing to compare, row by row, with what it has just loaded. */
async function meetsStored(db: Database, write: TableWrite, source: string): Promise<boolean> {
  if (write.key.length === 0) return false
  const target = relation(write.table.schema, write.table.name)
  const [met] = await db.rows(`SELECT count(*) AS n FROM ${target} t SEMI JOIN ${source} s ON ${keyJoin(write.key)}`)
  return met?.['n'] !== '0'
}

async function insertAll(
  db: Database,
  write: TableWrite,
  { source, runId }: { readonly source: string; readonly runId: string },
): Promise<MergeCounts> {
  const content = contentColumns(write)
  await db.run(
    `INSERT INTO ${relation(write.table.schema, write.table.name)} (${names([...content, ...meta])}) ` +
      `SELECT ${content.length > 0 ? `${names(content)}, ` : ''}${metaValues(write, runId)} FROM ${source}`,
  )
  return countOutcomes(
    db,
    `SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS outcome, count(*) AS n FROM ${source} GROUP BY 1`,
  )
}
