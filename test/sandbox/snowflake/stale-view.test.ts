/** A view has the columns of the day on which it was made; its query is compiled whenever it is read. */
import type { Connection } from 'snowflake-sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyPair, refusal, run, signIn, signOut, startTestSnowflake, type TestSnowflake } from './sdk.ts'

let snowflake: TestSnowflake
let connection: Connection
beforeAll(async () => {
  snowflake = await startTestSnowflake({ patienceMs: 300 })
  connection = await signIn(keyPair(snowflake.connection))
  await run(connection, 'CREATE SCHEMA SHOP')
})
afterAll(async () => {
  await signOut(connection)
  await snowflake.remove()
})

const made = async (...statements: readonly string[]) => {
  for (const sql of statements) await run(connection, sql)
}
const retype = (type: string) => [
  `ALTER TABLE T ADD COLUMN A2 ${type}`,
  'ALTER TABLE T DROP COLUMN A',
  'ALTER TABLE T RENAME COLUMN A2 TO A',
]

test.each([
  ['NUMBER(5,2)', 'VARCHAR'],
  ['NUMBER(5,2)', 'NUMBER(5,3)'],
  ['DATE', 'TIMESTAMP_NTZ'],
])('a view of a column that was %s and is %s is refused until it is made again', async (from, to) => {
  const view = 'CREATE OR REPLACE VIEW V AS SELECT A FROM T'
  await made(`CREATE OR REPLACE TABLE T (A ${from})`, view, ...retype(to))
  expect(await refusal(run(connection, 'SELECT 1 AS N FROM V'))).toBe(
    "002334 42601 SQL compilation error:\nView columns mismatch with view definition for view 'MILLRACE.SHOP.V' at line 1, position 19, please re-create the view",
  )
  await made(view)
  expect(await run(connection, 'SELECT * FROM V')).toEqual([])
})

test.each([
  ['NUMBER(5,2)', 'NUMBER(9,2)'],
  ['VARCHAR(5)', 'VARCHAR(9)'],
])('a view of a column that was %s and is %s goes on', async (from, to) => {
  await made(`CREATE OR REPLACE TABLE T (A ${from})`, 'CREATE OR REPLACE VIEW V AS SELECT A FROM T')
  await made(`ALTER TABLE T ALTER COLUMN A SET DATA TYPE ${to}`)
  expect(await run(connection, 'SELECT * FROM V')).toEqual([])
})

test('a view with a star is refused once its table has gained a column', async () => {
  await made('CREATE OR REPLACE TABLE T (A INT)', 'CREATE OR REPLACE VIEW V AS SELECT * FROM T')
  await made('ALTER TABLE T ADD COLUMN B INT')
  expect(await refusal(run(connection, 'SELECT A FROM V'))).toBe(
    "002057 42601 SQL compilation error:\nView definition for 'MILLRACE.SHOP.V' declared 1 column(s), but view query produces 2 column(s).",
  )
})

test('a view reads the tables of its own schema, wherever the session is', async () => {
  await made('CREATE OR REPLACE TABLE T (A INT)', 'CREATE OR REPLACE VIEW V AS SELECT A FROM T')
  await made('CREATE SCHEMA ELSEWHERE', 'CREATE TABLE T (A VARCHAR)')
  expect(await run(connection, 'SELECT * FROM SHOP.V')).toEqual([])
  await made('CREATE OR REPLACE VIEW SHOP.W AS SELECT A FROM T')
  await made('INSERT INTO SHOP.T VALUES (1)', "INSERT INTO T VALUES ('x')", 'USE SCHEMA SHOP')
  expect(await run(connection, 'SELECT * FROM W')).toEqual([{ A: 1 }])
})

test('INFORMATION_SCHEMA says when a view was made and when a table was altered', async () => {
  const isStale = async () => {
    const [row] = await run(
      connection,
      "SELECT T.LAST_DDL >= V.CREATED AS STALE FROM INFORMATION_SCHEMA.TABLES AS T JOIN INFORMATION_SCHEMA.VIEWS AS V ON V.TABLE_NAME = 'V' AND V.TABLE_SCHEMA = 'SHOP' WHERE T.TABLE_NAME = 'T' AND T.TABLE_SCHEMA = 'SHOP'",
    )
    return row
  }
  await made('CREATE OR REPLACE TABLE T (A INT)', 'CREATE OR REPLACE VIEW V AS SELECT A FROM T')
  expect(await isStale()).toEqual({ STALE: false })
  await made('INSERT INTO T VALUES (1)')
  expect(await isStale()).toEqual({ STALE: false })
  await made('ALTER TABLE T ADD COLUMN B INT')
  expect(await isStale()).toEqual({ STALE: true })
})
