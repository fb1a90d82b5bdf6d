/** Every function, operator and cast over every type: a value or one of Snowflake's errors, never what DuckDB alone would say. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { functionRules } from '../../../../src/sandbox/snowflake/sql/functions/all-functions.ts'
import { readStatement, type SqlContext } from '../../../../src/sandbox/snowflake/sql/read-statement.ts'
import { SnowflakeError } from '../../../../src/sandbox/snowflake/sql/snowflake-error.ts'
import { translateDuckDBError } from '../../../../src/sandbox/snowflake/sql/translate-duckdb-error.ts'
import { openSqlSession, type SqlSession } from './sql-session.ts'

let session: SqlSession
let context: SqlContext
beforeAll(async () => {
  session = await openSqlSession()
  await session.run(`create table t (n number(10,2), i int, f float, s varchar, b boolean, d date, ts timestamp_ntz, tz timestamp_tz, ti time, v variant,
    o object, a array, x binary)`)
  await session.run(`insert into t select 1.5, 2, 2.5, '3', true, '2026-01-02', '2026-01-02 03:04:05', '2026-01-02 03:04:05 +0100', '03:04:05',
    parse_json('4'), {'k': 1}, [1, 2], x'41'`)
  await session.run('insert into t (n) values (null)')
  context = await session.context()
})
afterAll(() => session.close())

const values = ['n', 'i', 'f', 's', 'b', 'd', 'ts', 'tz', 'ti', 'v', 'o', 'a', 'x', 'null', `'a'`, '1']

/** The internal errors among what these queries end in. */
async function internalErrors(queries: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const query of queries) {
    const code = await codeOf(query)
    if (code !== null) found.push(`${query}: ${code}`)
  }
  return found
}

async function codeOf(query: string): Promise<string | null> {
  let sql = ''
  try {
    const statement = readStatement(query, context)
    sql = statement.kind === 'query' ? statement.sql : ''
    await session.database.rows(sql)
    return null
  } catch (error) {
    const { cause } = error as { cause?: unknown } // MillraceError keeps what DuckDB threw.
    const translated = error instanceof SnowflakeError ? error : translateDuckDBError(cause ?? error, sql)
    return translated.code === '300005' ? translated.message : null
  }
}

/** GROUPING is nothing without GROUP BY. */
const rules = [...functionRules].filter(([name]) => !name.startsWith('GROUPING'))
const over = (kind: string) => (kind === 'window' ? ' over (order by i)' : '')

test('functions of one argument', async () => {
  const queries = rules
    .filter(([, { least, most }]) => least <= 1 && most >= 1)
    .flatMap(([name, { kind }]) => values.map((value) => `select ${name}(${value})${over(kind)} from t`))
  expect(queries.length).toBeGreaterThan(2000)
  expect(await internalErrors(queries)).toEqual([])
})

test('functions of two arguments', async () => {
  const firsts = [...values, 'day']
  const queries = rules
    .filter(([, { least, most }]) => least <= 2 && most >= 2)
    // Each value once as the first argument and once as the second, in an order that differs from function to function.
    .flatMap(([name, { kind }], index) =>
      firsts.map(
        (value, place) =>
          `select ${name}(${value}, ${values[(place * 5 + index) % values.length]})${over(kind)} from t`,
      ),
    )
  expect(await internalErrors(queries)).toEqual([])
})

test('functions of more arguments', async () => {
  const queries = rules
    .filter(([, { most }]) => most >= 3)
    .flatMap(([name, { kind, least, most }], index) =>
      values.map((_, place) => {
        const count = Math.max(3, least) + (place % 2 === 0 && most > 3 ? 1 : 0)
        const chosen = Array.from(
          { length: Math.min(count, most) },
          (_item, at) => values[(place * 3 + at * 7 + index) % values.length],
        )
        return `select ${name}(${chosen.join(', ')})${over(kind)} from t`
      }),
    )
  expect(await internalErrors(queries)).toEqual([])
})

test('operators', async () => {
  const operators = ['+', '-', '*', '/', '%', '||', '=', '<', 'and', 'like', 'is distinct from']
  const queries = operators.flatMap((operator) =>
    values.flatMap((a) => values.map((b) => `select ${a} ${operator} ${b} from t`)),
  )
  expect(await internalErrors(queries)).toEqual([])
})

test('casts', async () => {
  const types = [
    'number',
    'number(5,1)',
    'float',
    'varchar',
    'varchar(2)',
    'boolean',
    'date',
    'time',
    'timestamp_ntz(3)',
    'timestamp_tz',
    'variant',
    'object',
    'array',
    'binary',
  ]
  const queries = types.flatMap((type) =>
    values.flatMap((value) => [`select ${value}::${type} from t`, `select try_cast(${value} as ${type}) from t`]),
  )
  expect(await internalErrors(queries)).toEqual([])
})

test('values that have to have one type', async () => {
  const queries = values.flatMap((a) =>
    values.flatMap((b) => [
      `select case when b then ${a} else ${b} end from t`,
      `select ${a} from t union all select ${b} from t`,
      `select * from t where ${a} in (select ${b} from t)`,
    ]),
  )
  expect(await internalErrors(queries)).toEqual([])
})
