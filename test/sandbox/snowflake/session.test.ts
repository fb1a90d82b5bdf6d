import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyPair, refusal, run, signIn, signOut, startTestSnowflake, type TestSnowflake } from './sdk.ts'

let snowflake: TestSnowflake
beforeAll(async () => {
  snowflake = await startTestSnowflake({ validity: { sessionSeconds: 3600, masterSeconds: 14_400 } })
})
afterAll(() => snowflake.remove())

const connect = () => signIn(keyPair(snowflake.connection))

describe('a session', () => {
  test('gets a new token when its token is over, in the middle of its work', async () => {
    const connection = await connect()
    await run(connection, "ALTER SESSION SET QUERY_TAG = 'before'")
    snowflake.fault('expire_session', { times: 1 })
    expect(await run(connection, 'SELECT 1 AS ONE')).toEqual([{ ONE: 1 }])
    expect(snowflake.journal().at(-1)).toMatchObject({ sql: 'SELECT 1 AS ONE', queryTag: 'before', status: 'ok' })
    await signOut(connection)
  })

  test('is over when its master token is', async () => {
    const connection = await connect()
    snowflake.fault('expire_session', { times: 1, master: true })
    expect(await refusal(run(connection, 'SELECT 1'))).toContain('terminated connection')
  })

  test('keeps variables: of an expression, several at once, and of a query', async () => {
    const connection = await connect()
    await run(connection, 'SET X = 1 + 1')
    await run(connection, "SET (A, B) = ('one', $X * 2)")
    await run(connection, 'SET C = (SELECT MAX(COLUMN1) FROM (VALUES (3), (4)))')
    expect(await run(connection, 'SELECT $X AS X, $A AS A, $B AS B, $C AS C')).toEqual([{ X: 2, A: 'one', B: 4, C: 4 }])
    await run(connection, 'UNSET X')
    expect(await refusal(run(connection, 'SELECT $X'))).toContain("Session variable '$X' does not exist")
    await signOut(connection)
  })

  test('beats, and knows whether it is there', async () => {
    const connection = await connect()
    expect(await connection.isValidAsync()).toBe(true)
    await signOut(connection)
    expect(await connection.isValidAsync()).toBe(false)
  })

  test('that goes away rolls back what it had open', async () => {
    const [one, other] = [await connect(), await connect()]
    await run(one, 'CREATE SCHEMA IF NOT EXISTS GONE')
    await run(one, 'CREATE OR REPLACE TABLE GONE.T (A NUMBER)')
    await run(one, 'BEGIN')
    await run(one, 'INSERT INTO GONE.T VALUES (1)')
    await signOut(one)
    await run(other, 'INSERT INTO GONE.T VALUES (2)')
    expect(await run(other, 'SELECT * FROM GONE.T')).toEqual([{ A: 2 }])
    await signOut(other)
  })

  test('whose client was killed gives its lock back once its tokens are over', async () => {
    const short = await startTestSnowflake({ validity: { sessionSeconds: 1, masterSeconds: 2 } })
    const one = await signIn(keyPair(short.admin))
    await run(one, 'CREATE OR REPLACE TABLE T (A NUMBER)')
    await run(one, 'BEGIN')
    await run(one, 'INSERT INTO T VALUES (1)')
    expect(short.sessions()).toMatchObject([{ inTransaction: true }])
    await expect.poll(() => short.sessions(), { timeout: 6000 }).toEqual([])
    await short.remove()
  })

  test('runs what it is sent at once one after the other', async () => {
    const connection = await connect()
    snowflake.fault('slow', { match: 'SELECT 1', ms: 200 })
    const order: number[] = []
    await Promise.all(
      [1, 2, 3].map((number) => run(connection, `SELECT ${number} AS N`).then(() => order.push(number))),
    )
    expect(order).toEqual([1, 2, 3])
    await signOut(connection)
  })
})

describe('parameters', () => {
  test('of a session are set, shown and taken back', async () => {
    const connection = await connect()
    await run(connection, "ALTER SESSION SET LOCK_TIMEOUT = 5, TIMEZONE = 'UTC'")
    const shown = await run(connection, "SHOW PARAMETERS LIKE 'LOCK_TIMEOUT'")
    expect(shown).toMatchObject([{ key: 'LOCK_TIMEOUT', value: '5', default: '43200', level: 'SESSION' }])
    await run(connection, 'ALTER SESSION UNSET LOCK_TIMEOUT')
    expect(await run(connection, "SHOW PARAMETERS LIKE 'LOCK_TIMEOUT'")).toMatchObject([{ value: '43200' }])
    await signOut(connection)
  })

  test('that nobody knows, or of the wrong type, are refused', async () => {
    const connection = await connect()
    expect(await refusal(run(connection, 'ALTER SESSION SET NO_SUCH = 1'))).toContain("invalid parameter 'NO_SUCH'")
    expect(await refusal(run(connection, "ALTER SESSION SET LOCK_TIMEOUT = 'soon'"))).toContain('LOCK_TIMEOUT')
    await signOut(connection)
  })
})
