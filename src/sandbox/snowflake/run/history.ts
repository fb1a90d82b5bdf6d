/**
 * QUERY_HISTORY, as a table in DuckDB. It is written when somebody asks for it, and at the end.
 * https://docs.snowflake.com/en/sql-reference/functions/query_history
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteText, textOrNull } from '../../../duckdb/sql-text.ts'
import type { HistoryEntry, Journal } from '../journal.ts'
import type { Column } from '../sql/statement.ts'

export async function createHistory(connection: DuckDBConnection): Promise<void> {
  const columns = historyColumns.map(([name, type]) => `${name} ${type}`)
  // A file of an older millrace has it with other columns: what statements cost then is of no use any more.
  const known = await connection.run(
    `SELECT count(*) FROM duckdb_columns() WHERE schema_name = '_sandbox' AND table_name = 'query_history'`,
  )
  const [[count] = []] = await known.getRowsJson()
  if (Number(count) !== 0 && Number(count) !== historyColumns.length)
    await connection.run(`DROP TABLE _sandbox.query_history CASCADE`)
  await connection.run(`CREATE TABLE IF NOT EXISTS _sandbox.query_history (${columns.join(', ')})`)
  await connection.run(`CREATE TABLE IF NOT EXISTS _sandbox.clock (instant TIMESTAMPTZ)`)
}

/** @param now what the views of the account's use lag behind */
export async function saveHistory(connection: DuckDBConnection, journal: Journal, now: Date): Promise<void> {
  await connection.run(`DELETE FROM _sandbox.clock`)
  await connection.run(`INSERT INTO _sandbox.clock VALUES (TIMESTAMPTZ ${quoteText(now.toISOString())})`)
  const entries = journal.takeUnsaved()
  for (let start = 0; start < entries.length; start += 500) {
    const rows = entries.slice(start, start + 500).map((entry) => `(${cellsOf(entry).join(', ')})`)
    await connection.run(`INSERT INTO _sandbox.query_history VALUES ${rows.join(', ')}`)
  }
}

export type UsageView = { readonly name: string; readonly sql: string; readonly columns: readonly Column[] }

/**
 * https://docs.snowflake.com/en/sql-reference/account-usage/query_history, …/query_attribution_history: the first lags by
 * 45 minutes; the second by hours, and leaves out what took 100 ms or less.
 */
export function usageViews({ historyLagMs, attributionLagMs }: UsageLag): readonly UsageView[] {
  const told = (lagMs: number) =>
    `END_TIME <= (SELECT max(instant) FROM _sandbox.clock) - INTERVAL ${Math.round(lagMs)} MILLISECOND`
  const attributed = historyColumns.filter(([name]) => attributionColumns.includes(name))
  const credits: Column = { name: 'CREDITS_ATTRIBUTED_COMPUTE', type: 'FLOAT' }
  return [
    {
      name: 'QUERY_HISTORY',
      columns: historyShape,
      sql: `SELECT ${historyShape.map(({ name }) => name).join(', ')} FROM _sandbox.query_history WHERE ${told(historyLagMs)}`,
    },
    {
      name: 'QUERY_ATTRIBUTION_HISTORY',
      columns: [...attributed.map(([name, , type]) => ({ name, type })), credits],
      sql:
        `SELECT ${attributed.map(([name]) => name).join(', ')}, CAST(CREDITS AS DOUBLE) AS CREDITS_ATTRIBUTED_COMPUTE ` +
        `FROM _sandbox.query_history WHERE EXECUTION_TIME > 100 AND ${told(attributionLagMs)}`,
    },
  ]
}

export type UsageLag = { readonly historyLagMs: number; readonly attributionLagMs: number }

export const usualLag: UsageLag = { historyLagMs: 45 * 60_000, attributionLagMs: 8 * 3_600_000 }

function cellsOf(entry: HistoryEntry): readonly string[] {
  const start = new Date(entry.at)
  const end = new Date(start.getTime() + entry.milliseconds)
  // An X-Small warehouse costs one credit an hour, each size twice the one before.
  const credits =
    (entry.warehouse === null ? 0 : entry.milliseconds / 3_600_000) * (sizes[entry.warehouseSize ?? ''] ?? 1)
  return [
    quoteText(entry.queryId),
    // The vendor keeps 100,000 letters of a statement.
    quoteText(entry.sql.slice(0, 100_000)),
    textOrNull(entry.database),
    textOrNull(entry.schema),
    quoteText(entry.queryType),
    entry.sessionId,
    quoteText(entry.user),
    quoteText(entry.role),
    textOrNull(entry.warehouse),
    textOrNull(entry.warehouseSize),
    textOrNull(entry.queryTag === '' ? null : entry.queryTag),
    entry.status === 'ok' ? `'SUCCESS'` : `'FAILED_WITH_ERROR'`,
    textOrNull(entry.code ?? null),
    textOrNull(entry.message ?? null),
    `TIMESTAMPTZ ${quoteText(start.toISOString())}`,
    `TIMESTAMPTZ ${quoteText(end.toISOString())}`,
    String(entry.milliseconds),
    String(entry.bytesScanned),
    String(entry.rows),
    String(entry.rowsInserted),
    String(entry.rowsUpdated),
    String(entry.rowsDeleted),
    String(entry.milliseconds),
    (credits / 10).toFixed(9),
    credits.toFixed(9),
  ]
}

const sizes: { readonly [size: string]: number } = { 'X-Small': 1, Small: 2, Medium: 4, Large: 8, 'X-Large': 16 }

/** Name, DuckDB's type, Snowflake's type. */
const historyColumns: readonly (readonly [name: string, type: string, snowflake: string])[] = [
  ['QUERY_ID', 'VARCHAR', 'VARCHAR(16777216)'],
  ['QUERY_TEXT', 'VARCHAR', 'VARCHAR(16777216)'],
  ['DATABASE_NAME', 'VARCHAR', 'VARCHAR(16777216)'],
  ['SCHEMA_NAME', 'VARCHAR', 'VARCHAR(16777216)'],
  ['QUERY_TYPE', 'VARCHAR', 'VARCHAR(16777216)'],
  ['SESSION_ID', 'DECIMAL(38,0)', 'NUMBER(38,0)'],
  ['USER_NAME', 'VARCHAR', 'VARCHAR(16777216)'],
  ['ROLE_NAME', 'VARCHAR', 'VARCHAR(16777216)'],
  ['WAREHOUSE_NAME', 'VARCHAR', 'VARCHAR(16777216)'],
  ['WAREHOUSE_SIZE', 'VARCHAR', 'VARCHAR(16777216)'],
  ['QUERY_TAG', 'VARCHAR', 'VARCHAR(16777216)'],
  ['EXECUTION_STATUS', 'VARCHAR', 'VARCHAR(16777216)'],
  ['ERROR_CODE', 'VARCHAR', 'VARCHAR(16777216)'],
  ['ERROR_MESSAGE', 'VARCHAR', 'VARCHAR(16777216)'],
  ['START_TIME', 'TIMESTAMPTZ', 'TIMESTAMP_LTZ(6)'],
  ['END_TIME', 'TIMESTAMPTZ', 'TIMESTAMP_LTZ(6)'],
  ['TOTAL_ELAPSED_TIME', 'DECIMAL(38,0)', 'NUMBER(38,0)'],
  ['BYTES_SCANNED', 'DECIMAL(38,0)', 'NUMBER(38,0)'],
  ['ROWS_PRODUCED', 'DECIMAL(38,0)', 'NUMBER(38,0)'],
  ['ROWS_INSERTED', 'DECIMAL(38,0)', 'NUMBER(38,0)'],
  ['ROWS_UPDATED', 'DECIMAL(38,0)', 'NUMBER(38,0)'],
  ['ROWS_DELETED', 'DECIMAL(38,0)', 'NUMBER(38,0)'],
  ['EXECUTION_TIME', 'DECIMAL(38,0)', 'NUMBER(38,0)'],
  ['CREDITS_USED_CLOUD_SERVICES', 'DECIMAL(38,9)', 'NUMBER(38,9)'],
  // No column of the vendor's here: its view of attributed credits is made of it.
  ['CREDITS', 'DECIMAL(38,9)', 'NUMBER(38,9)'],
]

export const historyShape: readonly Column[] = historyColumns.flatMap(([name, , type]) =>
  name === 'CREDITS' ? [] : [{ name, type }],
)

const attributionColumns: readonly string[] = [
  'QUERY_ID',
  'WAREHOUSE_NAME',
  'USER_NAME',
  'QUERY_TAG',
  'START_TIME',
  'END_TIME',
]
