/** A stage's file as DuckDB reads it, and its columns. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { ignoringFolders, quoteName, quoteText } from '../../../duckdb/sql-text.ts'
import type { FileSource } from '../sql/copy/copy-rows.ts'
import { snowflakeError, unsupported } from '../sql/snowflake-error.ts'
import type { StageFile } from './stage-files.ts'

export type FileFormat = Readonly<Record<string, string>>

export async function openSource(
  connection: DuckDBConnection,
  file: StageFile,
  format: FileFormat,
): Promise<FileSource> {
  switch (format.TYPE ?? 'CSV') {
    case 'PARQUET':
      return parquet(connection, file)
    case 'JSON':
      return {
        format: 'json',
        sql: `read_json_objects(${quoteText(file.path)}, format = ${isTrue(format.STRIP_OUTER_ARRAY) ? `'array'` : `'unstructured'`}, maximum_object_size = 134217728, ${ignoringFolders})`,
        column: 'json',
      }
    case 'CSV':
      return csv(connection, file, format)
    default:
      throw unsupported(`FILE FORMAT TYPE ${format.TYPE ?? ''}`)
  }
}

async function parquet(connection: DuckDBConnection, file: StageFile): Promise<FileSource> {
  const sql = `read_parquet(${quoteText(file.path)}, ${ignoringFolders})`
  try {
    const prepared = await connection.prepare(`SELECT * FROM ${sql}`)
    const columns = Array.from({ length: prepared.columnCount }, (_column, index) => {
      const type = prepared.columnType(index)
      return { name: prepared.columnName(index), type: type.alias ?? type.toString() }
    })
    prepared.destroySync()
    return { format: 'parquet', sql, columns }
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
    throw snowflakeError('100144', '22000', `Error parsing the parquet file: ${reason}\n  File '${file.name}'`)
  }
}

/** https://docs.snowflake.com/en/sql-reference/sql/create-file-format#type-csv */
async function csv(connection: DuckDBConnection, file: StageFile, format: FileFormat): Promise<FileSource> {
  const enclosed = format.FIELD_OPTIONALLY_ENCLOSED_BY
  const quote = quoteText(enclosed === undefined || enclosed === 'NONE' ? '' : enclosed)
  const skip = Number(format.SKIP_HEADER ?? 0) + (isTrue(format.PARSE_HEADER) ? 1 : 0)
  const shape = [
    `header = false`,
    ignoringFolders,
    `delim = ${quoteText(format.FIELD_DELIMITER ?? ',')}`,
    `quote = ${quote}`,
    `escape = ${quote}`,
    `skip = ${skip}`,
  ]
  const sniffed = await connection.run(
    `SELECT len(Columns) FROM sniff_csv(${quoteText(file.path)}, ${shape.join(', ')})`,
  )
  const width = Number((await sniffed.getRowsJson())[0]?.[0] ?? 1)
  const columns = Array.from({ length: width }, (_column, index) => `c${index + 1}`)
  const options = [
    ...shape,
    `auto_detect = false`,
    `columns = {${columns.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ')}}`,
    `nullstr = ['\\N']`,
    `null_padding = ${isTrue(format.ERROR_ON_COLUMN_COUNT_MISMATCH ?? 'TRUE') ? 'false' : 'true'}`,
  ]
  const isNull = isTrue(format.EMPTY_FIELD_AS_NULL ?? 'TRUE')
  const cells = columns.map((name) => `${isNull ? `nullif(${quoteName(name)}, '')` : name} AS ${quoteName(name)}`)
  return {
    format: 'csv',
    sql: `(SELECT ${cells.join(', ')} FROM read_csv(${quoteText(file.path)}, ${options.join(', ')}))`,
    columns,
  }
}

export const isTrue = (word: string | undefined): boolean => word?.toUpperCase() === 'TRUE'
