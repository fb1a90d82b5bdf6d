/** What stands in the database, by INFORMATION_SCHEMA: https://docs.snowflake.com/en/sql-reference/info-schema */
import type { Table } from '../../model/table.ts'
import type { TextRow } from '../../model/text-row.ts'
import { snowflakeDialect as dialect } from './dialect.ts'
import { logicalName, storedName } from './names.ts'
import { logicalType } from './column-type.ts'

type Rows = (sql: string) => Promise<readonly TextRow[]>

export async function introspectTable(rows: Rows, schema: string, name: string): Promise<Table | null> {
  const found = await rows(
    `SELECT column_name, data_type, numeric_precision, numeric_scale FROM INFORMATION_SCHEMA.COLUMNS ` +
      `WHERE ${isIn(schema)} AND table_name = ${dialect.text(storedName(name))} ORDER BY ordinal_position`,
  )
  if (found.length === 0) return null
  const columns = found.map((row) => ({
    name: logicalName(row['column_name'] ?? ''),
    type: logicalType(row['data_type'] ?? '', numberOf(row['numeric_precision']), numberOf(row['numeric_scale'])),
  }))
  return { schema, name, columns }
}

export async function tablesIn(rows: Rows, schema: string, prefix: string): Promise<readonly string[]> {
  const found = await rows(
    `SELECT table_name FROM INFORMATION_SCHEMA.TABLES WHERE ${isIn(schema)} AND STARTSWITH(table_name, ${dialect.text(storedName(prefix))}) ORDER BY table_name`,
  )
  return found.map((row) => logicalName(row['table_name'] ?? ''))
}

/** The text of each view of a schema, by its logical name. */
export async function viewsIn(rows: Rows, schema: string): Promise<ReadonlyMap<string, string>> {
  const found = await rows(`SELECT table_name, view_definition FROM INFORMATION_SCHEMA.VIEWS WHERE ${isIn(schema)}`)
  return new Map(found.map((row) => [logicalName(row['table_name'] ?? ''), row['view_definition'] ?? '']))
}

const isIn = (schema: string): string => `table_schema = ${dialect.text(storedName(schema))}`

const numberOf = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : Number(text)
