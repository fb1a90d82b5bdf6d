import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readExpression, readStatement } from '../../../../src/sandbox/snowflake/sql/read-statement.ts'
import { openSqlSession, type SqlSession } from './sql-session.ts'

let session: SqlSession
beforeAll(async () => {
  session = await openSqlSession()
  await session.run('create table t (a int)')
})
afterAll(() => session.close())

const read = async (sql: string) => readStatement(sql, await session.context())

describe('statements of a session', () => {
  test.each([
    ['begin', { kind: 'begin' }],
    ['BEGIN TRANSACTION NAME t1;', { kind: 'begin' }],
    ['start transaction', { kind: 'begin' }],
    ['commit work', { kind: 'commit' }],
    ['rollback', { kind: 'rollback' }],
    ['use role "Loader"', { kind: 'use', what: 'role', name: 'Loader' }],
    ['use warehouse wh', { kind: 'use', what: 'warehouse', name: 'WH' }],
    ['use db', { kind: 'use', what: 'database', name: 'DB' }],
    ['use schema s', { kind: 'use', what: 'schema', name: 'S', database: null }],
    ['use db.s', { kind: 'use', what: 'schema', name: 'S', database: 'DB' }],
    ['use secondary roles none', { kind: 'use', what: 'secondary_roles', name: 'NONE' }],
    [
      `alter session set query_tag = '{"a":1}', lock_timeout = 5 autocommit = true`,
      { kind: 'alter_session', set: { QUERY_TAG: '{"a":1}', LOCK_TIMEOUT: '5', AUTOCOMMIT: 'TRUE' }, unset: [] },
    ],
    ['alter session unset query_tag, timezone', { kind: 'alter_session', set: {}, unset: ['QUERY_TAG', 'TIMEZONE'] }],
    ['set x = 1 + 1', { kind: 'set_variable', values: [{ name: 'X', type: 'NUMBER(2,0)' }] }],
    ['unset x', { kind: 'unset_variable', names: ['X'] }],
    ['describe table t', { kind: 'describe', what: 'Table', name: { database: 'DB', schema: 'PUBLIC', name: 'T' } }],
    [
      `show terse tables like 'a%' in schema db.s limit 5`,
      {
        kind: 'show',
        what: 'TABLES',
        like: 'a%',
        in: { kind: 'schema', name: { database: 'DB', schema: 'S', name: 'S' } },
        limit: 5,
      },
    ],
    ['show grants to role loader', { kind: 'show', what: 'GRANTS', rest: ['TO', 'ROLE', 'LOADER'] }],
    ['show columns in table t', { kind: 'show', what: 'COLUMNS', in: { kind: 'table', name: { name: 'T' } } }],
    ['explain select 1', { kind: 'explain', statement: { kind: 'query' } }],
  ])('%s', async (sql, expected) => {
    expect(await read(sql)).toMatchObject(expected)
  })

  test('tell which tables they read', async () => {
    const statement = await read('with x as (select * from t) select * from x join t u on true')
    expect(statement).toMatchObject({ kind: 'query', reads: [{ database: 'DB', schema: 'PUBLIC', name: 'T' }] })
  })
})

describe('what only the session can answer', () => {
  test('is asked of it, with names and arguments', async () => {
    const asked: unknown[] = []
    const tableFunction = (...call: readonly unknown[]) => {
      asked.push(call)
      return { sql: 'SELECT 7 AS "N"', columns: [{ name: 'N', type: 'NUMBER(1,0)' }] }
    }
    expect(await session.rows('select n from table(result_scan(last_query_id()))', { tableFunction })).toEqual([['7']])
    expect(
      await session.rows('select n from table(information_schema.query_history_by_session(result_limit => 5))', {
        tableFunction,
      }),
    ).toEqual([['7']])
    expect(await session.rows('select n from snowflake.account_usage.query_history', { tableFunction })).toEqual([
      ['7'],
    ])
    expect(asked).toEqual([
      ['RESULT_SCAN', [null], {}],
      ['QUERY_HISTORY_BY_SESSION', [], { RESULT_LIMIT: '5' }],
      ['SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY', [], {}],
    ])
  })
})

describe('a block', () => {
  const blockOf = async (text: string) => {
    const statement = await read(text)
    if (statement.kind !== 'block') throw new Error('not a block')
    return statement.block
  }

  test('of a fence is read into its statements, which stay text', async () => {
    const block = await blockOf(`EXECUTE IMMEDIATE $$
      DECLARE stale EXCEPTION (-20001, 'A later run holds the fence.');
              epoch NUMBER(38,0) DEFAULT 0;
      BEGIN
        BEGIN TRANSACTION;
        UPDATE fences SET epoch = epoch + 1 WHERE sync = 'a;b';
        IF (SQLROWCOUNT <> 1) THEN
          ROLLBACK;
          RAISE stale;
        ELSEIF (:epoch > 5) THEN
          NULL;
        ELSE
          LET x := SQLROWCOUNT;
        END IF;
        SELECT epoch, owner INTO :epoch, :owner FROM fences;
        epoch := epoch + 1;
        COMMIT;
        RETURN epoch;
      EXCEPTION
        WHEN stale THEN RETURN 'late';
        WHEN OTHER THEN ROLLBACK; RAISE;
      END;
    $$`)
    expect(block.declarations).toEqual([
      { kind: 'exception', name: 'STALE', number: -20001, message: 'A later run holds the fence.' },
      { kind: 'variable', name: 'EPOCH', type: 'NUMBER(38,0)', value: '0' },
    ])
    expect(block.body).toEqual([
      { kind: 'sql', text: 'BEGIN TRANSACTION', into: null },
      { kind: 'sql', text: `UPDATE fences SET epoch = epoch + 1 WHERE sync = 'a;b'`, into: null },
      {
        kind: 'if',
        branches: [
          {
            condition: '(SQLROWCOUNT <> 1)',
            body: [
              { kind: 'sql', text: 'ROLLBACK', into: null },
              { kind: 'raise', name: 'STALE' },
            ],
          },
          { condition: '(:epoch > 5)', body: [{ kind: 'null' }] },
        ],
        otherwise: [{ kind: 'let', name: 'X', type: null, value: 'SQLROWCOUNT' }],
      },
      {
        kind: 'sql',
        text: `SELECT epoch, owner ${' '.repeat('INTO :epoch, :owner'.length)} FROM fences`,
        into: ['EPOCH', 'OWNER'],
      },
      { kind: 'assign', name: 'EPOCH', value: 'epoch + 1' },
      { kind: 'sql', text: 'COMMIT', into: null },
      { kind: 'return', value: 'epoch' },
    ])
    expect(block.handlers).toEqual([
      { names: ['STALE'], body: [{ kind: 'return', value: `'late'` }] },
      {
        names: ['OTHER'],
        body: [
          { kind: 'sql', text: 'ROLLBACK', into: null },
          { kind: 'raise', name: null },
        ],
      },
    ])
  })

  test('has loops and blocks within', async () => {
    const block = await blockOf(
      `begin for i in 1 to 3 do n := n + i; end for; while (n > 0) do n := n - 1; break; end while; loop exit; end loop; begin return; end; end`,
    )
    expect(block.body.map(({ kind }) => kind)).toEqual(['for', 'while', 'loop', 'block'])
  })

  test('may be one statement, or an expression that gives one', async () => {
    expect((await blockOf(`execute immediate 'select 1'`)).body).toEqual([
      { kind: 'sql', text: 'select 1', into: null },
    ])
    expect((await blockOf(`execute immediate 'select ' || 1`)).body).toEqual([
      { kind: 'execute', expression: `'select ' || 1` },
    ])
  })

  test('has expressions over its variables, without colons', async () => {
    const variables = new Map([
      ['N', { type: 'NUMBER(38,0)', value: '4' }],
      ['S', { type: 'VARCHAR(16777216)', value: null }],
    ])
    const context = await session.context({ variables })
    const query = readExpression(`n * 2 + (select count(*) from t) > :n and s is null`, context)
    expect(await session.database.rows(query.sql)).toEqual([{ VALUE: 'true' }])
    expect(query.columns).toEqual([{ name: 'VALUE', type: 'BOOLEAN' }])
  })

  test.each([
    ['begin return 1', `unexpected '<EOF>'`],
    ['begin if (true) then end; end', `unexpected ';'`],
    ['declare e exception (-1); begin null; end', 'unexpected'],
    ['declare c cursor for select 1; begin null; end', 'CURSOR in a block'],
  ])('%s is refused', async (sql, message) => {
    await expect(read(sql)).rejects.toThrow(message)
  })
})
