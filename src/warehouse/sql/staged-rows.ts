/** Staged Parquet as SQL, in the types that the table has. */
import { isInterval } from '../../model/interval-columns.ts'
import { isMeta, metaColumns, type Column, type Table } from '../../model/table.ts'
import type { TableWrite } from '../table-write.ts'
import type { Engine } from './engine.ts'

/** A write whose files the warehouse can read: what has to be done before the transaction is done. */
export type BroughtWrite = TableWrite & {
  /** Apart from the other writes of the commit. */
  readonly nth: number
  /** The table as it stands, which may be wider than what comes; where neither rows nor windows come, nobody has looked. */
  readonly stored: Table
  /** Relations; null: no row. */
  readonly rows: Brought | null
  readonly gone: Brought | null
  readonly refused: string | null
}

type Brought = { readonly relation: string; readonly files: number }

export async function bringWrite(db: Engine, write: TableWrite, nth: number): Promise<BroughtWrite> {
  const of = (name: string) => write.table.columns.filter((column) => column.name === name)
  const content = write.mode === 'scd2' ? loadedColumns(write) : contentColumns(write)
  const hasRows = write.staged.some(({ path, tombstones }) => path !== null || tombstones !== null)
  const looks = hasRows || (write.windows ?? []).length > 0
  return {
    ...write,
    nth,
    stored: (looks && (await db.introspect(write.table.schema, write.table.name))) || write.table,
    rows: await bring(
      db,
      write.staged.map((file) => file.path),
      [...content.flatMap(of), ...stamps],
    ),
    gone: await bring(
      db,
      write.staged.map((file) => file.tombstones),
      [...write.key.flatMap(of), ...stamps],
    ),
    refused:
      (
        await bring(
          db,
          write.staged.map((file) => file.rejects),
          rejectColumns,
        )
      )?.relation ?? null,
  }
}

async function bring(
  db: Engine,
  files: readonly (string | null)[],
  columns: readonly Column[],
): Promise<Brought | null> {
  const paths = files.filter((path) => path !== null)
  return paths.length === 0 ? null : { relation: await db.bring(paths, columns), files: paths.length }
}

export type StagedRows = {
  /** To stand after FROM. */
  readonly source: string
  /** Rows that stand in several of the files, beyond the newest of each. */
  readonly duplicates: number
}

/** A stored column may be wider than what comes; a key may stand in several files, and its newest row counts. */
export async function readStaged(
  db: Engine,
  write: BroughtWrite,
  { from, columns }: { readonly from: Brought; readonly columns: readonly string[] },
): Promise<StagedRows> {
  const cells = [...columns, ...stamps.map(({ name }) => name)].map((name) => {
    const [was, becomes] = [typeIn(write.table, name), typeIn(write.stored, name)]
    const cell = db.quote(name)
    return was && becomes && was !== becomes ? `${db.converted(cell, was, becomes)} AS ${cell}` : cell
  })
  const all = `SELECT ${cells.join(', ')} FROM ${from.relation}`
  if (from.files === 1 || write.key.length === 0) return { source: `(${all})`, duplicates: 0 }
  const [counted] = await db.rows(`SELECT count(*) - ${db.countDistinct(write.key)} AS n FROM (${all})`)
  const duplicates = Number(counted?.['n'] ?? 0)
  if (duplicates === 0) return { source: `(${all})`, duplicates }
  const latest = `QUALIFY row_number() OVER (PARTITION BY ${db.names(write.key)} ORDER BY _version DESC, _read_at DESC) = 1`
  return { source: `(SELECT * FROM (${all}) ${latest})`, duplicates }
}

export const typeIn = (table: Table, name: string) => table.columns.find((column) => column.name === name)?.type

/** As text, by the type that the column has in this table. @param row `t.` and the like */
export const columnText = (db: Engine, table: Table, name: string, row = ''): string =>
  db.asText(`${row}${db.quote(name)}`, typeIn(table, name) ?? 'string')

/** The stored columns of these names, as they are. */
export const storedColumns = ({ stored }: BroughtWrite, names: readonly string[]): readonly Column[] =>
  names.map((name) => ({ name, type: typeIn(stored, name) ?? 'string' }))

export const metaValues = (db: Engine, write: TableWrite, runId: string): readonly string[] => [
  db.instant(write.syncedAt),
  '_read_at',
  '_version',
  db.text(runId),
  '_deleted_at',
]

export const contentColumns = (write: TableWrite): readonly string[] =>
  write.table.columns.map((column) => column.name).filter((name) => !isMeta(name))

/** What a source brings of a table of intervals. */
export const loadedColumns = (write: TableWrite): readonly string[] =>
  contentColumns(write).filter((name) => !isInterval(name))

export const meta: readonly string[] = metaColumns.map((column) => column.name)

export const keyJoin = (db: Engine, key: readonly string[]): string =>
  key.map((name) => `s.${db.quote(name)} = t.${db.quote(name)}`).join(' AND ')

export const targetOf = (db: Engine, { table }: TableWrite): string => db.relation(table.schema, table.name)

/** The rows of a target that hold now. */
export const liveIn = (mode: TableWrite['mode']): string => (mode === 'scd2' ? 'is_current' : '_deleted_at IS NULL')

/** Older never overwrites newer (promise 9). */
export const isStale = `(s._version < t._version OR (s._version = t._version AND s._read_at < t._read_at))`

export const outcome = '"#outcome"'

/** What staging writes beside a row's own columns. */
export const stamps: readonly Column[] = [
  { name: '_read_at', type: 'timestamp' },
  { name: '_version', type: 'timestamp' },
  { name: '_deleted_at', type: 'timestamp' },
]

const rejectColumns: readonly Column[] = ['key', 'code', 'message', 'row'].map((name) => ({ name, type: 'string' }))
