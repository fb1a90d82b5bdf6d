/** Staged Parquet as SQL, in the types that the table has. */
import type { Database } from '../../duckdb/open-database.ts'
import { converted, names, quoteName, quoteText } from '../../duckdb/sql-text.ts'
import { isMeta, metaColumns, type Table } from '../../model/table.ts'
import type { TableWrite } from '../table-write.ts'
import { introspect } from './tables.ts'

export type StagedRows = {
  /** To stand after FROM. */
  readonly source: string
  readonly table: Table
  /** Rows that stand in several of the files, beyond the newest of each. */
  readonly duplicates: number
}

/** A stored column may be wider than what comes; a key may stand in several files, and its newest row counts. */
export async function readStaged(
  db: Database,
  write: TableWrite,
  { paths, columns }: { readonly paths: readonly string[]; readonly columns: readonly string[] },
): Promise<StagedRows> {
  const table = (await introspect(db, write.table.schema, write.table.name)) ?? write.table
  const cells = [...columns, '_read_at', '_version', '_deleted_at'].map((name) => {
    const from = typeOf(write.table, name)
    const to = typeOf(table, name)
    const cell = quoteName(name)
    return from && to && from !== to ? `${converted(cell, from, to)} AS ${cell}` : cell
  })
  const all = `SELECT ${cells.join(', ')} FROM ${parquet(paths)}`
  if (paths.length === 1 || write.key.length === 0) return { source: `(${all})`, table, duplicates: 0 }
  const [counted] = await db.rows(`SELECT count(*) - count(DISTINCT (${names(write.key)}, 0)) AS n FROM (${all})`)
  const duplicates = Number(counted?.['n'] ?? 0)
  if (duplicates === 0) return { source: `(${all})`, table, duplicates }
  const latest = `QUALIFY row_number() OVER (PARTITION BY ${names(write.key)} ORDER BY _version DESC, _read_at DESC) = 1`
  return { source: `(SELECT * FROM (${all}) ${latest})`, table, duplicates }
}

const typeOf = (table: Table, name: string) => table.columns.find((column) => column.name === name)?.type

export const parquet = (paths: readonly string[]): string => `read_parquet([${paths.map(quoteText).join(', ')}])`

export const metaValues = (write: TableWrite, runId: string): string =>
  `${instantSql(write.syncedAt)}, _read_at, _version, ${quoteText(runId)}, _deleted_at`

export const contentColumns = (write: TableWrite): readonly string[] =>
  write.table.columns.map((column) => column.name).filter((name) => !isMeta(name))

export const meta: readonly string[] = metaColumns.map((column) => column.name)

/** An ISO instant as a UTC timestamp. */
export const instantSql = (iso: string): string => `TIMESTAMP ${quoteText(iso.replace('T', ' ').replace('Z', ''))}`

export const keyJoin = (key: readonly string[]): string =>
  key.map((name) => `s.${quoteName(name)} = t.${quoteName(name)}`).join(' AND ')

/** Older never overwrites newer (promise 9). */
export const isStale = `(s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at))`

/** Names of our own beside a vendor's columns: no column name can hold this sign. */
export const rid = '"#rid"'
export const outcome = '"#outcome"'
