import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from 'snowflake-sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { keyPair, refusal, run, signIn, signOut, startTestSnowflake, type TestSnowflake } from './sdk.ts'

let snowflake: TestSnowflake
let one: Connection
let other: Connection
beforeAll(async () => {
  snowflake = await startTestSnowflake()
  one = await signIn(keyPair(snowflake.connection))
  other = await signIn(keyPair(snowflake.connection))
  await run(one, 'CREATE SCHEMA BANK')
  await run(other, 'USE SCHEMA BANK')
})
beforeEach(async () => {
  await run(one, 'ROLLBACK')
  await run(other, 'ROLLBACK')
  await run(one, 'CREATE OR REPLACE TABLE T (A NUMBER NOT NULL, B VARCHAR)')
  await run(one, "INSERT INTO T VALUES (1, 'x')")
  await run(other, 'ALTER SESSION UNSET LOCK_TIMEOUT')
})
afterAll(async () => {
  await signOut(one)
  await signOut(other)
  await snowflake.remove()
})

const rows = (connection: Connection) =>
  run(connection, 'SELECT A FROM T ORDER BY A').then((all) => all.map(({ A }) => A))

describe('a transaction', () => {
  test('is seen by others once it is committed, and by itself at once', async () => {
    await run(one, 'BEGIN TRANSACTION')
    await run(one, "INSERT INTO T VALUES (2, 'y')")
    expect(await rows(one)).toEqual([1, 2])
    expect(await rows(other)).toEqual([1])
    await run(one, 'COMMIT')
    expect(await rows(other)).toEqual([1, 2])
  })

  test('that is rolled back never was', async () => {
    await run(one, 'BEGIN')
    await run(one, 'DELETE FROM T')
    await run(one, 'ROLLBACK')
    expect(await rows(one)).toEqual([1])
  })

  test('reads what others commit while it has not written', async () => {
    await run(one, 'BEGIN')
    expect(await rows(one)).toEqual([1])
    await run(other, "INSERT INTO T VALUES (2, 'y')")
    expect(await rows(one)).toEqual([1, 2])
    await run(one, 'UPDATE T SET A = A + 10')
    expect(await rows(one)).toEqual([11, 12])
    await run(one, 'COMMIT')
  })

  test('stays open after an error, with what had worked', async () => {
    await run(one, 'BEGIN')
    await run(one, "INSERT INTO T VALUES (2, 'y')")
    expect(await refusal(run(one, 'INSERT INTO T SELECT CAST(B AS NUMBER), B FROM T'))).toContain('100038')
    expect(await refusal(run(one, 'SELECT CAST(B AS NUMBER) FROM T'))).toContain('100038')
    expect(await refusal(run(one, 'SELECT NO_SUCH FROM T'))).toContain('000904')
    expect(await rows(one)).toEqual([1, 2])
    await run(one, "INSERT INTO T VALUES (3, 'z')")
    await run(one, 'COMMIT')
    expect(await rows(other)).toEqual([1, 2, 3])
  })

  test('that meets an error as its last statement commits the rest', async () => {
    await run(one, 'BEGIN')
    await run(one, "INSERT INTO T VALUES (2, 'y')")
    expect(await refusal(run(one, "INSERT INTO T VALUES (NULL, 'y')"))).toContain('100072')
    await run(one, 'COMMIT')
    expect(await rows(other)).toEqual([1, 2])
  })

  test('is committed by DDL', async () => {
    await run(one, 'BEGIN')
    await run(one, "INSERT INTO T VALUES (2, 'y')")
    await run(one, 'CREATE TABLE IF NOT EXISTS OTHER_T (A NUMBER)')
    expect(await rows(other)).toEqual([1, 2])
    await run(one, 'ROLLBACK')
    expect(await rows(one)).toEqual([1, 2])
  })

  test('is not begun twice', async () => {
    await run(one, 'BEGIN')
    await run(one, "INSERT INTO T VALUES (2, 'y')")
    await run(one, 'BEGIN')
    await run(one, 'ROLLBACK')
    expect(await rows(one)).toEqual([1])
  })

  test('begins by itself where AUTOCOMMIT is off', async () => {
    await run(one, 'ALTER SESSION SET AUTOCOMMIT = FALSE')
    await run(one, "INSERT INTO T VALUES (2, 'y')")
    await run(one, 'ROLLBACK')
    expect(await rows(one)).toEqual([1])
    await run(one, 'ALTER SESSION SET AUTOCOMMIT = TRUE')
  })
})

describe('a lock', () => {
  test('is waited for, and what was committed meanwhile is seen', async () => {
    await run(one, 'BEGIN')
    await run(one, 'UPDATE T SET A = A + 1')
    const waiting = run(other, 'UPDATE T SET A = A * 10')
    await expect.poll(() => snowflake.waiting()).toBe(1)
    await run(one, 'COMMIT')
    await waiting
    expect(await rows(one)).toEqual([20])
  })

  test('is waited for no longer than LOCK_TIMEOUT', async () => {
    await run(one, 'BEGIN')
    await run(one, 'UPDATE T SET A = A + 1')
    await run(other, 'ALTER SESSION SET LOCK_TIMEOUT = 1')
    const message = await refusal(run(other, 'UPDATE T SET A = 5'))
    expect(message).toMatch(/^000625 57014 Statement '[0-9a-f-]{36}' has locked table 'T' in transaction \d+/)
    expect(message).toContain('exceeded the LOCK_TIMEOUT value of 1.')
    await run(one, 'COMMIT')
  })

  test('is not waited for at all with LOCK_TIMEOUT = 0', async () => {
    await run(one, 'BEGIN')
    await run(one, 'UPDATE T SET A = A + 1')
    await run(other, 'ALTER SESSION SET LOCK_TIMEOUT = 0')
    const started = Date.now()
    expect(await refusal(run(other, 'UPDATE T SET A = 5'))).toContain('000625')
    expect(Date.now() - started).toBeLessThan(10_000)
    await run(one, 'COMMIT')
  })

  test('is no longer waited for by what is cancelled', async () => {
    await run(one, 'BEGIN')
    await run(one, 'UPDATE T SET A = A + 1')
    const cancelled = new Promise((resolve) => {
      const statement = other.execute({ sqlText: 'UPDATE T SET A = 5', complete: (error) => resolve(error) })
      setTimeout(() => statement.cancel(), 150)
    })
    expect(await cancelled).toMatchObject({ code: '000604' })
    await run(one, 'COMMIT')
    await run(other, 'UPDATE T SET A = 7')
    expect(await rows(one)).toEqual([7])
  })

  test('is given in the order in which it was asked for', async () => {
    const third = await signIn({ ...keyPair(snowflake.connection), schema: 'BANK' })
    await run(one, 'BEGIN')
    await run(one, 'DELETE FROM T')
    const order: string[] = []
    const first = run(other, "UPDATE T SET B = 'other'").then(() => order.push('other'))
    await expect.poll(() => snowflake.waiting()).toBe(1)
    const second = run(third, "UPDATE T SET B = 'third'").then(() => order.push('third'))
    await expect.poll(() => snowflake.waiting()).toBe(2)
    await run(one, 'COMMIT')
    await Promise.all([first, second])
    expect(order).toEqual(['other', 'third'])
    await signOut(third)
  })
})

describe('an INSERT', () => {
  const unless = "INSERT INTO T SELECT 7, 'once' WHERE NOT EXISTS (SELECT 1 FROM T WHERE A = 7)"

  test('waits for nobody, and sees only what is committed', async () => {
    await run(one, "INSERT INTO T VALUES (7, 'before')")
    await run(one, 'BEGIN')
    await run(one, 'DELETE FROM T WHERE A = 7')
    await run(other, 'ALTER SESSION SET LOCK_TIMEOUT = 0')
    await run(other, unless)
    await run(other, "INSERT INTO T VALUES (8, 'beside')")
    await run(one, 'COMMIT')
    expect(await rows(one)).toEqual([1, 8])
  })

  test('of what is missing is done twice where two transactions do it at once', async () => {
    for (const connection of [one, other]) {
      await run(connection, 'BEGIN')
      await run(connection, unless)
    }
    for (const connection of [one, other]) await run(connection, 'COMMIT')
    expect(await rows(one)).toEqual([1, 7, 7])
  })

  test('waits where it overwrites', async () => {
    await run(one, 'BEGIN')
    await run(one, 'DELETE FROM T')
    await run(other, 'ALTER SESSION SET LOCK_TIMEOUT = 0')
    expect(await refusal(run(other, "INSERT OVERWRITE INTO T VALUES (7, 'x')"))).toContain('000625')
    await run(one, 'COMMIT')
  })
})

describe('a COMMIT whose answer is lost', () => {
  test('was done, whatever the client thinks', async () => {
    const lost = await signIn({ ...keyPair(snowflake.connection), schema: 'BANK' })
    await run(lost, 'BEGIN')
    await run(lost, "INSERT INTO T VALUES (9, 'lost')")
    snowflake.fault('lose_commit_answer', { retry: 'gone' })
    expect(await refusal(run(lost, 'COMMIT'))).not.toBe('it went through')
    expect(await rows(other)).toEqual([1, 9])
  })

  test('is answered when the driver asks again', async () => {
    await run(one, 'BEGIN')
    await run(one, "INSERT INTO T VALUES (9, 'lost')")
    snowflake.fault('lose_commit_answer', { retry: 'answer' })
    await run(one, 'COMMIT')
    expect(snowflake.journal().filter(({ sql, status }) => sql === 'COMMIT' && status === 'ok').length).toBeGreaterThan(
      0,
    )
    expect(await rows(other)).toEqual([1, 9])
  })
})

describe('temporary tables', () => {
  test('are the session’s own, and hide others of the same name', async () => {
    await run(one, 'CREATE TEMPORARY TABLE T (A NUMBER)')
    await run(one, 'INSERT INTO T VALUES (100)')
    expect(await rows(one)).toEqual([100])
    expect(await rows(other)).toEqual([1])
    await run(one, 'DROP TABLE T')
    expect(await rows(one)).toEqual([1])
  })

  test('are gone with the session', async () => {
    const third = await signIn({ ...keyPair(snowflake.connection), schema: 'BANK' })
    await run(third, 'CREATE TEMPORARY TABLE MINE AS SELECT 1 AS A')
    expect(await run(third, 'SELECT * FROM MINE')).toEqual([{ A: 1 }])
    expect(await refusal(run(one, 'SELECT * FROM MINE'))).toContain('002003')
    await signOut(third)
    await sleep(50)
    expect(await refusal(run(one, 'SELECT * FROM MINE'))).toContain('002003')
  })
})
