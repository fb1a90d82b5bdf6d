import type { Database } from '../duckdb/open-database.ts'
import { quoteName, quoteText } from '../duckdb/sql-text.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { SpooledFile } from './spool.ts'
import { readAtSql, type StagedColumn } from './stage-chunk.ts'

/**
 * Makes a table of what `select` makes of the files: `r0`, `r1` … as text in the columns' order, `_read_at`, and
 * `_malformed` for a line that is not a JSON object. Read and cast are one statement, so that both run on all threads and
 * nothing is kept twice. One bad line fails DuckDB's reader for the whole file: then the lines are read as text and taken
 * apart one by one.
 */
export async function readChunk(
  db: Database,
  request: {
    readonly files: readonly SpooledFile[]
    readonly columns: readonly StagedColumn[]
    readonly table: string
    readonly select: (source: string) => string
  },
): Promise<void> {
  const { files, columns, table, select } = request
  const json = files.filter((file) => file.format === 'ndjson')
  const csv = files.filter((file) => file.format === 'csv')
  const create = async (jsonSql: typeof jsonSelect) => {
    const sources = [
      ...(json.length > 0 ? [jsonSql(json, columns)] : []),
      ...(csv.length > 0 ? [csvSelect(csv, columns)] : []),
    ]
    await db.run(`CREATE OR REPLACE TEMP TABLE ${table} AS ${select(`(${sources.join(' UNION ALL ')})`)}`)
  }
  try {
    await create(jsonSelect)
  } catch (error) {
    if (json.length === 0 || !(error instanceof MillraceError) || error.code !== 'MR-2003') throw error
    await create(lineSelect)
  }
}

function jsonSelect(files: readonly SpooledFile[], columns: readonly StagedColumn[]): string {
  const spec = columns.map((column) => `${quoteText(column.field)}: ${column.type === 'json' ? `'JSON'` : `'VARCHAR'`}`)
  const cells = columns.map((column, index) =>
    column.type === 'json'
      ? `CASE WHEN ${quoteName(column.field)} = 'null' THEN NULL ELSE ${quoteName(column.field)} END AS r${index}`
      : `${quoteName(column.field)} AS r${index}`,
  )
  return (
    `SELECT ${[...cells, `${readAtSql('_file')} AS _read_at`, 'CAST(NULL AS VARCHAR) AS _malformed'].join(', ')} ` +
    `FROM read_json([${paths(files)}], format = 'newline_delimited', filename = '_file', maximum_object_size = ${maxLineBytes}, columns = {${spec.join(', ')}})`
  )
}

function lineSelect(files: readonly SpooledFile[], columns: readonly StagedColumn[]): string {
  const cells = columns.map((column, index) => {
    const path = quoteText(`$."${column.field.replaceAll('"', '\\"')}"`)
    const value = column.type === 'json' ? `json_extract(line, ${path})` : `json_extract_string(line, ${path})`
    const cast = column.type === 'json' ? `CAST(${value} AS JSON)` : value
    return `CASE WHEN _object THEN ${cast} END AS r${index}`
  })
  return (
    `SELECT ${[...cells, `${readAtSql('_file')} AS _read_at`, `CASE WHEN NOT _object THEN line END AS _malformed`].join(', ')} FROM ` +
    `(SELECT *, coalesce(json_valid(line) AND json_type(TRY_CAST(line AS JSON)) = 'OBJECT', false) AS _object FROM ` +
    `read_csv([${paths(files)}], columns = {line: 'VARCHAR'}, header = false, auto_detect = false, delim = '\\x01', quote = '', escape = '', filename = '_file', max_line_size = ${maxLineBytes}, buffer_size = ${2 * maxLineBytes}))`
  )
}

function csvSelect(files: readonly SpooledFile[], columns: readonly StagedColumn[]): string {
  const cells = columns.map((column, index) =>
    column.type === 'json'
      ? `TRY_CAST(${quoteName(column.field)} AS JSON) AS r${index}`
      : `${quoteName(column.field)} AS r${index}`,
  )
  return (
    `SELECT ${[...cells, `${readAtSql('_file')} AS _read_at`, 'CAST(NULL AS VARCHAR) AS _malformed'].join(', ')} ` +
    `FROM read_csv([${paths(files)}], header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', nullstr = '', auto_detect = false, union_by_name = true, filename = '_file', max_line_size = ${maxLineBytes}, buffer_size = ${2 * maxLineBytes})`
  )
}

const paths = (files: readonly SpooledFile[]) => files.map((file) => quoteText(file.path)).join(', ')

/** A 10 MB cell fits; what is larger is not a row. */
const maxLineBytes = 16 * 1024 * 1024
