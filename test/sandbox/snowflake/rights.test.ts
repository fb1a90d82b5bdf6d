import { generateKeyPairSync } from 'node:crypto'
import type { Connection } from 'snowflake-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publicKeyOf } from '../../../src/sandbox/snowflake/account/key-pair.ts'
import { keyPair, refusal, run, signIn, signOut, startTestSnowflake, type TestSnowflake } from './sdk.ts'

let snowflake: TestSnowflake
let admin: Connection
beforeAll(async () => {
  snowflake = await startTestSnowflake()
  admin = await signIn(keyPair(snowflake.admin))
})
afterAll(async () => {
  await signOut(admin)
  await snowflake.remove()
})

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

describe('an administrator', () => {
  test('runs the script of grants, and the user that it makes can work', async () => {
    for (const sql of [
      'USE ROLE SECURITYADMIN',
      'CREATE ROLE IF NOT EXISTS LOADER',
      'GRANT ROLE LOADER TO ROLE SYSADMIN',
      'USE ROLE USERADMIN',
      'CREATE USER IF NOT EXISTS LOADER_USER TYPE = SERVICE DEFAULT_ROLE = LOADER DEFAULT_WAREHOUSE = LOAD_WH',
      `ALTER USER LOADER_USER SET RSA_PUBLIC_KEY = '${publicKeyOf(privateKey)}'`,
      'USE ROLE SECURITYADMIN',
      'GRANT ROLE LOADER TO USER LOADER_USER',
      'USE ROLE SYSADMIN',
      'CREATE WAREHOUSE IF NOT EXISTS LOAD_WH WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE',
      'CREATE DATABASE IF NOT EXISTS LOADED',
      'USE ROLE SECURITYADMIN',
      'GRANT USAGE ON WAREHOUSE LOAD_WH TO ROLE LOADER',
      'GRANT USAGE, CREATE SCHEMA ON DATABASE LOADED TO ROLE LOADER',
    ])
      await run(admin, sql)
    const loader = await signIn({
      ...keyPair(snowflake.connection),
      username: 'LOADER_USER',
      privateKey,
      role: 'LOADER',
      warehouse: 'LOAD_WH',
      database: 'LOADED',
    })
    await run(loader, 'CREATE SCHEMA S')
    await run(loader, 'CREATE TABLE T (A NUMBER)')
    await run(loader, 'INSERT INTO T VALUES (1)')
    expect(await run(loader, 'SELECT * FROM T')).toEqual([{ A: 1 }])
    expect(await run(loader, 'SHOW GRANTS TO ROLE LOADER')).toEqual(
      expect.arrayContaining([expect.objectContaining({ privilege: 'CREATE SCHEMA', name: 'LOADED' })]),
    )
    await signOut(loader)
  })

  test('is told where a placeholder was left in', async () => {
    await run(admin, 'USE ROLE ACCOUNTADMIN')
    await run(admin, 'CREATE USER IF NOT EXISTS PLACEHOLDER')
    expect(await refusal(run(admin, "ALTER USER PLACEHOLDER SET RSA_PUBLIC_KEY = '<PUBLIC KEY>'"))).toContain(
      'New public key rejected',
    )
  })
})

describe('a statement about the account', () => {
  test.each([
    ["CREATE USER WRONG COMMENT = 'x' GARBAGE", "unexpected '<EOF>'"],
    ['CREATE USER WRONG X = 1', "001420 22023 SQL compilation error:\ninvalid property 'X' for 'USER'"],
    ['CREATE OR REPLACE USER IF NOT EXISTS WRONG', 'options IF NOT EXISTS and OR REPLACE are incompatible'],
    ['CREATE USER IF NOT EXISTS MILLRACE GARBAGE', "unexpected '<EOF>'"],
    ['ALTER USER MILLRACE SET', "unexpected '<EOF>'"],
    ['ALTER USER MILLRACE SET DISABLED = FALSE GARBAGE', "unexpected '<EOF>'"],
    ['ALTER USER MILLRACE UNSET COMMENT GARBAGE', "unexpected 'GARBAGE'"],
    ["ALTER USER MILLRACE ADD PAT P ROLE_RESTRICTION = 'NO_SUCH'", "Role 'NO_SUCH' does not exist or not authorized"],
    ['DROP USER MILLRACE GARBAGE', "unexpected 'GARBAGE'"],
    ['CREATE ROLE WRONG GARBAGE', "unexpected '<EOF>'"],
    ['ALTER ROLE MILLRACE RENAME TO OTHER', "unexpected 'RENAME'"],
    ['DROP ROLE MILLRACE GARBAGE', "unexpected 'GARBAGE'"],
    ['GRANT ROLE MILLRACE TO ROLE SYSADMIN GARBAGE', "unexpected 'GARBAGE'"],
    ['CREATE WAREHOUSE WRONG WAREHOUSE_SIZE = XSMALL GARBAGE', "unexpected '<EOF>'"],
    ['CREATE WAREHOUSE WRONG WAREHOUSE_SIZE = TINY', '001008 22023'],
    ['CREATE WAREHOUSE WRONG AUTO_SUSPEND = LATER', '001008 22023'],
    ['ALTER WAREHOUSE MILLRACE_WH SUSPEND GARBAGE', "unexpected 'GARBAGE'"],
    ['ALTER WAREHOUSE MILLRACE_WH SET AUTO_RESUMES = TRUE', "invalid property 'AUTO_RESUMES' for 'WAREHOUSE'"],
    ['DROP WAREHOUSE MILLRACE_WH GARBAGE', "unexpected 'GARBAGE'"],
  ])('is read to its end before it does anything: %s', async (sql, answer) => {
    await run(admin, 'USE ROLE ACCOUNTADMIN')
    expect(await refusal(run(admin, sql))).toContain(answer)
  })

  test('leaves nothing of one that is refused', async () => {
    expect(await run(admin, "SHOW USERS LIKE 'WRONG'")).toEqual([])
    expect(await run(admin, "SHOW USERS LIKE 'MILLRACE'")).toMatchObject([{ name: 'MILLRACE', disabled: 'false' }])
    expect(await run(admin, "SHOW ROLES LIKE 'WRONG'")).toEqual([])
    expect(await run(admin, 'SHOW WAREHOUSES')).toMatchObject([
      { name: 'MILLRACE_WH', state: 'STARTED' },
      { name: 'LOAD_WH' },
    ])
  })

  test('makes a role anew that nobody has', async () => {
    await run(admin, 'CREATE ROLE AGAIN')
    await run(admin, 'GRANT ROLE AGAIN TO USER MILLRACE')
    await run(admin, 'DROP ROLE AGAIN')
    await run(admin, 'CREATE ROLE AGAIN')
    expect(await run(admin, 'SHOW GRANTS OF ROLE AGAIN')).toEqual([])
  })

  test('takes every size of a warehouse', async () => {
    for (const [word, size] of [
      ['XXLARGE', '2X-Large'],
      ["'4X-LARGE'", '4X-Large'],
      ['X5LARGE', '5X-Large'],
      ["'X-Small'", 'X-Small'],
    ]) {
      await run(admin, `CREATE OR REPLACE WAREHOUSE SIZED WITH WAREHOUSE_SIZE = ${word} AUTO_SUSPEND = NULL`)
      expect(await run(admin, "SHOW WAREHOUSES LIKE 'SIZED'")).toMatchObject([{ size }])
    }
  })
})

describe('a role', () => {
  test('is refused what it was not granted', async () => {
    await run(admin, 'USE ROLE ACCOUNTADMIN')
    for (const sql of [
      'CREATE OR REPLACE ROLE READER',
      'GRANT ROLE READER TO USER MILLRACE',
      'CREATE DATABASE PRIVATE',
      'CREATE SCHEMA PRIVATE.A',
      'CREATE TABLE PRIVATE.A.T (X NUMBER)',
      'CREATE TABLE PRIVATE.A.HIDDEN (X NUMBER)',
      'CREATE SCHEMA PRIVATE.B',
      'CREATE TABLE PRIVATE.B.T (X NUMBER)',
      'CREATE SCHEMA PRIVATE.OWN',
      'GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA PRIVATE.OWN TO ROLE READER',
      'GRANT USAGE ON WAREHOUSE MILLRACE_WH TO ROLE READER',
      'GRANT USAGE ON DATABASE PRIVATE TO ROLE READER',
      'GRANT USAGE ON SCHEMA PRIVATE.A TO ROLE READER',
      'GRANT SELECT ON TABLE PRIVATE.A.T TO ROLE READER',
    ])
      await run(admin, sql)
    const reader = await signIn({ ...keyPair(snowflake.connection), role: 'READER', database: 'PRIVATE', schema: 'A' })
    expect(await run(reader, 'SELECT * FROM T')).toEqual([])
    // What there is, as far as the role has any right on it.
    const names = async (sql: string) => (await run(reader, sql)).map((row) => row['name'])
    expect(await names('SHOW TABLES')).toEqual(['T'])
    expect(await names('SHOW TABLES IN ACCOUNT')).toEqual(['T'])
    expect(await names('SHOW SCHEMAS')).toEqual(['A', 'OWN'])
    const catalogue = 'SELECT TABLE_NAME AS "name" FROM PRIVATE.INFORMATION_SCHEMA'
    expect(await names(`${catalogue}.TABLES`)).toEqual(['T'])
    expect(await names(`${catalogue}.COLUMNS`)).toEqual(['T'])
    expect(
      await names('SELECT SCHEMA_NAME AS "name" FROM PRIVATE.INFORMATION_SCHEMA.SCHEMATA ORDER BY SCHEMA_NAME'),
    ).toEqual(['A', 'OWN'])
    await run(reader, 'CREATE TEMPORARY TABLE OWN.SHORT (X NUMBER)')
    expect(await names(`${catalogue}.TABLES ORDER BY TABLE_NAME`)).toEqual(['SHORT', 'T'])
    const refused: readonly (readonly [sql: string, answer: string])[] = [
      [
        'SELECT * FROM HIDDEN',
        "003001 42501 SQL access control error:\nInsufficient privileges to operate on table 'HIDDEN'.",
      ],
      ['INSERT INTO T VALUES (1)', "Insufficient privileges to operate on table 'T'"],
      ['SELECT * FROM PRIVATE.B.T', '002003'],
      ['CREATE TABLE PRIVATE.OWN.STOLEN AS SELECT * FROM HIDDEN', "operate on table 'HIDDEN'"],
      ['CREATE TEMPORARY TABLE PRIVATE.OWN.STOLEN AS SELECT * FROM HIDDEN', "operate on table 'HIDDEN'"],
      ['CREATE TABLE PRIVATE.OWN.STOLEN CLONE HIDDEN', "operate on table 'HIDDEN'"],
      ['CREATE TABLE PRIVATE.OWN.STOLEN AS SELECT * FROM PRIVATE.B.T', '002003'],
      ['CREATE VIEW PRIVATE.OWN.STOLEN AS SELECT T.X FROM PRIVATE.A.T, PRIVATE.A.HIDDEN', "operate on table 'HIDDEN'"],
      ['EXPLAIN SELECT * FROM HIDDEN', "operate on table 'HIDDEN'"],
      ['SET STOLEN = (SELECT MAX(X) FROM HIDDEN)', "operate on table 'HIDDEN'"],
      [
        'CREATE TABLE MINE (X NUMBER)',
        "003001 42501 SQL access control error:\nInsufficient privileges to operate on schema 'A'.",
      ],
      ['CREATE SCHEMA PRIVATE.C', "Insufficient privileges to operate on database 'PRIVATE'"],
      ['DROP TABLE T', "Insufficient privileges to operate on table 'T'"],
      ['LIST @%T', "Insufficient privileges to operate on table 'T'"],
      ['CREATE DATABASE MINE', 'Insufficient privileges to operate on account'],
      ['USE ROLE SYSADMIN', '003013 42501'],
      ['CREATE USER X', 'Insufficient privileges'],
      ['GRANT SELECT ON TABLE T TO ROLE PUBLIC', 'Insufficient privileges'],
    ]
    for (const [sql, answer] of refused) expect(await refusal(run(reader, sql)), sql).toContain(answer)
    await run(reader, 'CREATE TABLE PRIVATE.OWN.TAKEN AS SELECT * FROM T')
    await run(reader, 'CREATE VIEW PRIVATE.OWN.SEEN AS SELECT * FROM PRIVATE.A.T')
    await run(admin, 'REVOKE SELECT ON TABLE PRIVATE.A.T FROM ROLE READER')
    expect(await refusal(run(reader, 'SELECT * FROM T'))).toContain('003001')
    await signOut(reader)
  })
})

describe('what another role owns', () => {
  test('is neither replaced, hidden nor taken elsewhere', async () => {
    for (const sql of [
      'USE ROLE ACCOUNTADMIN',
      'CREATE OR REPLACE DATABASE OWNED',
      'CREATE SCHEMA OWNED.A',
      'CREATE TABLE OWNED.A.T (X NUMBER)',
      'CREATE VIEW OWNED.A.V AS SELECT * FROM T',
      'CREATE STAGE OWNED.A.S',
      'CREATE FILE FORMAT OWNED.A.F TYPE = JSON',
      'CREATE SCHEMA OWNED.CLOSED',
      'CREATE OR REPLACE ROLE MAKER',
      'GRANT ROLE MAKER TO USER MILLRACE',
      'GRANT USAGE, CREATE SCHEMA ON DATABASE OWNED TO ROLE MAKER',
      'GRANT USAGE, CREATE TABLE, CREATE STAGE ON SCHEMA OWNED.A TO ROLE MAKER',
      'GRANT USAGE ON SCHEMA OWNED.CLOSED TO ROLE MAKER',
      'GRANT SELECT ON TABLE OWNED.A.T TO ROLE MAKER',
    ])
      await run(admin, sql)
    const maker = await signIn({ ...keyPair(snowflake.connection), role: 'MAKER', database: 'OWNED', schema: 'A' })
    await run(maker, 'CREATE TABLE MINE (DOC VARIANT)')
    for (const [sql, answer] of [
      ['CREATE OR REPLACE SCHEMA OWNED.A', "operate on schema 'A'"],
      ['CREATE OR REPLACE STAGE S', "operate on stage 'S'"],
      ['CREATE OR REPLACE TABLE T (Y NUMBER)', "operate on table 'T'"],
      ['CREATE TEMPORARY TABLE T (Y NUMBER)', "operate on table 'T'"],
      ['ALTER TABLE MINE RENAME TO OWNED.CLOSED.MINE', "operate on schema 'CLOSED'"],
      ['COPY INTO MINE FROM @%MINE FILE_FORMAT = (FORMAT_NAME = F)', "operate on file_format 'F'"],
      [
        'DROP TABLE IF EXISTS V',
        "002203 02000 SQL compilation error:\nObject found is of type 'VIEW', not specified type 'TABLE'.",
      ],
      ['DROP VIEW IF EXISTS MINE', "Object found is of type 'TABLE', not specified type 'VIEW'."],
    ] as const)
      expect(await refusal(run(maker, sql)), sql).toContain(answer)
    await signOut(maker)
  })
})

describe('a grant', () => {
  let reader: Connection
  beforeAll(async () => {
    for (const sql of [
      'USE ROLE ACCOUNTADMIN',
      'CREATE OR REPLACE DATABASE GIVEN',
      'CREATE SCHEMA GIVEN.A',
      'CREATE TABLE GIVEN.A.T (X NUMBER)',
      'CREATE VIEW GIVEN.A.V AS SELECT * FROM T',
      'CREATE OR REPLACE ROLE TAKER',
      'CREATE OR REPLACE ROLE OTHER',
      'GRANT ROLE TAKER TO USER MILLRACE',
      'GRANT USAGE ON WAREHOUSE MILLRACE_WH TO ROLE TAKER',
      'GRANT USAGE ON DATABASE GIVEN TO ROLE TAKER',
      'GRANT USAGE ON ALL SCHEMAS IN DATABASE GIVEN TO ROLE TAKER',
    ])
      await run(admin, sql)
    reader = await signIn({ ...keyPair(snowflake.connection), role: 'TAKER', database: 'GIVEN', schema: 'A' })
  })
  afterAll(() => signOut(reader))

  test('on what is yet to come holds for what comes, and for nothing that there is', async () => {
    await run(admin, 'GRANT SELECT ON FUTURE TABLES IN SCHEMA GIVEN.A TO ROLE TAKER')
    expect(await refusal(run(reader, 'SELECT * FROM T'))).toContain('003001')
    await run(admin, 'CREATE TABLE GIVEN.A.LATER (X NUMBER)')
    expect(await run(reader, 'SELECT * FROM LATER')).toEqual([])
    await run(admin, 'REVOKE SELECT ON FUTURE TABLES IN SCHEMA GIVEN.A FROM ROLE TAKER')
    expect(await run(reader, 'SELECT * FROM LATER')).toEqual([])
    await run(admin, 'CREATE OR REPLACE TABLE GIVEN.A.LATER (X NUMBER)')
    expect(await refusal(run(reader, 'SELECT * FROM LATER'))).toContain('003001')
  })

  test('on what is yet to come in a schema stands before those of its database', async () => {
    await run(admin, 'GRANT SELECT ON FUTURE TABLES IN DATABASE GIVEN TO ROLE TAKER')
    await run(admin, 'CREATE TABLE GIVEN.A.BY_DATABASE (X NUMBER)')
    await run(admin, 'GRANT INSERT ON FUTURE TABLES IN SCHEMA GIVEN.A TO ROLE OTHER')
    await run(admin, 'CREATE TABLE GIVEN.A.BY_SCHEMA (X NUMBER)')
    expect(await run(reader, 'SELECT * FROM BY_DATABASE')).toEqual([])
    expect(await refusal(run(reader, 'SELECT * FROM BY_SCHEMA'))).toContain('003001')
  })

  test('of all does not make an owner, and may be taken back in part', async () => {
    await run(admin, 'GRANT ALL PRIVILEGES ON TABLE GIVEN.A.T TO ROLE TAKER')
    await run(reader, 'INSERT INTO T VALUES (1)')
    for (const sql of ['DROP TABLE T', 'ALTER TABLE T ADD COLUMN Y NUMBER', 'CREATE OR REPLACE TABLE T (Y NUMBER)'])
      expect(await refusal(run(reader, sql)), sql).toContain('003001')
    await run(admin, 'REVOKE SELECT ON TABLE GIVEN.A.T FROM ROLE TAKER')
    expect(await refusal(run(reader, 'SELECT * FROM T'))).toContain('003001')
    await run(admin, 'REVOKE ALL ON TABLE GIVEN.A.T FROM ROLE TAKER')
    expect(await refusal(run(reader, 'INSERT INTO T VALUES (1)'))).toContain('003001')
  })

  test.each([
    ['GRANT CREATE TABLE ON DATABASE GIVEN TO ROLE TAKER', "unexpected 'CREATE'"],
    ['GRANT INSERT ON VIEW GIVEN.A.V TO ROLE TAKER', "unexpected 'INSERT'"],
    ['GRANT SELECT, SELEKT ON TABLE GIVEN.A.T TO ROLE TAKER', "unexpected 'SELEKT'"],
    ['GRANT USAGE ON ACCOUNT TO ROLE TAKER', "unexpected 'USAGE'"],
    ['GRANT USAGE ON DATABASE SNOWFLAKE TO ROLE TAKER', "unexpected 'USAGE'"],
    ['GRANT IMPORTED PRIVILEGES ON DATABASE GIVEN TO ROLE TAKER', "unexpected 'IMPORTED'"],
    ['GRANT SELECT ON ALL TABLE IN SCHEMA GIVEN.A TO ROLE TAKER', "unexpected 'TABLE'"],
    ['GRANT USAGE ON ALL WAREHOUSES IN DATABASE GIVEN TO ROLE TAKER', 'Unsupported feature'],
    ['GRANT SELECT, OWNERSHIP ON TABLE GIVEN.A.T TO ROLE TAKER', 'unexpected'],
    ['REVOKE OWNERSHIP ON TABLE GIVEN.A.T FROM ROLE ACCOUNTADMIN', "unexpected 'OWNERSHIP'"],
    ['REVOKE SELECT ON TABLE GIVEN.A.T FROM ROLE TAKER COPY CURRENT GRANTS', "unexpected 'COPY'"],
  ])('that Snowflake does not know is refused: %s', async (sql, answer) => {
    expect(await refusal(run(admin, sql))).toContain(answer)
  })

  test('of ownership says what becomes of the others', async () => {
    await run(admin, 'GRANT SELECT ON VIEW GIVEN.A.V TO ROLE OTHER')
    expect(await refusal(run(admin, 'GRANT OWNERSHIP ON VIEW GIVEN.A.V TO ROLE TAKER'))).toContain(
      "003036 23001 SQL execution error: Dependent grant of privilege 'SELECT' on securable 'GIVEN.A.V' to role 'OTHER' exists.",
    )
    await run(admin, 'GRANT OWNERSHIP ON VIEW GIVEN.A.V TO ROLE TAKER REVOKE CURRENT GRANTS')
    expect(await run(admin, 'SHOW GRANTS ON VIEW GIVEN.A.V')).toMatchObject([
      { privilege: 'OWNERSHIP', grantee_name: 'TAKER' },
    ])
    // A view is read with its owner's rights.
    const expansion =
      "002037 42601 SQL compilation error:\nFailure during expansion of view 'V': SQL compilation error:\nObject"
    for (const who of [reader, admin]) expect(await refusal(run(who, 'SELECT * FROM GIVEN.A.V'))).toContain(expansion)
    await run(admin, 'GRANT SELECT ON TABLE GIVEN.A.T TO ROLE TAKER')
    expect(await run(reader, 'SELECT * FROM V')).toEqual([{ X: 1 }])
  })
})

describe('a warehouse', () => {
  test('runs for the roles that may use it, and for no others', async () => {
    for (const sql of [
      'USE ROLE ACCOUNTADMIN',
      'CREATE OR REPLACE WAREHOUSE SHARED_WH',
      'USE WAREHOUSE MILLRACE_WH',
      'CREATE TABLE IF NOT EXISTS MILLRACE.PUBLIC.SHARED AS SELECT 1 AS A',
      'CREATE OR REPLACE ROLE WORKER',
      'GRANT ROLE WORKER TO USER MILLRACE',
      'GRANT USAGE ON DATABASE MILLRACE TO ROLE WORKER',
      'GRANT USAGE ON SCHEMA MILLRACE.PUBLIC TO ROLE WORKER',
      'GRANT SELECT ON TABLE MILLRACE.PUBLIC.SHARED TO ROLE WORKER',
      'GRANT OPERATE ON WAREHOUSE SHARED_WH TO ROLE WORKER',
    ])
      await run(admin, sql)
    const worker = await signIn({ ...keyPair(snowflake.connection), role: 'WORKER' })
    expect(await refusal(run(worker, 'USE WAREHOUSE SHARED_WH'))).toContain('002043')
    await run(admin, 'GRANT USAGE ON WAREHOUSE SHARED_WH TO ROLE WORKER')
    await run(worker, 'USE WAREHOUSE SHARED_WH')
    expect(await run(worker, 'SELECT * FROM SHARED')).toEqual([{ A: 1 }])
    await run(admin, 'DROP WAREHOUSE SHARED_WH')
    await run(admin, 'CREATE WAREHOUSE SHARED_WH')
    expect(await refusal(run(worker, 'SELECT * FROM SHARED'))).toContain('000606 57P03')
    await run(admin, 'USE WAREHOUSE MILLRACE_WH')
    await signOut(worker)
  })

  test('that is suspended and does not resume by itself runs nothing', async () => {
    await run(admin, 'USE ROLE ACCOUNTADMIN')
    await run(admin, 'CREATE OR REPLACE TABLE MILLRACE.PUBLIC.T (A NUMBER)')
    await run(admin, 'CREATE WAREHOUSE SLEEPY AUTO_RESUME = FALSE INITIALLY_SUSPENDED = TRUE')
    expect(await refusal(run(admin, 'SELECT * FROM MILLRACE.PUBLIC.T'))).toContain('000606 57P03')
    await run(admin, 'ALTER WAREHOUSE SLEEPY RESUME')
    expect(await run(admin, 'SELECT * FROM MILLRACE.PUBLIC.T')).toEqual([])
    expect(await run(admin, "SHOW WAREHOUSES LIKE 'SLEEPY'")).toMatchObject([{ name: 'SLEEPY', state: 'STARTED' }])
  })
})
