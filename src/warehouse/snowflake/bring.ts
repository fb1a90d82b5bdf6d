/** Files as tables of the session: PUT to the table's own stage (which needs no right to make one), then one COPY. */
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column } from '../../model/table.ts'
import type { LineColumn } from '../sql/engine.ts'
import type { SnowflakeClient } from './client/open-client.ts'
import { snowflakeDialect as dialect } from './dialect.ts'
import { withLargeFiles } from './parquet/large-files.ts'

type Link = () => SnowflakeClient

/**
 * Parquet, as staging writes it. JSON stands there as text, and is read as JSON by whoever selects from it.
 * https://docs.snowflake.com/en/sql-reference/sql/copy-into-table
 */
export async function bringParquet(
  link: Link,
  table: string,
  { paths, columns }: { readonly paths: readonly string[]; readonly columns: readonly Column[] },
): Promise<string> {
  await makeTable(
    link,
    table,
    columns.map(({ name, type }) => [dialect.quote(name), type === 'json' ? 'VARCHAR' : dialect.type(type)]),
  )
  await withLargeFiles(paths, (files) => link().put(files, stageOf(table)))
  await link().run(
    `COPY INTO ${table} FROM ${stageOf(table)} FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE) ` +
      `MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ON_ERROR = ABORT_STATEMENT`,
  )
  if (!columns.some(({ type }) => type === 'json')) return table
  const cells = columns.map(({ name, type }) => {
    const cell = dialect.quote(name)
    return type === 'json' ? `${dialect.json(cell)} AS ${cell}` : cell
  })
  return `(SELECT ${cells.join(', ')} FROM ${table})`
}

/** JSON objects, a line each. */
export async function loadLines(
  link: Link,
  table: string,
  { path, columns }: { readonly path: string; readonly columns: readonly LineColumn[] },
): Promise<void> {
  const lines = await copyLines(link, table, path)
  const cells = columns.map(
    ({ name, type }) => `${cellOf(type, `line:${dialect.quote(name).toLowerCase()}`)} AS ${dialect.quote(name)}`,
  )
  await link().run(`CREATE OR REPLACE TEMPORARY TABLE ${table} AS SELECT ${cells.join(', ')} FROM ${lines}`)
}

/** JSON lists, a line each. */
export async function loadLists(link: Link, table: string, path: string): Promise<void> {
  const lines = await copyLines(link, table, path)
  await link().run(`CREATE OR REPLACE TEMPORARY TABLE ${table} AS SELECT line FROM ${lines} WHERE IS_ARRAY(line)`)
}

/** Rows of texts: in the statement itself where they are few. */
export async function bringValues(
  link: Link,
  table: string,
  { columns, rows }: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] },
): Promise<string> {
  const [first = []] = rows
  const list = (cell: (index: number) => string) =>
    columns.map((name, index) => `${cell(index)} AS ${dialect.quote(name)}`).join(', ')
  if (first.length * rows.length <= mostValues) {
    const values = rows.map((row) => `(${row.map(dialect.text).join(', ')})`)
    return `(SELECT ${list((index) => `column${index + 1}`)} FROM (VALUES ${values.join(', ')}))`
  }
  const path = join(tmpdir(), `millrace-${randomUUID()}.ndjson`)
  try {
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 })
    await loadLists(link, table, path)
  } finally {
    await rm(path, { force: true })
  }
  return `(SELECT ${list((index) => dialect.item('line', index))} FROM ${table})`
}

export async function makeTable(
  link: Link,
  table: string,
  columns: readonly (readonly [name: string, type: string])[],
): Promise<void> {
  await link().run(
    `CREATE OR REPLACE TEMPORARY TABLE ${table} (${columns.map(([name, type]) => `${name} ${type}`).join(', ')})`,
  )
}

async function copyLines(link: Link, table: string, path: string): Promise<string> {
  const lines = `${table}_lines`
  await makeTable(link, lines, [['line', 'VARIANT']])
  await link().put([path], stageOf(lines))
  await link().run(`COPY INTO ${lines} FROM ${stageOf(lines)} FILE_FORMAT = (TYPE = JSON) ON_ERROR = ABORT_STATEMENT`)
  return lines
}

function cellOf(type: LineColumn['type'], of: string): string {
  switch (type) {
    case 'now':
      return dialect.now
    case 'texts':
      // Else a null of JSON would be a value.
      return `STRIP_NULL_VALUE(${of})`
    case 'text':
      return `CAST(${of} AS VARCHAR)`
    case 'boolean':
      return `CAST(${of} AS BOOLEAN)`
    case 'integer':
      return `CAST(${of} AS NUMBER(19,0))`
  }
}

const stageOf = (table: string): string => `@%${table}`

/** A statement may hold 16,384 of them: https://docs.snowflake.com/en/sql-reference/constructs/values */
const mostValues = 8000
