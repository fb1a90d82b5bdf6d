import { createReadStream, createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Database } from '../duckdb/open-database.ts'
import { ignoringFolders, jsonPointer, quoteName, quoteText } from '../duckdb/sql-text.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { SpooledFile } from './spool.ts'
import { lineReadAtSql, readAtField, readAtSql, rowReadAtSql, unstampedSql } from './read-at.ts'
import { malformed, order, rawName, type StagedColumn } from './staged-column.ts'

/**
 * Makes a table of what `select` makes of the files: the fields as text (`rawName`), `_read_at`, and `malformed` for a
 * line that is not a JSON object. Read and cast are one statement, so that both run on all threads and nothing is kept
 * twice. One bad line, or two fields that differ by case only, fail DuckDB's reader for the whole file: then the lines
 * are read as text and taken apart one by one.
 */
export async function readChunk(
  db: Database,
  request: {
    readonly files: readonly SpooledFile[]
    readonly columns: readonly StagedColumn[]
    readonly table: string
    readonly select: (source: string) => string
    /** Number the rows as they stand in the files (`order`), on one thread. */
    readonly isOrdered: boolean
  },
): Promise<void> {
  const { files, columns, table, select } = request
  const json = files.filter((file) => file.format === 'ndjson')
  const create = async (jsonSql: typeof jsonSelect) => {
    const groups = request.isOrdered ? runsOfAlike(files) : kindsOf(files)
    const all = sourceSql(groups, columns, jsonSql)
    const source = request.isOrdered ? `(SELECT *, row_number() OVER () AS ${order} FROM ${all})` : all
    await db.run(`CREATE OR REPLACE TEMP TABLE ${table} AS ${select(source)}`)
  }
  try {
    await create(jsonSelect)
  } catch (error) {
    if (json.length === 0 || !isUnreadable(error)) throw error
    await create(lineSelect).catch(async (stillThere: unknown) => {
      if (!isUnreadable(stillThere)) throw stillThere
      for (const { path } of json) await mendBytes(path)
      await create(lineSelect)
    })
  }
}

/** The files as one source, to stand after FROM, in any order: with one bad line it fails. */
export const readerSql = (files: readonly SpooledFile[], columns: readonly StagedColumn[]): string =>
  sourceSql(kindsOf(files), columns, jsonSelect)

/** @param groups files of one kind each */
function sourceSql(
  groups: readonly (readonly SpooledFile[])[],
  columns: readonly StagedColumn[],
  jsonSql: typeof jsonSelect,
): string {
  const sources = groups.map((files) =>
    files[0]?.format === 'csv' ? csvSelect(files, columns) : jsonSql(files, columns),
  )
  return `(${sources.join(' UNION ALL ')})`
}

const kindOf = ({ format, readAt }: SpooledFile): string => `${format} ${readAt}`

const kindsOf = (files: readonly SpooledFile[]): readonly (readonly SpooledFile[])[] =>
  [...Map.groupBy(files, kindOf)].map(([, alike]) => alike)

/** As they came one after another. */
function runsOfAlike(files: readonly SpooledFile[]): readonly (readonly SpooledFile[])[] {
  const runs: SpooledFile[][] = []
  let last: string | undefined
  for (const file of files) {
    if (kindOf(file) !== last) runs.push([])
    runs.at(-1)?.push(file)
    last = kindOf(file)
  }
  return runs
}

export const isUnreadable = (error: unknown): boolean => error instanceof MillraceError && error.code === 'MR-2003'

/** Bytes that are not UTF-8 become U+FFFD, as lone surrogates do: one of them must not cost all rows of its file. */
async function mendBytes(path: string): Promise<void> {
  const mended = `${path}.mended`
  await pipeline(createReadStream(path, { encoding: 'utf8' }), createWriteStream(mended))
  await rename(mended, path)
}

function jsonSelect(files: readonly SpooledFile[], columns: readonly StagedColumn[]): string {
  const spec = columns.map((column) => `${quoteText(column.field)}: ${column.type === 'json' ? `'JSON'` : `'VARCHAR'`}`)
  const cells = columns.map((column, index) =>
    column.type === 'json'
      ? `CASE WHEN ${quoteName(column.field)} = 'null' THEN NULL ELSE ${quoteName(column.field)} END AS ${rawName(index)}`
      : `${quoteName(column.field)} AS ${rawName(index)}`,
  )
  const readAt = stampsRows(files) ? rowReadAtSql : readAtSql(fileColumn)
  if (stampsRows(files)) spec.push(`${quoteText(readAtField)}: 'BIGINT'`)
  return (
    `SELECT ${[...cells, `${readAt} AS _read_at`, `CAST(NULL AS VARCHAR) AS ${malformed}`].join(', ')} ` +
    `FROM read_json([${paths(files)}], format = 'newline_delimited', filename = '#file', ${ignoringFolders}, maximum_object_size = ${maxLineBytes}, columns = {${spec.join(', ')}})`
  )
}

function lineSelect(files: readonly SpooledFile[], columns: readonly StagedColumn[]): string {
  const cells = columns.map((column, index) => {
    const path = jsonPointer(column.field)
    const value = column.type === 'json' ? `json_extract(line, ${path})` : `json_extract_string(line, ${path})`
    const cast = column.type === 'json' ? `CAST(nullif(CAST(${value} AS VARCHAR), 'null') AS JSON)` : value
    return `CASE WHEN _object THEN ${cast} END AS ${rawName(index)}`
  })
  const readAt = stampsRows(files) ? lineReadAtSql('line') : readAtSql(fileColumn)
  const asItCame = stampsRows(files) ? unstampedSql('line') : 'line'
  return (
    `SELECT ${[...cells, `${readAt} AS _read_at`, `CASE WHEN NOT _object THEN ${asItCame} END AS ${malformed}`].join(', ')} FROM ` +
    `(SELECT *, coalesce(json_valid(line) AND json_type(TRY_CAST(line AS JSON)) = 'OBJECT', false) AS _object FROM ` +
    `read_csv([${paths(files)}], columns = {line: 'VARCHAR'}, header = false, auto_detect = false, delim = '\\x01', quote = '', escape = '', filename = '#file', ${ignoringFolders}, max_line_size = ${maxLineBytes}, buffer_size = ${2 * maxLineBytes}))`
  )
}

/** Without `comment` DuckDB takes a first cell that begins with # for one, and leaves out what follows a #. */
function csvSelect(files: readonly SpooledFile[], columns: readonly StagedColumn[]): string {
  const cells = columns.map((column, index) =>
    column.type === 'json'
      ? `TRY_CAST(${quoteName(column.field)} AS JSON) AS ${rawName(index)}`
      : `${quoteName(column.field)} AS ${rawName(index)}`,
  )
  return (
    `SELECT ${[...cells, `${readAtSql(fileColumn)} AS _read_at`, `CAST(NULL AS VARCHAR) AS ${malformed}`].join(', ')} ` +
    `FROM read_csv([${paths(files)}], header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', nullstr = '', comment = '', auto_detect = false, union_by_name = true, filename = '#file', ${ignoringFolders}, max_line_size = ${maxLineBytes}, buffer_size = ${2 * maxLineBytes})`
  )
}

/** All of them do, or none. */
const stampsRows = (files: readonly SpooledFile[]): boolean => files[0]?.readAt === 'in each row'

/** DuckDB's column with the path of the file. */
const fileColumn = '"#file"'

const paths = (files: readonly SpooledFile[]) => files.map((file) => quoteText(file.path)).join(', ')

/** A 10 MB cell fits; what is larger is not a row. */
export const maxLineBytes = 16 * 1024 * 1024
