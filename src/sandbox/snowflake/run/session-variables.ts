import type { Statement } from '../sql/statement.ts'
import type { Outcome } from './query-store.ts'
import { readRow } from './read-row.ts'
import { statementTypes } from './record-query.ts'
import type { RunContext } from './run-statement.ts'
import { statusOutcome } from './listing.ts'

/** SET X = expression: https://docs.snowflake.com/en/sql-reference/sql/set */
export async function setVariables(
  context: RunContext,
  { values, reads }: Extract<Statement, { kind: 'set_variable' }>,
): Promise<Outcome> {
  for (const { name, sql, type } of values) {
    const { row } = await readRow(context, { kind: 'query', sql, columns: [], reads })
    context.session.variables.set(name, { type, value: row[0] ?? null })
  }
  return statusOutcome(statementTypes.alterSession)
}
