/** A table's columns after an ALTER: DuckDB knows which there are, the catalog knows what Snowflake called their types. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteText } from '../../../duckdb/sql-text.ts'
import { decodeName, encodeName, schemaSql, temporarySql } from '../sql/names.ts'
import type { Column } from '../sql/statement.ts'
import type { CatalogObject } from './catalog.ts'

export async function changedColumns(
  connection: DuckDBConnection,
  { name, columns }: CatalogObject,
  temporary: boolean,
): Promise<readonly Column[]> {
  const unquote = (quoted: string) => quoted.slice(1, -1).replaceAll('""', '"')
  const schema = temporary ? 'main' : unquote(schemaSql(name.database ?? '', name.schema ?? ''))
  const table = temporary ? unquote(temporarySql(name).replace(/^temp\.main\./, '')) : encodeName(name.name)
  const result = await connection.run(
    `SELECT column_name, data_type, is_nullable FROM duckdb_columns()
     WHERE schema_name = ${quoteText(schema)} AND table_name = ${quoteText(table)} ORDER BY column_index`,
  )
  const known = new Map(columns.map((column) => [column.name, column]))
  return (await result.getRowsJson()).map(([column, type, nullable]) => {
    const decoded = decodeName(String(column))
    const snowflake = snowflakeType(String(type))
    const before = known.get(decoded)
    const same = before && baseOf(before.type) === baseOf(snowflake)
    return {
      name: decoded,
      type: same && !snowflake.startsWith('NUMBER') ? before.type : snowflake,
      nullable: nullable !== false,
    }
  })
}

const baseOf = (type: string) => type.replace(/\(.*/, '')

/** The type that a DuckDB column would have in Snowflake. */
export function snowflakeType(type: string): string {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type)
  if (decimal) return `NUMBER(${Number(decimal[1])},${Number(decimal[2])})`
  if (/INT|^HUGE/.test(type)) return 'NUMBER(38,0)'
  if (type === 'DOUBLE' || type === 'FLOAT') return 'FLOAT'
  if (type === 'TIMESTAMP WITH TIME ZONE') return 'TIMESTAMP_LTZ(9)'
  if (type.startsWith('TIMESTAMP')) return 'TIMESTAMP_NTZ(9)'
  if (type === 'TIME') return 'TIME(9)'
  if (type === 'BLOB') return 'BINARY(8388608)'
  if (type === 'JSON') return 'VARIANT'
  return type === 'BOOLEAN' || type === 'DATE' ? type : 'VARCHAR(16777216)'
}
