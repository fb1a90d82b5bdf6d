/** Table functions that only the session can answer: results of statements, and the history of them. */
import { quoteText } from '../../../duckdb/sql-text.ts'
import { encoded } from '../sql/names.ts'
import type { Column } from '../sql/statement.ts'
import { notQueried } from './failures.ts'
import { historyShape } from './history.ts'
import type { ResultSet } from './result-set.ts'
import type { RunContext } from './run-statement.ts'

export function sessionFunction(
  context: RunContext,
  name: string,
  args: readonly (string | null)[],
): { readonly sql: string; readonly columns: readonly Column[] } | null {
  // With dots it is a table of the shared database: the catalog has it, and rights guard it.
  switch (name.toUpperCase()) {
    case 'RESULT_SCAN':
      return resultScan(context, args[0] ?? context.session.lastQueryId ?? '')
    case 'QUERY_HISTORY':
      return history(seen(context), args)
    case 'QUERY_HISTORY_BY_SESSION':
      return history(`SESSION_ID = ${Number(args[0] ?? context.session.id)}`, args)
    case 'QUERY_HISTORY_BY_USER':
      return history(`USER_NAME = ${quoteText(args[0] ?? context.session.user)}`, args)
    case 'QUERY_HISTORY_BY_WAREHOUSE':
      return history(`WAREHOUSE_NAME = ${quoteText(args[0] ?? context.session.warehouse ?? '')}`, args)
    default:
      return null
  }
}

/** One's own, and with MONITOR on a warehouse whatever ran there. */
function seen({ service, session }: RunContext): string {
  const monitored = Object.keys(service.account.state.warehouses).filter((warehouse) =>
    service.rights.may(session.role, ['MONITOR', 'OPERATE'], 'WAREHOUSE', warehouse),
  )
  const names = ['', ...monitored].map(quoteText).join(', ')
  return `(USER_NAME = ${quoteText(session.user)} OR WAREHOUSE_NAME IN (${names}))`
}

/** https://docs.snowflake.com/en/sql-reference/functions/query_history: a hundred rows, the latest, if RESULT_LIMIT is not said. */
function history(
  condition: string,
  args: readonly (string | null)[],
): { readonly sql: string; readonly columns: readonly Column[] } {
  const limit = args.map(Number).find((number) => number >= 1 && number <= 10_000) ?? 100
  return {
    sql: `SELECT * FROM _sandbox.query_history WHERE ${condition} ORDER BY START_TIME DESC LIMIT ${limit}`,
    columns: historyShape,
  }
}

/** https://docs.snowflake.com/en/sql-reference/functions/result_scan */
function resultScan(
  { service, session }: RunContext,
  id: string,
): { readonly sql: string; readonly columns: readonly Column[] } {
  const query = service.queries.get(id)
  const result = query?.session.user === session.user ? query.outcome?.result : undefined
  if (!result || result.chunks.length > 0) throw notQueried(id)
  return {
    sql: valuesOf(result),
    columns: result.columns.map(({ name, type }) => ({ name, type: typeNames[type] ?? 'VARCHAR(16777216)' })),
  }
}

function valuesOf({ columns, inline }: ResultSet): string {
  const names = columns.map(({ name }) => encoded(name))
  const rows = inline.map((row) => JSON.parse(row) as (string | null)[]) // what we wrote
  const cell = (value: string | null, index: number) => {
    const column = columns[index]
    if (value === null) return `CAST(NULL AS ${duckdbTypes[column?.type ?? 'text'] ?? 'VARCHAR'})`
    switch (column?.type) {
      case 'fixed':
        return `CAST(${quoteText(value)} AS DECIMAL(38,${column.scale ?? 0}))`
      case 'real':
        return `CAST(${quoteText(value)} AS DOUBLE)`
      case 'boolean':
        return value === '1' ? 'TRUE' : 'FALSE'
      case 'date':
        return `(DATE '1970-01-01' + ${Number(value)})`
      case 'timestamp_ntz':
        return `make_timestamp(CAST(CAST(${quoteText(value)} AS DECIMAL(38,9)) * 1000000 AS BIGINT))`
      case 'variant':
        return `CAST(${quoteText(value)} AS JSON)`
      default:
        return quoteText(value)
    }
  }
  if (rows.length === 0)
    return `SELECT * FROM (SELECT ${columns.map((_column, index) => cell(null, index)).join(', ')}) AS t(${names.join(', ')}) WHERE FALSE`
  return `SELECT * FROM (VALUES ${rows.map((row) => `(${row.map(cell).join(', ')})`).join(', ')}) AS t(${names.join(', ')})`
}

const duckdbTypes: { readonly [type: string]: string } = {
  fixed: 'DECIMAL(38,0)',
  real: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp_ntz: 'TIMESTAMP',
  variant: 'JSON',
}

const typeNames: { readonly [type: string]: string } = {
  fixed: 'NUMBER(38,0)',
  real: 'FLOAT',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp_ntz: 'TIMESTAMP_NTZ(9)',
  variant: 'VARIANT',
}
