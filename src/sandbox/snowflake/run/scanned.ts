import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteText } from '../../../duckdb/sql-text.ts'
import { encodeName, schemaSql } from '../sql/names.ts'
import type { ObjectName } from '../sql/statement.ts'
import { keyOf } from './catalog.ts'

export type Scanned = {
  /** What a statement would have scanned: rows times columns times eight bytes of each table that it reads, whole. */
  readonly bytes: (connection: DuckDBConnection, reads: readonly ObjectName[]) => Promise<number>
  /** The table is another, or has many more rows. */
  readonly forget: (table: ObjectName) => void
}

export function createScanned(): Scanned {
  // DuckDB takes milliseconds to tell: for a while the last answer does.
  const known = new Map<string, { readonly bytes: number; readonly at: number }>()
  return {
    bytes: async (connection, reads) => {
      let sum = 0
      for (const name of reads) {
        const key = keyOf('relation', name)
        const last = known.get(key)
        const now = performance.now()
        const size = last && now - last.at < goodForMs ? last : { bytes: await sizeOf(connection, name), at: now }
        known.set(key, size)
        sum += size.bytes
      }
      return sum
    },
    forget: (table) => void known.delete(keyOf('relation', table)),
  }
}

const goodForMs = 2000

async function sizeOf(connection: DuckDBConnection, { database, schema, name }: ObjectName): Promise<number> {
  const folder = schemaSql(database ?? '', schema ?? '')
    .slice(1, -1)
    .replaceAll('""', '"')
  const result = await connection.run(
    `SELECT coalesce(sum(estimated_size * column_count * 8), 0) FROM duckdb_tables()
     WHERE schema_name = ${quoteText(folder)} AND table_name = ${quoteText(encodeName(name))}`,
  )
  const [row] = await result.getRowsJson()
  return Number(row?.[0] ?? 0)
}
