/**
 * What an older millrace made lacks what came later. Whoever only looks changes nothing there: tables of the session's own,
 * which Snowflake sees before those of the same name, stand in until a run has made it.
 * https://docs.snowflake.com/en/user-guide/tables-temp-transient#potential-naming-conflicts-with-other-table-types
 */
import { stateColumns, stateSchema } from '../sql/state-schema.ts'
import type { SnowflakeClient } from './client/open-client.ts'
import { snowflakeDialect as dialect } from './dialect.ts'
import { storedName } from './names.ts'

/** false: there is no state at all. */
export async function standInForState(client: SnowflakeClient): Promise<boolean> {
  const found = await client.rows(
    `SELECT table_name AS t, column_name AS c FROM INFORMATION_SCHEMA.COLUMNS WHERE table_schema = ${dialect.text(storedName(stateSchema))}`,
  )
  const standing = new Set(found.map(({ t, c }) => `${t}.${c}`))
  const stands = (table: string, column: string) => standing.has(`${storedName(table)}.${storedName(column)}`)
  if (!stateColumns().some(([table, columns]) => columns.some(({ name }) => stands(table, name)))) return false
  for (const [table, columns] of stateColumns()) {
    if (columns.every(({ name }) => stands(table, name))) continue
    const at = `${dialect.quote(stateSchema)}.${dialect.quote(table)}`
    const cells = columns.map(
      ({ name, type }) =>
        `${stands(table, name) ? dialect.quote(name) : `CAST(NULL AS ${dialect.type(type)})`} AS ${dialect.quote(name)}`,
    )
    const from = columns.some(({ name }) => stands(table, name)) ? at : '(SELECT 1) WHERE FALSE'
    await client.run(`CREATE TEMPORARY TABLE ${at} AS SELECT ${cells.join(', ')} FROM ${from}`)
  }
  return true
}
