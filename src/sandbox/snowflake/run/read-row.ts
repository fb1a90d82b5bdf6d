import { checkReads } from '../account/check-rights.ts'
import { translateDuckDBError } from '../sql/translate-duckdb-error.ts'
import type { Query } from '../sql/statement.ts'
import { needWarehouse } from './need-warehouse.ts'
import type { RunContext } from './run-statement.ts'

/** The one row of a query, as text, and how many rows there were (2 stands for more). */
export async function readRow(
  context: RunContext,
  { sql, reads }: Query,
): Promise<{ readonly row: readonly (string | null)[]; readonly count: number }> {
  const { session } = context
  checkReads(context, reads)
  if (reads.length > 0) needWarehouse(context)
  const query = `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${sql}\n) LIMIT 2`
  try {
    const rows = await session.transaction.read(async () => (await session.connection.run(query)).getRowsJson())
    return { row: (rows[0] ?? []).map((cell) => (cell === null ? null : String(cell))), count: rows.length }
  } catch (error) {
    throw translateDuckDBError(error, query)
  }
}
