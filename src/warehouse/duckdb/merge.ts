/**
 * Merge as delete + insert: a MERGE of 3 million rows fails under 1 GB in DuckDB, this passes under 400 MB. Older never
 * overwrites newer: a row applies only where (version, read_at) is not older than what is stored (promise 9).
 */
import type { Database } from '../../duckdb/open-database.ts'
import { names, quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import type { EtlLedger } from '../../model/ledger.ts'
import { metaColumns } from '../../model/table.ts'
import type { TableWrite } from '../port.ts'
import { introspect } from './tables.ts'

export type MergeCounts = Pick<
  EtlLedger,
  'inserted' | 'updated' | 'deleted' | 'unchanged' | 'stale' | 'replaced' | 'duplicates'
>

export async function mergeStaged(db: Database, write: TableWrite, runId: string): Promise<MergeCounts> {
  const target = relation(write.table.schema, write.table.name)
  const rows = write.staged.flatMap((file) => (file.path === null ? [] : [file.path]))
  const tombstones = write.staged.flatMap((file) => (file.tombstones === null ? [] : [file.tombstones]))
  let counts = noCounts
  if (rows.length > 0) counts = plus(counts, await mergeRows(db, write, { target, rows, runId }))
  if (tombstones.length > 0) counts = plus(counts, await applyTombstones(db, write, { target, tombstones, runId }))
  return counts
}

type Merge = { readonly target: string; readonly rows: readonly string[]; readonly runId: string }

async function mergeRows(db: Database, write: TableWrite, merge: Merge): Promise<MergeCounts> {
  const source = parquet(merge.rows)
  const [stored] = await db.rows(`SELECT count(*) AS n FROM ${merge.target}`)
  if (stored?.['n'] === '0' || write.key.length === 0) return insertAll(db, write, merge)

  const table = await introspect(db, write.table.schema, write.table.name)
  const content = contentColumns(write)
  // Columns that this read did not bring (excluded, or gone at the vendor) keep what they hold.
  const others = (table?.columns ?? [])
    .map((column) => column.name)
    .filter((name) => !isMeta(name) && !content.includes(name))
  const differs = content.map((name) => `s.${quoteName(name)} IS DISTINCT FROM t.${quoteName(name)}`).join(' OR ')
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _merge AS SELECT s.*, ${others.map((name) => `t.${quoteName(name)}, `).join('')}t.rowid AS _rid, ` +
      `CASE WHEN t._read_at IS NULL THEN CASE WHEN s._deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END ` +
      `WHEN s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at) THEN 'stale' ` +
      `WHEN s._deleted_at IS NOT NULL AND t._deleted_at IS NULL THEN 'deleted' ` +
      `WHEN (s._deleted_at IS NULL) <> (t._deleted_at IS NULL)${differs ? ` OR ${differs}` : ''} THEN 'updated' ` +
      `ELSE 'unchanged' END AS _class FROM ${source} s LEFT JOIN ${merge.target} t ON ${keyJoin(write.key)}`,
  )
  await db.run(
    `DELETE FROM ${merge.target} WHERE rowid IN (SELECT _rid FROM _merge WHERE _class IN ('updated', 'deleted') AND _rid IS NOT NULL)`,
  )
  const columns = [...content, ...others]
  await db.run(
    `INSERT INTO ${merge.target} (${names([...columns, ...meta])}) SELECT ${names(columns)}, ${metaValues(write, merge.runId)} ` +
      `FROM _merge WHERE _class IN ('inserted', 'updated', 'deleted')`,
  )
  if (write.touchUnchanged)
    await db.run(
      `UPDATE ${merge.target} AS t SET _read_at = greatest(t._read_at, m._read_at), _version = greatest(t._version, m._version) ` +
        `FROM _merge m WHERE t.rowid = m._rid AND m._class = 'unchanged'`,
    )
  const counts = await classCounts(db, `SELECT _class, count(*) AS n FROM _merge GROUP BY 1`)
  await db.run('DROP TABLE _merge')
  return counts
}

async function insertAll(db: Database, write: TableWrite, merge: Merge): Promise<MergeCounts> {
  const content = contentColumns(write)
  await db.run(
    `INSERT INTO ${merge.target} (${names([...content, ...meta])}) SELECT ${names(content)}${content.length > 0 ? ', ' : ''}` +
      `${metaValues(write, merge.runId)} FROM ${parquet(merge.rows)}`,
  )
  return classCounts(
    db,
    `SELECT CASE WHEN _deleted_at IS NULL THEN 'inserted' ELSE 'deleted' END AS _class, count(*) AS n FROM ${parquet(merge.rows)} GROUP BY 1`,
  )
}

/** A tombstone knows only the key: what is stored of the row stays, with `_deleted_at`; an unknown key leaves a tombstone row. */
async function applyTombstones(
  db: Database,
  write: TableWrite,
  merge: { readonly target: string; readonly tombstones: readonly string[]; readonly runId: string },
): Promise<MergeCounts> {
  const source = parquet(merge.tombstones)
  await db.run(
    `CREATE OR REPLACE TEMP TABLE _gone AS SELECT s.*, t.rowid AS _rid, CASE WHEN t._read_at IS NULL THEN 'deleted' ` +
      `WHEN s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at) THEN 'stale' ` +
      `WHEN t._deleted_at IS NULL THEN 'deleted' ELSE 'unchanged' END AS _class ` +
      `FROM ${source} s LEFT JOIN ${merge.target} t ON ${keyJoin(write.key)}`,
  )
  await db.run(
    `UPDATE ${merge.target} AS t SET _deleted_at = g._deleted_at, _version = g._version, _read_at = g._read_at, ` +
      `_synced_at = ${instant(write.syncedAt)}, _run_id = ${quoteText(merge.runId)} FROM _gone g WHERE t.rowid = g._rid AND g._class = 'deleted'`,
  )
  await db.run(
    `INSERT INTO ${merge.target} (${names([...write.key, ...meta])}) SELECT ${names(write.key)}, ${metaValues(write, merge.runId)} ` +
      `FROM _gone WHERE _class = 'deleted' AND _rid IS NULL`,
  )
  const counts = await classCounts(db, `SELECT _class, count(*) AS n FROM _gone GROUP BY 1`)
  await db.run('DROP TABLE _gone')
  return counts
}

async function classCounts(db: Database, sql: string): Promise<MergeCounts> {
  const counts = { ...noCounts }
  for (const row of await db.rows(sql)) {
    const name = row['_class']
    if (name === 'inserted' || name === 'updated' || name === 'deleted' || name === 'unchanged' || name === 'stale')
      counts[name] = Number(row['n'])
  }
  return counts
}

function plus(a: MergeCounts, b: MergeCounts): MergeCounts {
  return {
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    deleted: a.deleted + b.deleted,
    unchanged: a.unchanged + b.unchanged,
    stale: a.stale + b.stale,
    replaced: a.replaced + b.replaced,
    duplicates: a.duplicates + b.duplicates,
  }
}

export const parquet = (paths: readonly string[]): string => `read_parquet([${paths.map(quoteText).join(', ')}])`

export const metaValues = (write: TableWrite, runId: string): string =>
  `${instant(write.syncedAt)}, _read_at, _version, ${quoteText(runId)}, _deleted_at`

export const contentColumns = (write: TableWrite): readonly string[] =>
  write.table.columns.map((column) => column.name).filter((name) => !isMeta(name))

export const meta: readonly string[] = metaColumns.map((column) => column.name)

const isMeta = (name: string) => meta.includes(name)

const instant = (iso: string) => `TIMESTAMP ${quoteText(iso.replace('T', ' ').replace('Z', ''))}`

const keyJoin = (key: readonly string[]) =>
  key.map((name) => `s.${quoteName(name)} = t.${quoteName(name)}`).join(' AND ')

export const noCounts: MergeCounts = {
  inserted: 0,
  updated: 0,
  deleted: 0,
  unchanged: 0,
  stale: 0,
  replaced: 0,
  duplicates: 0,
}
