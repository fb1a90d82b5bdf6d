/**
 * What an older millrace made lacks what came later. Whoever only looks changes nothing there: tables of the session's own,
 * which Snowflake sees before those of the same name, stand in until a run has made it.
 * https://docs.snowflake.com/en/user-guide/tables-temp-transient#potential-naming-conflicts-with-other-table-types
 */
import { stateColumns, stateSchema } from '../sql/state-schema.ts'
import type { SnowflakeClient } from './client/open-client.ts'
import { snowflakeDialect as dialect } from './dialect.ts'
import { storedName } from './names.ts'
import { standInRows } from './stand-in.ts'

/** false: there is no state at all. */
export async function standInForState(client: SnowflakeClient): Promise<boolean> {
  const found = await client.rows(
    `SELECT table_name AS t, column_name AS c FROM INFORMATION_SCHEMA.COLUMNS WHERE table_schema = ${dialect.text(storedName(stateSchema))}`,
  )
  const there = new Set(found.map(({ t, c }) => `${t}.${c}`))
  const tables = stateColumns().map(([table, columns]) => {
    const standing = columns.filter(({ name }) => there.has(`${storedName(table)}.${storedName(name)}`))
    return { at: `${dialect.quote(stateSchema)}.${dialect.quote(table)}`, columns, standing }
  })
  if (tables.every(({ standing }) => standing.length === 0)) return false
  for (const { columns, ...other } of tables)
    if (other.standing.length < columns.length)
      await client.run(`CREATE TEMPORARY TABLE ${other.at} AS ${standInRows(columns, other)}`)
  return true
}
