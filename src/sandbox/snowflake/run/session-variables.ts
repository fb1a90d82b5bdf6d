import type { Variable } from '../sql/statement.ts'
import { translateDuckDBError } from '../sql/translate-duckdb-error.ts'
import { snowflakeType } from './changed-columns.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import type { RunContext } from './run-statement.ts'
import { statusOutcome } from './status-outcome.ts'

/** SET X = expression: https://docs.snowflake.com/en/sql-reference/sql/set */
export async function setVariables(
  context: RunContext,
  values: readonly { readonly name: string; readonly sql: string }[],
): Promise<Outcome> {
  for (const { name, sql } of values) context.session.variables.set(name, await readValue(context, sql))
  return statusOutcome(statementTypes.alterSession)
}

/** The value of one DuckDB expression, with its type in Snowflake's words. */
export async function readValue({ session }: RunContext, sql: string): Promise<Variable> {
  const query = `SELECT CAST(value AS VARCHAR), typeof(value) FROM (SELECT ${sql} AS value)`
  try {
    const [row] = await session.transaction.read(async () => (await session.connection.run(query)).getRowsJson())
    const [value = null, type = null] = row ?? []
    return {
      type: type === '"NULL"' ? 'VARCHAR(16777216)' : snowflakeType(String(type)),
      value: value === null ? null : String(value),
    }
  } catch (error) {
    throw translateDuckDBError(error, query)
  }
}
