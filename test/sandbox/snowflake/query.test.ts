import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, RowStatement } from 'snowflake-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

const statementOf = (sqlText: string, more: object = {}): Promise<RowStatement> =>
  new Promise((resolve, reject) => {
    connection.execute({
      sqlText,
      ...more,
      complete: (error, statement) => (error ? reject(error) : resolve(statement)),
    })
  })

describe('cells', () => {
  test.for([
    ['12345678901234567890123456789012345678::NUMBER(38,0)', 'Number', '12345678901234567890123456789012345678'],
    ['-1.50::NUMBER(10,2)', 'Number', '-1.50'],
    ['0.1::FLOAT', 'Number', '0.1'],
    ["'1969-12-31'::DATE", 'Date', '1969-12-31'],
    ["'9999-12-31'::DATE", 'Date', '9999-12-31'],
    ["'1969-12-31 23:59:58.123456'::TIMESTAMP_NTZ", 'Date', '1969-12-31 23:59:58.123456000'],
    ["'9999-12-31 23:59:59.999999'::TIMESTAMP_NTZ", 'Date', '9999-12-31 23:59:59.999999000'],
    ['TRUE', 'Boolean', 'TRUE'],
    ["TO_BINARY('00FF')", 'Buffer', '00FF'],
    ["'it''s \u2028 😀'", 'String', "it's \u2028 😀"],
  ] as const)('%s arrives whole', async ([sql, kind, text]) => {
    await run(connection, "ALTER SESSION SET TIMESTAMP_NTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF9'")
    const rows = await run(connection, `SELECT ${sql} AS V`, { fetchAsString: [kind] })
    expect(rows).toEqual([{ V: text }])
  })

  test('of VARIANT are JSON, indented as JSON_INDENT says', async () => {
    const text = `PARSE_JSON('{"a":[1,{"b":null}],"c":"x: [1,2]"}')`
    const [row] = await run(connection, `SELECT ${text} AS V`)
    expect(row).toEqual({ V: { a: [1, { b: null }], c: 'x: [1,2]' } })
    const statement = await statementOf(`SELECT ${text} AS V`, { streamResult: true })
    const raw = await new Promise((resolve) => {
      statement.streamRows({ fetchAsString: ['JSON'] }).on('data', (each: { V: unknown }) => resolve(each.V))
    })
    expect(raw).toBe('{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ],\n  "c": "x: [1,2]"\n}')
  })

  test('are described with precision and scale', async () => {
    const statement = await statementOf('SELECT 1.25::NUMBER(12,2) AS "a B", CURRENT_DATE AS D', { describeOnly: true })
    expect(statement.getColumns()?.map((column) => [column.getName(), column.getType(), column.getScale()])).toEqual([
      ['a B', 'fixed', 2],
      ['D', 'date', null],
    ])
  })
})

describe('a large result', () => {
  test('comes in chunks, in its order', async () => {
    const statement = await statementOf(
      "SELECT ROW_NUMBER() OVER (ORDER BY NULL) AS N, 'row number ' || N AS T FROM TABLE(GENERATOR(ROWCOUNT => 300000)) ORDER BY 1",
      { streamResult: true },
    )
    expect(statement.getNumRows()).toBe(300_000)
    let next = 1
    await new Promise<void>((resolve, reject) => {
      statement
        .streamRows()
        .on('data', (row: { N: number; T: string }) => {
          if (row.N !== next || row.T !== `row number ${next}`) reject(new RangeError(JSON.stringify(row)))
          next++
        })
        .on('error', reject)
        .on('end', resolve)
    })
    expect(next).toBe(300_001)
  })
})

describe('a statement', () => {
  const endless = 'SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 900000)) a, TABLE(GENERATOR(ROWCOUNT => 900000)) b'

  test('is cancelled', async () => {
    const running = new Promise<unknown>((resolve) => {
      const statement = connection.execute({ sqlText: endless, complete: (error) => resolve(error) })
      setTimeout(() => statement.cancel(), 100)
    })
    expect(await running).toMatchObject({ code: '000604', sqlState: '57014', message: 'SQL execution canceled' })
    expect(await run(connection, 'SELECT 1 AS ONE')).toEqual([{ ONE: 1 }])
  })

  test('that takes longer than its limit is cancelled by Snowflake', async () => {
    await run(connection, 'ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 1')
    expect(await refusal(run(connection, endless))).toBe(
      '000630 57014 Statement reached its statement or warehouse timeout of 1 second(s) and was canceled.',
    )
    await run(connection, 'ALTER SESSION UNSET STATEMENT_TIMEOUT_IN_SECONDS')
  })

  test('that takes longer than a request is asked for again, and is run once', async () => {
    snowflake.fault('slow', { ms: 1000, match: 'LATE' })
    expect(await run(connection, "SELECT 'LATE' AS V")).toEqual([{ V: 'LATE' }])
    expect(snowflake.journal().filter(({ sql }) => sql === "SELECT 'LATE' AS V")).toHaveLength(1)
  })

  test('runs by itself, and its result is fetched later', async () => {
    snowflake.fault('slow', { ms: 300, match: 'DETACHED' })
    const statement = await statementOf("SELECT 'DETACHED' AS V", { asyncExec: true })
    const queryId = statement.getQueryId()
    expect(await connection.getQueryStatus(queryId)).toBe('RUNNING')
    await sleep(500)
    expect(await connection.getQueryStatus(queryId)).toBe('SUCCESS')
    const rows = await new Promise((resolve, reject) => {
      void connection.getResultsFromQueryId({
        queryId,
        complete: (error, _statement, found) => (error ? reject(error) : resolve(found)),
      })
    })
    expect(rows).toEqual([{ V: 'DETACHED' }])
  })

  test('whose answer is lost on its way is not run twice by the retry', async () => {
    await run(connection, 'CREATE OR REPLACE TABLE SHOP.ONCE (A NUMBER)')
    snowflake.fault('reset_after', { match: 'INSERT INTO SHOP.ONCE' })
    await run(connection, 'INSERT INTO SHOP.ONCE VALUES (1)')
    expect(await run(connection, 'SELECT COUNT(*) AS N FROM SHOP.ONCE')).toEqual([{ N: 1 }])
  })

  test('in a storm of 503 gets through', async () => {
    snowflake.fault('status', { status: 503, times: 2 })
    expect(await run(connection, 'SELECT 1 AS ONE')).toEqual([{ ONE: 1 }])
  })

  test('comes alone, unless MULTI_STATEMENT_COUNT says otherwise', async () => {
    expect(await refusal(run(connection, 'SELECT 1; SELECT 2'))).toBe(
      '000008 0A000 Actual statement count 2 did not match the desired statement count 1.',
    )
    const results: unknown[] = []
    await new Promise<void>((resolve, reject) => {
      connection.execute({
        sqlText: 'SELECT 1 AS A; SELECT 2 AS B',
        parameters: { MULTI_STATEMENT_COUNT: 2 },
        complete: (error, statement, rows) => {
          if (error) return reject(error)
          results.push(rows)
          if ('hasNext' in statement && statement.hasNext()) statement.NextResult()
          else resolve()
        },
      })
    })
    expect(results).toEqual([[{ A: 1 }], [{ B: 2 }]])
  })

  test('takes binds, and arrays of them', async () => {
    expect(await run(connection, 'SELECT ? AS A, :2 AS B', { binds: ['x', 1.5] })).toEqual([{ A: 'x', B: 1.5 }])
    await run(connection, 'CREATE OR REPLACE TABLE SHOP.BOUND (A NUMBER, B VARCHAR)')
    const answer = await run(connection, 'INSERT INTO SHOP.BOUND VALUES (?, ?)', {
      binds: [
        [1, 'a'],
        [2, null],
      ],
    })
    expect(answer).toEqual([{ 'number of rows inserted': 2 }])
    expect(await run(connection, 'SELECT * FROM SHOP.BOUND ORDER BY A')).toEqual([
      { A: 1, B: 'a' },
      { A: 2, B: null },
    ])
  })

  test('that is wrong is refused with Snowflake’s code, state and words, and with its id', async () => {
    const error: unknown = await run(connection, 'SELEC 1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: '001003', sqlState: '42000' })
    expect(error).toHaveProperty('data.queryId')
    expect(await refusal(run(connection, 'SELECT * FROM SHOP.NO_SUCH'))).toContain('002003')
    expect(await refusal(run(connection, 'SELECT NO_SUCH FROM SHOP.BOUND'))).toContain("invalid identifier 'NO_SUCH'")
    expect(await refusal(run(connection, "SELECT CAST('x' AS NUMBER)"))).toContain('100038 22018')
    expect(await refusal(run(connection, 'SELECT 1 / 0'))).toContain('100051 22012')
  })

  test('fails on command', async () => {
    snowflake.fault('statement_fails', { match: 'SELECT 3', code: '000603', sql_state: 'XX000', message: 'broken' })
    expect(await refusal(run(connection, 'SELECT 3'))).toBe('000603 XX000 broken')
  })

  test('needs a warehouse where it reads rows', async () => {
    snowflake.fault('suspended_warehouse', { times: 1 })
    expect(await refusal(run(connection, 'SELECT * FROM SHOP.BOUND'))).toContain('000606 57P03 No active warehouse')
    expect(await run(connection, 'SELECT 1 AS ONE')).toEqual([{ ONE: 1 }])
  })
})

describe('DML', () => {
  test('says what it changed, as Snowflake does', async () => {
    await run(connection, 'CREATE OR REPLACE TABLE SHOP.D (K NUMBER, V VARCHAR)')
    expect(await run(connection, "INSERT INTO SHOP.D VALUES (1, 'a'), (2, 'b')")).toEqual([
      { 'number of rows inserted': 2 },
    ])
    expect(await run(connection, "UPDATE SHOP.D SET V = 'c' WHERE K = 1")).toEqual([
      { 'number of rows updated': 1, 'number of multi-joined rows updated': 0 },
    ])
    const merge = `MERGE INTO SHOP.D USING (SELECT 2 AS K, 'z' AS V UNION ALL SELECT 3, 'y') S ON D.K = S.K
      WHEN MATCHED THEN UPDATE SET V = S.V WHEN NOT MATCHED THEN INSERT (K, V) VALUES (S.K, S.V)`
    expect(await run(connection, merge)).toEqual([{ 'number of rows inserted': 1, 'number of rows updated': 1 }])
    const statement = await statementOf('DELETE FROM SHOP.D WHERE K > 1')
    expect(statement.getNumUpdatedRows()).toBe(2)
    expect(await run(connection, 'SELECT * FROM SHOP.D')).toEqual([{ K: 1, V: 'c' }])
  })

  test('refuses a source row that is there twice', async () => {
    await run(connection, 'CREATE OR REPLACE TABLE SHOP.M (K NUMBER, V VARCHAR)')
    await run(connection, "INSERT INTO SHOP.M VALUES (1, 'a')")
    const merge = `MERGE INTO SHOP.M USING (SELECT 1 AS K, 'x' AS V UNION ALL SELECT 1, 'y') S ON M.K = S.K
      WHEN MATCHED THEN UPDATE SET V = S.V`
    expect(await refusal(run(connection, merge))).toContain('100090')
    expect(await run(connection, 'SELECT * FROM SHOP.M')).toEqual([{ K: 1, V: 'a' }])
  })
})
