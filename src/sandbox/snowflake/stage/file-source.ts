/** A stage's file as DuckDB reads it, and its columns. */
import { DuckDBTypeId, type DuckDBConnection } from '@duckdb/node-api'
import { quoteName, quoteText } from '../../../duckdb/sql-text.ts'
import { snowflakeError, unsupported } from '../sql/snowflake-error.ts'
import type { CellType } from './load-cell.ts'
import type { StageFile } from './stage-files.ts'

export type FileFormat = Readonly<Record<string, string>>

export type FileSource = {
  /** A DuckDB relation. */
  readonly sql: string
  /** Parquet: its columns. CSV: C1, C2 … JSON: one, `json`. */
  readonly columns: readonly { readonly name: string; readonly type: CellType }[]
}

/** `width`: how many columns the table expects of a CSV file. */
export async function openSource(
  connection: DuckDBConnection,
  file: StageFile,
  { format, width }: { readonly format: FileFormat; readonly width: number },
): Promise<FileSource> {
  switch (format.TYPE ?? 'CSV') {
    case 'PARQUET':
      return parquet(connection, file)
    case 'JSON':
      return {
        sql: `read_json_objects(${quoteText(file.path)}, format = ${isTrue(format.STRIP_OUTER_ARRAY) ? `'array'` : `'unstructured'`}, maximum_object_size = 134217728)`,
        columns: [{ name: 'json', type: { typeId: DuckDBTypeId.VARCHAR, alias: 'JSON' } }],
      }
    case 'CSV':
      return csv(file, format, width)
    default:
      throw unsupported(`FILE FORMAT TYPE ${format.TYPE ?? ''}`)
  }
}

async function parquet(connection: DuckDBConnection, file: StageFile): Promise<FileSource> {
  const sql = `read_parquet(${quoteText(file.path)})`
  try {
    const prepared = await connection.prepare(`SELECT * FROM ${sql}`)
    const columns = Array.from({ length: prepared.columnCount }, (_column, index) => ({
      name: prepared.columnName(index),
      type: prepared.columnType(index),
    }))
    prepared.destroySync()
    return { sql, columns }
  } catch (error) {
    throw snowflakeError(
      '100144',
      '22000',
      `Error parsing the parquet file: ${(error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''}\n  File '${file.name}'`,
    )
  }
}

/** https://docs.snowflake.com/en/sql-reference/sql/create-file-format#type-csv */
function csv(file: StageFile, format: FileFormat, width: number): FileSource {
  const names = Array.from({ length: width }, (_column, index) => `c${index + 1}`)
  const quote = format.FIELD_OPTIONALLY_ENCLOSED_BY
  const options = [
    `auto_detect = false`,
    `header = false`,
    `columns = {${names.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ')}}`,
    `delim = ${quoteText(format.FIELD_DELIMITER ?? ',')}`,
    `quote = ${quoteText(quote === undefined || quote === 'NONE' ? '' : quote)}`,
    `escape = ${quoteText(quote === undefined || quote === 'NONE' ? '' : quote)}`,
    `skip = ${Number(format.SKIP_HEADER ?? 0) + (isTrue(format.PARSE_HEADER) ? 1 : 0)}`,
    `nullstr = ['\\N']`,
    `null_padding = ${isTrue(format.ERROR_ON_COLUMN_COUNT_MISMATCH ?? 'TRUE') ? 'false' : 'true'}`,
  ]
  const empty = isTrue(format.EMPTY_FIELD_AS_NULL ?? 'TRUE')
  const cells = names.map(
    (name) => `${empty ? `nullif(${quoteName(name)}, '')` : quoteName(name)} AS ${quoteName(name)}`,
  )
  return {
    sql: `(SELECT ${cells.join(', ')} FROM read_csv(${quoteText(file.path)}, ${options.join(', ')}))`,
    columns: names.map((name) => ({ name, type: { typeId: DuckDBTypeId.VARCHAR } })),
  }
}

export const isTrue = (word: string | undefined): boolean => word?.toUpperCase() === 'TRUE'
