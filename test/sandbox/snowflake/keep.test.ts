import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { keyPair, run, signIn, signOut, startTestSnowflake } from './sdk.ts'

const directory = mkdtempSync(join(tmpdir(), 'snowflake-kept-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('a simulator', () => {
  test('finds what it held when it is started again', async () => {
    const first = await startTestSnowflake({ directory })
    const before = await signIn(keyPair(first.connection))
    writeFileSync(join(directory, 'a.json'), '{"id": 1}\n')
    await run(before, 'CREATE SCHEMA KEPT')
    await run(before, 'CREATE TABLE T (ID NUMBER(19,0), "lower Case" VARCHAR(5))')
    await run(before, "INSERT INTO T VALUES (1, 'x')")
    await run(before, 'CREATE VIEW V AS SELECT ID FROM T')
    await run(before, `PUT file://${join(directory, 'a.json')} @%T AUTO_COMPRESS = FALSE`)
    await run(before, "ALTER SESSION SET QUERY_TAG = 'kept'")
    await run(before, 'SELECT * FROM T')
    await signOut(before)
    await first.close()

    const second = await startTestSnowflake({ directory })
    const after = await signIn({
      ...keyPair(second.connection),
      schema: 'KEPT',
      privateKey: first.connection.privateKey,
    })
    expect(await run(after, 'SELECT * FROM T')).toEqual([{ ID: 1, 'lower Case': 'x' }])
    expect(await run(after, 'SELECT * FROM V')).toEqual([{ ID: 1 }])
    expect(await run(after, 'LIST @%T')).toMatchObject([{ name: 'a.json' }])
    expect(await run(after, 'DESCRIBE TABLE T')).toMatchObject([
      { name: 'ID', type: 'NUMBER(19,0)' },
      { name: 'lower Case', type: 'VARCHAR(5)' },
    ])
    const history = await run(
      after,
      "SELECT QUERY_TEXT, BYTES_SCANNED, CREDITS_USED_CLOUD_SERVICES FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY()) WHERE QUERY_TAG = 'kept'",
    )
    expect(history).toEqual([
      { QUERY_TEXT: 'SELECT * FROM T', BYTES_SCANNED: 16, CREDITS_USED_CLOUD_SERVICES: expect.any(Number) },
    ])
    await signOut(after)
    await second.close()
  })
})

describe('what a statement cost', () => {
  test('is told to those who may see the account’s use', async () => {
    const snowflake = await startTestSnowflake({ usageLag: { historyLagMs: 0, attributionLagMs: 0 } })
    const admin = await signIn(keyPair(snowflake.admin))
    await run(admin, 'SELECT 1 AS ONE')
    const sql = "SELECT COUNT(*) AS N FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY WHERE QUERY_TEXT = 'SELECT 1 AS ONE'"
    expect(await run(admin, sql)).toEqual([{ N: 1 }])
    const service = await signIn(keyPair(snowflake.connection))
    await expect(run(service, sql)).rejects.toMatchObject({ code: '002003' })
    await run(admin, 'GRANT IMPORTED PRIVILEGES ON DATABASE SNOWFLAKE TO ROLE MILLRACE')
    expect(await run(service, sql)).toEqual([{ N: 1 }])
    const scan = await run(service, 'SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))')
    expect(scan).toEqual([{ N: 1 }])
    await signOut(service)
    await signOut(admin)
    await snowflake.remove()
  })

  test('is told late by the views of the account’s use, and by roles of their database only as far as they go', async () => {
    const snowflake = await startTestSnowflake()
    const [admin, service] = [await signIn(keyPair(snowflake.admin)), await signIn(keyPair(snowflake.connection))]
    const of = (view: string) => `SELECT COUNT(*) AS N FROM SNOWFLAKE.ACCOUNT_USAGE.${view}`
    expect(await run(admin, of('QUERY_HISTORY'))).toEqual([{ N: 0 }])
    await expect(run(admin, 'GRANT DATABASE ROLE SNOWFLAKE.NO_SUCH TO ROLE MILLRACE')).rejects.toMatchObject({
      code: '002003',
    })
    await run(admin, 'GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE MILLRACE')
    expect(await run(service, of('QUERY_ATTRIBUTION_HISTORY'))).toEqual([{ N: 0 }])
    await expect(run(service, of('QUERY_HISTORY'))).rejects.toMatchObject({ code: '002003' })
    await run(admin, 'REVOKE DATABASE ROLE SNOWFLAKE.USAGE_VIEWER FROM ROLE MILLRACE')
    await expect(run(service, of('QUERY_ATTRIBUTION_HISTORY'))).rejects.toMatchObject({ code: '002003' })
    await signOut(service)
    await signOut(admin)
    await snowflake.remove()
  })

  test('is counted within a time and up to a limit, before any WHERE', async () => {
    const snowflake = await startTestSnowflake()
    const service = await signIn(keyPair(snowflake.connection))
    const table = (given: string) => `FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(${given}))`
    const count = (given: string) => run(service, `SELECT COUNT(*) AS N ${table(given)}`)
    const hour = (from: number) => `'${new Date(Date.now() + from * 3_600_000).toISOString()}'::TIMESTAMP_LTZ`
    await run(service, 'SELECT 1 AS ONE')
    await run(service, 'SELECT 2 AS TWO')
    expect(await count('RESULT_LIMIT => 1')).toEqual([{ N: 1 }])
    expect(await count(`END_TIME_RANGE_END => ${hour(-1)}`)).toEqual([{ N: 0 }])
    const early = `SELECT 1 ${table('RESULT_LIMIT => 1')} WHERE QUERY_TEXT = 'SELECT 1 AS ONE'`
    expect(await run(service, early)).toEqual([])
    for (const wrong of ['RESULT_LIMIT => 10001', `END_TIME_RANGE_START => ${hour(-170)}`, 'NO_SUCH => 1'])
      await expect(count(wrong)).rejects.toMatchObject({ code: '001015' })
    await signOut(service)
    await snowflake.remove()
  })
})
