/** The client against the whole simulator: what the stand-in cannot know, because nobody there understands SQL. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase, type Database } from '../../../../src/duckdb/open-database.ts'
import { MillraceError } from '../../../../src/model/millrace-error.ts'
import {
  startSnowflake,
  type RunningSnowflake,
  type SnowflakeConnection,
} from '../../../../src/sandbox/snowflake/start.ts'
import { openSnowflakeClient, type SnowflakeClient } from '../../../../src/warehouse/snowflake/client/open-client.ts'
import type { SnowflakeOptions } from '../../../../src/warehouse/snowflake/client/options.ts'
import { isConnectionLost } from '../../../../src/warehouse/snowflake/client/translate-error.ts'
import { grantScript } from '../../../../src/warehouse/snowflake/grants.ts'
import { proveRights } from '../../../../src/warehouse/snowflake/prove-rights.ts'
import { optionsOf as usualOptions } from '../../snowflake-adapter.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-client-'))
let snowflake: RunningSnowflake
let client: SnowflakeClient
let db: Database

beforeAll(async () => {
  snowflake = await startSnowflake({
    directory: join(directory, 'account'),
    users: [
      { name: 'LOCKED', privateKey: keyOf('LOCKED'), roles: ['MILLRACE'], locked: true },
      { name: 'ELSEWHERE', privateKey: keyOf('ELSEWHERE'), roles: ['MILLRACE'], allowedAddresses: ['10.0.0.1'] },
      {
        name: 'TOKEN',
        roles: ['MILLRACE'],
        defaultRole: 'MILLRACE',
        tokens: [
          { kind: 'pat', value: 'pat-good-0123' },
          { kind: 'pat', value: 'pat-old-0123', expiresAt: new Date('2020-01-01') },
          { kind: 'oauth', value: 'oauth-good-0123' },
        ],
      },
    ],
  })
  client = await openSnowflakeClient(optionsOf(snowflake.connection))
  await client.run('CREATE SCHEMA CLIENT')
  db = await openDatabase({ path: ':memory:', memoryLimit: '300MB', spillDirectory: directory, threads: 1 })
}, 60_000)

afterAll(async () => {
  db.close()
  await client.close()
  await snowflake.close()
  rmSync(directory, { recursive: true, force: true })
})

function optionsOf(connection: SnowflakeConnection, over: Partial<SnowflakeOptions> = {}): SnowflakeOptions {
  return { ...usualOptions(connection), lockTimeoutMs: 20_000, loginTimeoutMs: 10_000, ...over }
}

const keys = new Map<string, string>()
function keyOf(user: string): string {
  const known = keys.get(user)
  if (known) return known
  const key = String(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  )
  keys.set(user, key)
  return key
}
const withKeyOf = (user: string) => ({
  user,
  auth: { kind: 'key_pair', privateKey: keyOf(user), passphrase: null } as const,
})

async function refusal(work: Promise<unknown>): Promise<MillraceError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof MillraceError) return error
  throw new TypeError(`no error of ours: ${String(error)}`)
}

describe('values', () => {
  it.each([
    [
      'NUMBER(38,0)',
      `12345678901234567890123456789012345678::NUMBER(38,0)`,
      `12345678901234567890123456789012345678::DECIMAL(38,0)`,
    ],
    ['NUMBER(38,10)', `0.1::NUMBER(38,10)`, `0.1::DECIMAL(38,10)`],
    ['a negative NUMBER', `-0.50::NUMBER(10,2)`, `-0.50::DECIMAL(10,2)`],
    ['FLOAT', `'1e300'::FLOAT`, `1e300::DOUBLE`],
    ['a whole FLOAT', `1::FLOAT`, `1::DOUBLE`],
    ['BOOLEAN', `TRUE`, `true`],
    ['DATE', `'2026-11-20'::DATE`, `DATE '2026-11-20'`],
    ['the first DATE', `'0001-01-01'::DATE`, `DATE '0001-01-01'`],
    ['the last DATE', `'9999-12-31'::DATE`, `DATE '9999-12-31'`],
    ['TIMESTAMP_NTZ', `'2026-11-20 10:00:00.123456'::TIMESTAMP_NTZ(6)`, `TIMESTAMP '2026-11-20 10:00:00.123456'`],
    [
      'a TIMESTAMP_NTZ without a fraction',
      `'2026-11-20 10:00:00'::TIMESTAMP_NTZ(6)`,
      `TIMESTAMP '2026-11-20 10:00:00'`,
    ],
    [
      'a TIMESTAMP_NTZ before 1970',
      `'1969-12-31 23:59:59.999999'::TIMESTAMP_NTZ(6)`,
      `TIMESTAMP '1969-12-31 23:59:59.999999'`,
    ],
    ['VARCHAR', `'it''s 🎉 \\\\ "q"'`, `'it''s 🎉 \\ "q"'`],
    ['an empty VARCHAR', `''`, `''`],
    ['NULL', `NULL::VARCHAR`, `NULL`],
  ])('of %s are the same text as in DuckDB', async (_, sql, duckdb) => {
    const [ours] = await client.rows(`SELECT ${sql} AS V`)
    const [theirs] = await db.rows(`SELECT CAST(${duckdb} AS VARCHAR) AS v`)
    expect(ours).toEqual(theirs)
  })

  it('of VARIANT keep every digit', async () => {
    const [row] = await client.rows(`SELECT PARSE_JSON('{"a":12345678901234567890.123,"b":[1,2]}') AS V`)
    expect(row?.['v']).toContain('12345678901234567890.123')
  })

  it('of BINARY are hex', async () => {
    expect(await client.rows(`SELECT TO_BINARY('DEADBEEF', 'HEX') AS V`)).toEqual([{ v: 'DEADBEEF' }])
  })
})

describe('the sign-in', () => {
  it.each([
    ['another user', { user: 'NOBODY' }, 'MR-2202', /key pair/],
    ['another key', { auth: withKeyOf('SOMEBODY').auth }, 'MR-2202', /key pair/],
    ['another account', { account: 'ELSEWHERE' }, 'MR-2', /./],
    ['a locked user', withKeyOf('LOCKED'), 'MR-2202', /locked/],
    ['an address that a network policy keeps out', withKeyOf('ELSEWHERE'), 'MR-2202', /network policy/],
    ['an expired token', { user: 'TOKEN', auth: { kind: 'pat', token: 'pat-old-0123' } }, 'MR-2202', /expired/],
    [
      'a token that nobody was given',
      { user: 'TOKEN', auth: { kind: 'oauth', token: 'oauth-bad-0123' } },
      'MR-2202',
      /token/,
    ],
    ['a role that is not granted', { role: 'ACCOUNTADMIN' }, 'MR-2203', /role/],
    ['a database that is not there', { database: 'NOWHERE' }, 'MR-2203', /database/],
    ['a warehouse that is not there', { warehouse: 'NOTHING' }, 'MR-2203', /warehouse/],
  ] as const)('with %s is refused', async (_, over, code, words) => {
    const error = await refusal(openSnowflakeClient(optionsOf(snowflake.connection, over)))
    expect(error.code).toMatch(code)
    expect(error.message).toMatch(words)
    expect(error.next).not.toEqual([])
    expect(error.message).not.toMatch(/-(old|bad)-0123/)
  })

  it.each([['pat'], ['oauth']] as const)('with a %s is as good as with a key', async (kind) => {
    const options = optionsOf(snowflake.connection, { user: 'TOKEN', auth: { kind, token: `${kind}-good-0123` } })
    const other = await openSnowflakeClient(options)
    expect(await other.rows('SELECT CURRENT_USER() AS U')).toEqual([{ u: 'TOKEN' }])
    await other.close()
  })
})

describe('statements', () => {
  it('say how many rows they changed', async () => {
    await client.run('CREATE TABLE CLIENT.T (ID NUMBER(19,0), NAME VARCHAR)')
    expect(await client.run(`INSERT INTO CLIENT.T VALUES (1, 'a'), (2, 'b'), (3, 'c')`)).toMatchObject({
      rowsChanged: 3,
    })
    expect(await client.run(`UPDATE CLIENT.T SET NAME = 'x' WHERE ID < 3`)).toMatchObject({ rowsChanged: 2 })
    expect(await client.run(`DELETE FROM CLIENT.T WHERE ID = 3`)).toMatchObject({ rowsChanged: 1 })
    const { queryId } = await client.run(
      `MERGE INTO CLIENT.T USING (SELECT 1 AS ID UNION ALL SELECT 9) S ON T.ID = S.ID WHEN MATCHED THEN UPDATE SET NAME = 'm' WHEN NOT MATCHED THEN INSERT (ID, NAME) VALUES (S.ID, 'n')`,
    )
    expect(queryId).toMatch(/^[0-9a-f-]{36}$/)
    expect(await client.rows('SELECT * FROM CLIENT.T ORDER BY ID')).toEqual([
      { id: '1', name: 'm' },
      { id: '2', name: 'x' },
      { id: '9', name: 'n' },
    ])
  })

  it('are described with their types', async () => {
    expect(
      await client.describe(
        `SELECT 1::NUMBER(10,2) AS A, 'x' AS B, 1::FLOAT AS C, TRUE AS D, '2026-01-01'::DATE AS E, '2026-01-01'::TIMESTAMP_NTZ(6) AS F, PARSE_JSON('1') AS "Mixed"`,
      ),
    ).toEqual([
      { name: 'a', type: 'NUMBER', precision: 10, scale: 2 },
      expect.objectContaining({ name: 'b', type: 'VARCHAR' }),
      expect.objectContaining({ name: 'c', type: 'FLOAT' }),
      expect.objectContaining({ name: 'd', type: 'BOOLEAN' }),
      expect.objectContaining({ name: 'e', type: 'DATE' }),
      expect.objectContaining({ name: 'f', type: 'TIMESTAMP_NTZ' }),
      expect.objectContaining({ name: 'Mixed', type: 'VARIANT' }),
    ])
  })

  it.each([
    ['a syntax error', 'SELEC 1', 'MR-2003', /syntax error/],
    ['an object that is not there', 'SELECT * FROM CLIENT.NOWHERE', 'MR-2003', /NOWHERE/],
    ['a column that is not there', 'SELECT NOPE FROM CLIENT.T', 'MR-2003', /NOPE/],
    ['a value that does not fit', `SELECT 'abc'::NUMBER(10,0)`, 'MR-2003', /abc/],
    ['a warehouse that is not there', 'USE WAREHOUSE NOTHING', 'MR-2203', /does not exist/],
    [
      'several rows for one',
      `MERGE INTO CLIENT.T USING (SELECT 1 AS ID, 'p' AS N UNION ALL SELECT 1, 'q') S ON T.ID = S.ID WHEN MATCHED THEN UPDATE SET NAME = S.N`,
      'MR-2003',
      /several rows/,
    ],
  ])('with %s fail in Snowflake’s words', async (_, sql, code, words) => {
    const error = await refusal(client.run(sql))
    expect(error.code).toBe(code)
    expect(error.message).toMatch(words)
    expect(error.message).toMatch(/query [0-9a-f-]{36}/)
  })

  it('that take too long are ended at the server', async () => {
    const hasty = await openSnowflakeClient(optionsOf(snowflake.connection, { statementTimeoutMs: 1000 }))
    const error = await refusal(hasty.rows(slow))
    expect(error.code).toBe('MR-2206')
    expect(error.next.join()).toContain('statement_timeout')
    await hasty.close()
  })

  it('are cancelled at the server', async () => {
    const outcome = refusal(client.rows(slow))
    await new Promise((resolve) => setTimeout(resolve, 300))
    await client.cancel()
    expect((await outcome).code).toBe('MR-2206')
    expect(await client.rows('SELECT 1 AS ONE')).toEqual([{ one: '1' }])
  })

  it('that wait for a lock for too long say so', async () => {
    const hasty = await openSnowflakeClient(optionsOf(snowflake.connection, { lockTimeoutMs: 1000 }))
    await client.run('BEGIN TRANSACTION')
    await client.run(`UPDATE CLIENT.T SET NAME = 'mine' WHERE ID = 1`)
    const error = await refusal(hasty.run(`UPDATE CLIENT.T SET NAME = 'yours' WHERE ID = 1`))
    expect(error.code).toBe('MR-2206')
    expect(error.message).toContain('locked')
    await client.run('ROLLBACK')
    await hasty.close()
  })

  it('of one transaction are rolled back together', async () => {
    await client.run('BEGIN TRANSACTION')
    await client.run(`INSERT INTO CLIENT.T VALUES (77, 'gone')`)
    await client.run('ROLLBACK')
    expect(await client.rows('SELECT * FROM CLIENT.T WHERE ID = 77')).toEqual([])
  })
})

describe('files', () => {
  it('go through the table’s stage', async () => {
    await client.run('CREATE TABLE CLIENT.LOADED (ID NUMBER(19,0), NAME VARCHAR)')
    const files = [1, 2, 3, 4, 5].map((number) => {
      const path = join(directory, `part ${number}'s.parquet`)
      return { number, path }
    })
    for (const { number, path } of files)
      await db.run(
        `COPY (SELECT ${number}::BIGINT AS "ID", 'file ${number}' AS "NAME") TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`,
      )
    await client.put(
      files.map(({ path }) => path),
      '@"CLIENT".%"LOADED"/run-1',
    )
    const copied = await client.rows(
      `COPY INTO CLIENT.LOADED FROM @"CLIENT".%"LOADED"/run-1 FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE`,
    )
    expect(copied.map((row) => [row['status'], row['rows_loaded']])).toEqual(files.map(() => ['LOADED', '1']))
    expect(await client.rows('SELECT COUNT(*) AS N, SUM(ID) AS S FROM CLIENT.LOADED')).toEqual([{ n: '5', s: '15' }])
  })
})

describe('a large result', () => {
  it('comes whole, in order, in flat memory', { timeout: 60_000 }, async () => {
    let count = 0
    let wrong = 0
    for await (const rows of client.stream(
      `SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) AS ID, 'some text of a row' AS T FROM TABLE(GENERATOR(ROWCOUNT => 300000)) ORDER BY 1`,
    ))
      for (const row of rows) if (row['id'] !== String(++count)) wrong++
    expect({ count, wrong }).toEqual({ count: 300_000, wrong: 0 })
  })
})

describe('the rights', () => {
  it('that the script gives are all that doctor asks for, and it gives no more', { timeout: 60_000 }, async () => {
    const admin = await openSnowflakeClient(optionsOf(snowflake.admin))
    const key = keyOf('SCRIPTED')
    const publicKey = String(createPublicKey(key).export({ type: 'spki', format: 'pem' })).replace(
      /-----[^-]+-----|\n/g,
      '',
    )
    const names = {
      role: 'SCRIPT_ROLE',
      user: 'SCRIPTED',
      warehouse: 'SCRIPT_WH',
      database: 'SCRIPT_DB',
      schemas: ['crm'],
      signIn: 'key_pair',
    } as const
    const script = grantScript(names, { perSchema: false }).replaceAll('<PUBLIC KEY>', publicKey)
    for (const statement of script.replaceAll(/^--.*$/gm, '').split(';'))
      if (statement.trim() !== '') await admin.run(statement)
    const options = optionsOf(snowflake.connection, {
      ...withKeyOf('SCRIPTED'),
      role: 'SCRIPT_ROLE',
      warehouse: 'SCRIPT_WH',
      database: 'SCRIPT_DB',
    })
    const found = await Array.fromAsync(proveRights({ open: () => openSnowflakeClient(options), id: 'x1' }))
    expect(found.map(({ name, ok, detail }) => [name, ok, ok ? '' : detail])).toEqual(
      [
        'sign-in',
        'warehouse runs',
        'create schema',
        'create table',
        'put and copy',
        'transaction',
        'create view',
        'drop table',
        'drop schema',
      ].map((name) => [`snowflake: ${name}`, true, '']),
    )
    const scripted = await openSnowflakeClient(options)
    expect((await refusal(scripted.run('CREATE DATABASE OTHER'))).code).toBe('MR-2204')
    expect((await refusal(scripted.run('CREATE SCHEMA MILLRACE.OTHER'))).message).toMatch(/not authorized|Insufficient/)
    await scripted.close()
    await admin.close()
  })
})

describe('what breaks', () => {
  it('a session token that has expired is renewed, and nobody notices', async () => {
    snowflake.fault('expire_session', {})
    expect(await client.rows('SELECT 1 AS ONE')).toEqual([{ one: '1' }])
  })

  it('a COMMIT whose answer was lost is made once', async () => {
    const other = await openSnowflakeClient(optionsOf(snowflake.connection, { retryTimeoutMs: 0 }))
    await other.run('BEGIN TRANSACTION')
    await other.run(`INSERT INTO CLIENT.T VALUES (500, 'once')`)
    snowflake.fault('lose_commit_answer', {})
    const error = await refusal(other.run('COMMIT'))
    expect(isConnectionLost(error)).toBe(true)
    expect(await client.rows('SELECT COUNT(*) AS N FROM CLIENT.T WHERE ID = 500')).toEqual([{ n: '1' }])
    await other.close()
  })

  it.each([
    ['a suspended warehouse', 'suspended_warehouse', () => client.rows('SELECT COUNT(*) FROM CLIENT.T'), 'MR-2205'],
    ['a full stage', 'full_stage', () => client.put([smallFile()], '@"CLIENT".%"T"/x'), 'MR-2004'],
  ])('%s', async (_, fault, work, code) => {
    snowflake.fault(fault, {})
    expect((await refusal(work())).code).toBe(code)
    snowflake.fault(fault, null)
  })

  it('every statement has its tag in the account’s own journal', async () => {
    await client.tag({ sync: 'stripe', run: 'r-1', purpose: 'commit charges' })
    await client.rows('SELECT 1')
    expect(JSON.parse(snowflake.journal().at(-1)?.queryTag ?? '')).toEqual({
      tool: 'millrace',
      sync: 'stripe',
      run: 'r-1',
      purpose: 'commit charges',
    })
    expect(readFileSync(smallFile(), 'utf8')).toBe('{}')
  })
})

/** Some seconds of work that no planner takes away. */
const numbers = (count: number) =>
  `(SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) AS N FROM TABLE(GENERATOR(ROWCOUNT => ${count})))`
const slow = `SELECT COUNT(*) AS N FROM ${numbers(20_000)} A CROSS JOIN ${numbers(20_000)} B WHERE SHA2(TO_VARCHAR(A.N * B.N)) = 'x'`

function smallFile(): string {
  const path = join(directory, 'small.json')
  writeFileSync(path, '{}')
  return path
}
