import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteText } from '../../../duckdb/sql-text.ts'
import { encodeName, schemaSql } from '../sql/names.ts'
import type { ObjectName } from '../sql/statement.ts'

export type Scanned = (connection: DuckDBConnection, reads: readonly ObjectName[]) => Promise<number>

/** What a statement would have scanned: rows times columns times eight bytes of each table that it reads, whole. */
export function createScanned(): Scanned {
  return async (connection, reads) => {
    const tables = reads.filter(({ schema }) => schema !== null && schema !== 'INFORMATION_SCHEMA')
    if (tables.length === 0) return 0
    const wanted = tables.map(({ database, schema, name }) => {
      const folder = schemaSql(database ?? '', schema ?? '')
        .slice(1, -1)
        .replaceAll('""', '"')
      return `(${quoteText(folder)}, ${quoteText(encodeName(name))})`
    })
    const result = await connection.run(
      `SELECT coalesce(sum(estimated_size * column_count * 8), 0) FROM duckdb_tables()
       WHERE (schema_name, table_name) IN (${wanted.join(', ')})`,
    )
    const [row] = await result.getRowsJson()
    return Number(row?.[0] ?? 0)
  }
}
