import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSqlSession, type SqlSession } from './sql-session.ts'

let session: SqlSession
beforeEach(async () => {
  session = await openSqlSession()
  await session.run(`create table t (id number(19,0) not null, name varchar(5), n number(10,2) default 7, v variant)`)
  await session.run(`insert into t (id, name, n) values (1, 'a', 1), (2, 'b', 2), (3, null, 3)`)
})
afterEach(() => session.close())

const all = () => session.rows('select id, name, n from t order by id, name')

describe('INSERT', () => {
  test('counts its rows and fills in defaults', async () => {
    expect(await session.run(`insert into t (id) select 9`)).toMatchObject({ inserted: 1 })
    expect(await session.rows('select * from t where id = 9')).toEqual([['9', null, '7.00', null]])
    await session.run(`insert into t values (10, 'x', default, null)`)
    expect(await session.value('select n from t where id = 10')).toBe('7.00')
  })

  test('takes what goes into the column’s type without a word', async () => {
    await session.run(`insert into t (id, name, n) values ('12', 34, '1.005')`)
    expect(await session.rows('select id, name, n from t where id = 12')).toEqual([['12', '34', '1.01']])
  })

  test('OVERWRITE may read what it overwrites', async () => {
    expect(
      await session.run('insert overwrite into t (id, name, n) select id, name, n from t where id > 1'),
    ).toMatchObject({ inserted: 2 })
    expect((await all()).map(([id]) => id)).toEqual(['2', '3'])
  })

  test('gives a VARIANT by SELECT', async () => {
    await session.run(`insert into t (id, v) select column1, parse_json(column2) from values (5, '{"a":1}')`)
    expect(await session.value('select v:a from t where id = 5')).toBe('1')
  })
})

describe('UPDATE', () => {
  test('counts the rows that it changed', async () => {
    expect(await session.run(`update t set name = 'z', n = n + 1 where id > 1`)).toMatchObject({
      updated: 2,
      multiJoined: 0,
    })
    expect(await all()).toEqual([
      ['1', 'a', '1.00'],
      ['2', 'z', '3.00'],
      ['3', 'z', '4.00'],
    ])
  })

  test('FROM takes any of several matches, once, and says so', async () => {
    const sql = `update t set name = s.name from (values (1, 'x'), (1, 'y'), (2, 'w'), (8, 'no')) as s(id, name) where s.id = t.id`
    expect(await session.run(sql)).toMatchObject({ updated: 2, multiJoined: 1 })
    expect(await session.value(`select count(*) from t where name in ('x', 'y')`)).toBe('1')
  })

  test('of a row that is not there changes none', async () => {
    expect(await session.run(`update t set n = 0 where id = 77`)).toMatchObject({ updated: 0 })
  })
})

describe('DELETE', () => {
  test('counts its rows', async () => {
    expect(await session.run('delete from t where id <= 2')).toMatchObject({ deleted: 2 })
  })

  test('USING deletes a row once, however many match', async () => {
    expect(await session.run('delete from t using (values (1), (1), (2)) as d(id) where d.id = t.id')).toMatchObject({
      deleted: 2,
    })
    expect((await all()).map(([id]) => id)).toEqual(['3'])
  })

  test('by TRUNCATE leaves an empty table', async () => {
    await session.run('truncate table t')
    expect(await all()).toEqual([])
    await session.run('truncate table if exists nope')
  })
})

describe('MERGE', () => {
  const source = `using (select * from values (1, 'A', true), (2, 'B', false), (4, 'D', false) as s(id, name, gone)) s on t.id = s.id`

  test('updates, deletes and inserts, each row by the first clause that takes it', async () => {
    const sql = `merge into t ${source}
      when matched and s.gone then delete
      when matched then update set t.name = s.name, n = t.n * 10
      when not matched and s.id > 100 then insert (id) values (0)
      when not matched then insert (id, name) values (s.id, s.name)`
    expect(await session.run(sql)).toMatchObject({ inserted: 1, updated: 1, deleted: 1 })
    // The column that INSERT leaves out has its default.
    expect(await all()).toEqual([
      ['2', 'B', '20.00'],
      ['3', null, '3.00'],
      ['4', 'D', '7.00'],
    ])
  })

  test('takes a table under another name, and both sides in any column', async () => {
    await session.run('create table "S" as select 2 as id, 5 as n')
    expect(
      await session.run(
        'merge into "T" as "x" using "S" as "y" on "x"."ID" = "y"."ID" when matched then update set "N" = "x"."N" + "y"."N"',
      ),
    ).toMatchObject({ updated: 1, inserted: 0 })
    expect(await session.value('select n from t where id = 2')).toBe('7.00')
  })

  test('refuses a row that two source rows would change, and changes nothing', async () => {
    const sql = `merge into t using (values (1, 'x'), (1, 'y')) as s(id, name) on t.id = s.id when matched then update set name = s.name`
    expect(await session.error(sql)).toBe(
      `100090 42P18 Duplicate row detected during DML action Row Values: [1, "a", 1.00, NULL]`,
    )
    expect((await all())[0]).toEqual(['1', 'a', '1.00'])
  })

  test('lets two source rows match where only one of them does something', async () => {
    const sql = `merge into t using (values (1, 'x'), (1, 'y')) as s(id, name) on t.id = s.id when matched and s.name = 'y' then update set name = s.name`
    expect(await session.run(sql)).toMatchObject({ updated: 1 })
  })

  test('inserts what is double in the source twice', async () => {
    const sql = `merge into t using (values (7), (7)) as s(id) on t.id = s.id when not matched then insert (id) values (s.id)`
    expect(await session.run(sql)).toMatchObject({ inserted: 2 })
  })
})

describe('what does not go into a table', () => {
  test.each([
    [`insert into t (id) values (null)`, '100072 22000 NULL result in a non-nullable column'],
    [`update t set id = null`, '100072 22000 NULL result in a non-nullable column'],
    [
      `insert into t (id, name) values (1, 'toolong')`,
      `100078 22000 String 'toolong' is too long and would be truncated`,
    ],
    [`insert into t (id) values ('x')`, `100038 22018 Numeric value 'x' is not recognized`],
    [
      `insert into t (id, n) values (1, 123456789)`,
      '100046 22003 Number out of representable range: type FIXED[SB8](10,2){nullable}, value 123456789',
    ],
    [
      `insert into t (id, v) select 1, 'x'`,
      '002023 22000 SQL compilation error: Expression type does not match column data type, expecting VARIANT but got VARCHAR(1) for column V',
    ],
    [
      `insert into t (id) select current_date`,
      '002023 22000 SQL compilation error: Expression type does not match column data type, expecting NUMBER(19,0) but got DATE for column ID',
    ],
    [
      `insert into t (id, v) values (1, parse_json('1'))`,
      `002014 22000 SQL compilation error: Invalid expression [parse_json('1')] in VALUES clause`,
    ],
    [
      `insert into t values (1)`,
      '002020 21S01 SQL compilation error: Insert value list does not match column list expecting 4 but got 1',
    ],
    [
      `insert into t (id, nope) values (1, 2)`,
      `000904 42000 SQL compilation error: error line 1 at position 14 invalid identifier 'NOPE'`,
    ],
    [
      `update t set nope = 1`,
      `000904 42000 SQL compilation error: error line 1 at position 13 invalid identifier 'NOPE'`,
    ],
    [
      `update t set n = 1, n = 2`,
      `002025 42S21 SQL compilation error: error line 1 at position 20 duplicate column name 'N'`,
    ],
    [`delete from nope`, `002003 42S02 SQL compilation error: Object 'NOPE' does not exist or not authorized.`],
    [
      `merge into t using t s on t.id = s.id when not matched then insert (id) values (t.id)`,
      `000904 42000 SQL compilation error: error line 1 at position 80 invalid identifier 'T.ID'`,
    ],
    [`insert all into t values (1) select 1`, `000002 0A000 SQL compilation error: Unsupported feature 'INSERT ALL'.`],
  ])('%s', async (sql, error) => {
    expect(await session.error(sql)).toBe(error)
  })
})
