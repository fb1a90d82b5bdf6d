/** A table's columns after an ALTER, in Snowflake's words: from the view that INFORMATION_SCHEMA is made of. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteText } from '../../../duckdb/sql-text.ts'
import type { Column, ObjectName } from '../sql/statement.ts'

export async function changedColumns(
  connection: DuckDBConnection,
  { database, schema, name }: ObjectName,
  temporary: boolean,
): Promise<readonly Column[]> {
  const result = await connection.run(
    `SELECT column_name, t, is_nullable FROM sf_all_columns
     WHERE database_name = ${quoteText(database ?? '')} AND schema_name = ${quoteText(schema ?? '')}
     AND table_name = ${quoteText(name)} AND is_temporary = ${temporary} ORDER BY column_index`,
  )
  return (await result.getRowsJson()).map(([column, type, nullable]) => ({
    name: String(column),
    type: String(type),
    nullable: nullable !== false,
  }))
}
