import type { Database } from '../../src/duckdb/open-database.ts'
import { duckdbType, quoteName, quoteText } from '../../src/duckdb/sql-text.ts'
import type { LogicalType } from '../../src/model/logical-type.ts'

export type Cell = string | number | boolean | null | undefined

/** Typed rows as a Parquet file, as staging would write them. Binary cells are given as base64. */
export async function writeParquet(
  db: Database,
  path: string,
  {
    columns,
    rows,
    json = 'json',
  }: {
    readonly columns: { readonly [name: string]: LogicalType }
    readonly rows: readonly { readonly [name: string]: Cell }[]
    /** As the warehouse wants it. @default 'json' */
    readonly json?: 'json' | 'text'
  },
): Promise<void> {
  const names = Object.keys(columns)
  const none = rows.length === 0
  const values = (none ? [{}] : rows).map(
    (row: { readonly [name: string]: Cell }) => `(${names.map((name) => literal(row[name])).join(', ')})`,
  )
  const casts = Object.entries(columns).map(
    ([name, type], index) =>
      `${typed(`c${index}`, type === 'json' && json === 'text' ? 'string' : type)} AS ${quoteName(name)}`,
  )
  await db.run(
    `COPY (SELECT ${casts.join(', ')} FROM (VALUES ${values.join(', ')}) v(${names.map((_, index) => `c${index}`).join(', ')})${none ? ' LIMIT 0' : ''}) ` +
      `TO ${quoteText(path)} (FORMAT parquet)`,
  )
}

const literal = (cell: Cell) =>
  cell === null || cell === undefined ? 'CAST(NULL AS VARCHAR)' : quoteText(String(cell))

const typed = (text: string, type: LogicalType) =>
  type === 'binary' ? `from_base64(${text})` : `CAST(${text} AS ${duckdbType(type)})`
