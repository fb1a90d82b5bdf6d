/** Table functions that only the session can answer: results of statements, and the history of them. */
import { quoteText } from '../../../duckdb/sql-text.ts'
import { encoded } from '../sql/names.ts'
import { compilationError } from '../sql/snowflake-error.ts'
import type { Column } from '../sql/statement.ts'
import { notQueried } from './failures.ts'
import { historyShape } from './history.ts'
import type { ResultSet } from './result-set.ts'
import type { RunContext } from './run-statement.ts'

export type Arguments = {
  readonly args: readonly (string | null)[]
  readonly named: Readonly<Record<string, string | null>>
}

export function sessionFunction(
  context: RunContext,
  name: string,
  given: Arguments,
): { readonly sql: string; readonly columns: readonly Column[] } | null {
  const { args } = given
  // With dots it is a table of the shared database: the catalog has it, and rights guard it.
  switch (name.toUpperCase()) {
    case 'RESULT_SCAN':
      return resultScan(context, args[0] ?? context.session.lastQueryId ?? '')
    case 'QUERY_HISTORY':
      return history(context, seen(context), given)
    case 'QUERY_HISTORY_BY_SESSION':
      return history(context, `SESSION_ID = ${Number(args[0] ?? context.session.id)}`, given)
    case 'QUERY_HISTORY_BY_USER':
      return history(context, `USER_NAME = ${quoteText(args[0] ?? context.session.user)}`, given)
    case 'QUERY_HISTORY_BY_WAREHOUSE':
      return history(context, `WAREHOUSE_NAME = ${quoteText(args[0] ?? context.session.warehouse ?? '')}`, given)
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

/**
 * https://docs.snowflake.com/en/sql-reference/functions/query_history: of the last seven days, the latest hundred if
 * RESULT_LIMIT is not said. The limit counts before any WHERE does.
 */
function history(
  { service }: RunContext,
  condition: string,
  { args, named }: Arguments,
): { readonly sql: string; readonly columns: readonly Column[] } {
  const unknown = Object.keys(named).find((name) => !historyArguments.includes(name))
  if (unknown !== undefined) throw wrongArgument(unknown, 'is not an argument of it')
  const oldest = service.now().getTime() - keptDays * 86_400_000
  const bounds = [
    ['END_TIME_RANGE_START', '>='],
    ['END_TIME_RANGE_END', '<='],
  ].flatMap(([name = '', compare]) => {
    if (!(name in named)) return []
    const instant = Date.parse((named[name] ?? '').replace(' ', 'T'))
    if (Number.isNaN(instant)) throw wrongArgument(name, 'needs to be a constant instant')
    if (instant < oldest) throw wrongArgument(name, 'has to fall within the last 7 days')
    return [` AND END_TIME ${compare} TIMESTAMPTZ ${quoteText(new Date(instant).toISOString())}`]
  })
  const limit = limitOf('RESULT_LIMIT' in named ? named['RESULT_LIMIT'] : args.find((each) => Number(each) >= 1))
  const within = `END_TIME >= TIMESTAMPTZ ${quoteText(new Date(oldest).toISOString())}`
  return {
    sql: `SELECT ${historyShape.map(({ name }) => name).join(', ')} FROM _sandbox.query_history WHERE ${condition} AND ${within}${bounds.join('')} ORDER BY START_TIME DESC LIMIT ${limit}`,
    columns: historyShape,
  }
}

function limitOf(given: string | null | undefined): number {
  const limit = Number(given ?? 100)
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw wrongArgument('RESULT_LIMIT', 'is 1 to 10000')
  return limit
}

const wrongArgument = (name: string, what: string) =>
  compilationError('001015', '22023', `invalid argument [${name}] for function QUERY_HISTORY: it ${what}`)

const keptDays = 7
const historyArguments: readonly string[] = [
  'END_TIME_RANGE_START',
  'END_TIME_RANGE_END',
  'RESULT_LIMIT',
  'INCLUDE_CLIENT_GENERATED_STATEMENT',
]

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
    columns: result.columns.map(({ name, type }) => ({ name, type: types[type]?.[1] ?? 'VARCHAR(16777216)' })),
  }
}

function valuesOf({ columns, inline }: ResultSet): string {
  const names = columns.map(({ name }) => encoded(name))
  const rows = inline.map((row) => JSON.parse(row) as (string | null)[]) // what we wrote
  const cell = (value: string | null, index: number) => {
    const column = columns[index]
    if (value === null) return `CAST(NULL AS ${types[column?.type ?? 'text']?.[0] ?? 'VARCHAR'})`
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

/** What the wire calls a type → DuckDB's words, and Snowflake's. */
const types: { readonly [wire: string]: readonly [duckdb: string, snowflake: string] } = {
  fixed: ['DECIMAL(38,0)', 'NUMBER(38,0)'],
  real: ['DOUBLE', 'FLOAT'],
  boolean: ['BOOLEAN', 'BOOLEAN'],
  date: ['DATE', 'DATE'],
  timestamp_ntz: ['TIMESTAMP', 'TIMESTAMP_NTZ(9)'],
  variant: ['JSON', 'VARIANT'],
}
