/**
 * `scd2`: a row of the table is one interval of a key, and a change ends the current one and begins another. Of several
 * versions in one commit only the newest is known to the table: no interval is made of the others.
 */
import type { Database } from '../../duckdb/open-database.ts'
import { names, quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import { intervalColumns, isInterval } from '../../model/interval-columns.ts'
import { isMeta } from '../../model/table.ts'
import type { TableWrite } from '../table-write.ts'
import { isOther } from './merge.ts'
import { countOutcomes, noCounts, plus, type MergeCounts } from './merge-counts.ts'
import {
  contentColumns,
  instantSql,
  isStale,
  keyJoin,
  meta,
  metaValues,
  outcome,
  readStaged,
  rid,
} from './staged-rows.ts'

export async function writeIntervals(db: Database, write: TableWrite, runId: string): Promise<MergeCounts> {
  await adoptRows(db, write)
  const rows = write.staged.flatMap((file) => (file.path === null ? [] : [file.path]))
  const gone = write.staged.flatMap((file) => (file.tombstones === null ? [] : [file.tombstones]))
  const content = contentColumns(write).filter((name) => !isInterval(name))
  const loaded = rows.length > 0 ? await apply(db, write, { paths: rows, columns: content, runId }) : noCounts
  // A tombstone is a row that brings its key alone.
  const ended = gone.length > 0 ? await apply(db, write, { paths: gone, columns: write.key, runId }) : noCounts
  return plus(loaded, ended)
}

/** Rows that another mode loaded: each is the first interval of its key. */
async function adoptRows(db: Database, write: TableWrite): Promise<void> {
  await db.run(
    `UPDATE ${targetOf(write)} SET valid_from = _version, valid_to = greatest(_deleted_at, CASE WHEN _deleted_at IS NOT NULL THEN _version END), ` +
      `is_current = _deleted_at IS NULL WHERE is_current IS NULL`,
  )
}

type Brought = { readonly paths: readonly string[]; readonly columns: readonly string[]; readonly runId: string }

async function apply(db: Database, write: TableWrite, { paths, columns, runId }: Brought): Promise<MergeCounts> {
  const target = targetOf(write)
  const { source, table, duplicates } = await readStaged(db, write, { paths, columns })
  const others = table.columns
    .map((column) => column.name)
    .filter((name) => !isMeta(name) && !isInterval(name) && !columns.includes(name))
  await classify(db, write, { source, columns, others })
  const stamp = `_synced_at = ${instantSql(write.syncedAt)}, _run_id = ${quoteText(runId)}`
  const end = `UPDATE ${target} AS t SET valid_to = i.${start}, is_current = false, ${stamp}`
  const of = `FROM _intervals i WHERE t.rowid = i.${rid} AND t.is_current`
  const changed = await db.run(`${end} ${of} AND i.${outcome} = 'updated'`)
  const deleted = await db.run(
    `${end}, _deleted_at = i._deleted_at, _version = i._version, _read_at = i._read_at ${of} AND i.${outcome} = 'deleted'`,
  )
  const brought = [...columns, ...others]
  // Of a row that came deleted nothing is known but that: its interval is empty, and holds against older rows.
  await db.run(
    `INSERT INTO ${target} (${names([...brought, ...intervalColumns.map(({ name }) => name), ...meta])}) ` +
      `SELECT ${names(brought)}, coalesce(${start}, _version), CASE WHEN _deleted_at IS NOT NULL THEN _version END, _deleted_at IS NULL, ` +
      `${metaValues(write, runId)} FROM _intervals WHERE ${outcome} IN ('inserted', 'updated') OR (${outcome} = 'deleted' AND ${rid} IS NULL)`,
  )
  await touchSeen(db, write)
  const counts = await countOutcomes(db, `SELECT ${outcome} AS outcome, count(*) AS n FROM _intervals GROUP BY 1`)
  await db.run('DROP TABLE _intervals')
  return { ...counts, duplicates, closed: changed.rowsChanged + deleted.rowsChanged }
}

/** Of the intervals of a key. Those that are empty begin where another does. */
export const latestFirst = 'valid_from DESC, is_current DESC, valid_to DESC, _version DESC, _read_at DESC'

type Classified = {
  readonly source: string
  readonly columns: readonly string[]
  /** What this read did not bring: a new interval takes it from the one before. */
  readonly others: readonly string[]
}

/** What each row means for the latest interval of its key, and where the next would begin. */
async function classify(db: Database, write: TableWrite, { source, columns, others }: Classified): Promise<void> {
  const target = targetOf(write)
  const key = write.key.map((name) => `t.${quoteName(name)}`).join(', ')
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _latest AS SELECT t.rowid AS ${rid} FROM ${target} t SEMI JOIN ${source} s ON ${keyJoin(write.key)} ` +
      `QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY ${latestFirst}) = 1`,
  )
  const differs = columns
    .filter((name) => !write.key.includes(name))
    .map((name) => ` OR s.${quoteName(name)} IS DISTINCT FROM t.${quoteName(name)}`)
    .join('')
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _intervals AS SELECT s.*, ${others.map((name) => `t.${quoteName(name)}, `).join('')}t.${rid}, ${nextStart} AS ${start}, ` +
      `CASE ${write.onlyStanding ? `WHEN ${isOther} THEN 'filtered' ` : ''}` +
      `WHEN t.${rid} IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END WHEN ${isStale} THEN 'stale' ` +
      `WHEN s._deleted_at IS NOT NULL THEN CASE WHEN t.is_current THEN 'deleted' ELSE 'unchanged' END ` +
      `WHEN NOT t.is_current${differs} THEN 'updated' ELSE 'unchanged' END AS ${outcome} ` +
      `FROM ${source} s LEFT JOIN (SELECT *, rowid AS ${rid} FROM ${target} WHERE rowid IN (SELECT ${rid} FROM _latest)) t ON ${keyJoin(write.key)}`,
  )
  await db.run('DROP TABLE _latest')
}

/**
 * The new version, where it comes after what stands. A change that moved no stamp (a formula), or a row that comes back with the
 * stamp it had, holds since it was read: intervals never overlap.
 */
const nextStart =
  `CASE WHEN s._version > t._version AND s._version > t.valid_from AND s._version >= coalesce(t.valid_to, s._version) THEN s._version ` +
  `WHEN t.${rid} IS NOT NULL THEN greatest(s._read_at, t.valid_from, coalesce(t.valid_to, t.valid_from)) END`

/** As a merge does it; what is deleted once more is gone as of now: what is older than this must not bring it back. */
async function touchSeen(db: Database, write: TableWrite): Promise<void> {
  const seen = write.touchUnchanged ? `i.${outcome} IN ('unchanged', 'stale')` : 'false'
  await db.run(
    `UPDATE ${targetOf(write)} AS t SET _read_at = greatest(t._read_at, i._read_at), _version = greatest(t._version, i._version) ` +
      `FROM _intervals i WHERE t.rowid = i.${rid} AND (${seen} OR (i.${outcome} = 'unchanged' AND i._deleted_at IS NOT NULL))`,
  )
  if (write.touchUnchanged && write.onlyStanding)
    // Seen, in a version whose content is still to come: that one must not look old then.
    await db.run(
      `UPDATE ${targetOf(write)} AS t SET _read_at = greatest(t._read_at, i._read_at) FROM _intervals i WHERE t.rowid = i.${rid} AND i.${outcome} = 'filtered'`,
    )
}

const targetOf = ({ table }: TableWrite): string => relation(table.schema, table.name)

/** No column name can hold this sign. */
const start = '"#start"'
