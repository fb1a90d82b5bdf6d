import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readStatement } from '../../../../src/sandbox/snowflake/sql/read-statement.ts'
import { openSqlSession, type SqlSession } from './sql-session.ts'

let session: SqlSession
beforeEach(async () => {
  session = await openSqlSession()
})
afterEach(() => session.close())

const types = async (table: string) =>
  session.rows(`select column_name, data_type, coalesce(character_maximum_length, numeric_precision, datetime_precision), numeric_scale, is_nullable
    from information_schema.columns where table_name = '${table}' order by ordinal_position`)

describe('CREATE TABLE', () => {
  test('keeps every type as Snowflake calls it', async () => {
    expect(
      await session.run(`create table t (a varchar(10) not null, b number(12,3), c int, d float, e boolean, f date, g timestamp_ntz(6), h variant,
      i array, j object, k binary, l time, m timestamp_tz, "low" string, primary key (c))`),
    ).toMatchObject({ message: 'Table T successfully created.' })
    expect(await types('T')).toEqual([
      ['A', 'TEXT', '10', null, 'NO'],
      ['B', 'NUMBER', '12', '3', 'YES'],
      ['C', 'NUMBER', '38', '0', 'NO'],
      ['D', 'FLOAT', null, null, 'YES'],
      ['E', 'BOOLEAN', null, null, 'YES'],
      ['F', 'DATE', null, null, 'YES'],
      ['G', 'TIMESTAMP_NTZ', '6', null, 'YES'],
      ['H', 'VARIANT', null, null, 'YES'],
      ['I', 'ARRAY', null, null, 'YES'],
      ['J', 'OBJECT', null, null, 'YES'],
      ['K', 'BINARY', null, null, 'YES'],
      ['L', 'TIME', '9', null, 'YES'],
      ['M', 'TIMESTAMP_TZ', '9', null, 'YES'],
      ['low', 'TEXT', '16777216', null, 'YES'],
    ])
  })

  test('AS SELECT has the types of what is selected', async () => {
    await session.run(
      `create transient table t as select 'abc' as s, 1.25 as n, count(*) as c, null as z, array_construct() as a`,
    )
    expect((await types('T')).map((row) => row.slice(0, 4))).toEqual([
      ['S', 'TEXT', '3', null],
      ['N', 'NUMBER', '3', '2'],
      ['C', 'NUMBER', '18', '0'],
      ['Z', 'TEXT', '16777216', null],
      ['A', 'ARRAY', null, null],
    ])
    expect(await session.rows('select * from t')).toEqual([['abc', '1.25', '1', null, '[]']])
  })

  test('AS SELECT takes names, and names with types', async () => {
    await session.run('create table t (x, y) as select 1, 2')
    await session.run(`create table u (x varchar not null, y number(10,2)) as select 1, 2`)
    expect(await session.rows('select t.x, u.x, u.y from t, u')).toEqual([['1', '1', '2.00']])
  })

  test('OR REPLACE may read what it replaces', async () => {
    await session.run('create table t as select 1 as a union all select 2')
    await session.run('create or replace table t as select a from t where a > 1')
    expect(await session.rows('select * from t')).toEqual([['2']])
  })

  test('LIKE has the columns, CLONE the rows too', async () => {
    await session.run(`create table t (a int default 5, b varchar(3) not null)`)
    await session.run(`insert into t (b) values ('x')`)
    await session.run('create table u like t')
    await session.run('create table w clone t')
    expect(await types('U')).toEqual(await types('T'))
    expect(await session.rows('select * from u')).toEqual([])
    expect(await session.rows('select * from w')).toEqual([['5', 'x']])
  })

  test('TEMPORARY hides a table of the same name until it is dropped', async () => {
    await session.run('create table t as select 1 as a')
    await session.run('create temporary table t as select 2 as b')
    expect(await session.rows('select * from t')).toEqual([['2']])
    await session.run('drop table t')
    expect(await session.rows('select * from t')).toEqual([['1']])
  })

  test('IF NOT EXISTS leaves what is there', async () => {
    await session.run('create table t as select 1 as a')
    expect(await session.run('create table if not exists t (b int)')).toMatchObject({
      message: 'T already exists, statement succeeded.',
    })
    expect(await session.value('select a from t')).toBe('1')
  })

  test('of a thousand columns is quick to read and to write', async () => {
    const columns = Array.from({ length: 1000 }, (_, index) => `"c${index}" varchar(${index + 1})`)
    await session.run(`create table t (${columns.join(', ')})`)
    await session.run(`insert into t ("c999") values ('x')`)
    expect(await session.value('select "c999" from t')).toBe('x')
  })
})

describe('names', () => {
  test('of any kind are kept apart and come back', async () => {
    const names = ['a', 'A', 'aA', 'ä', 'select', 'x;y--z', "it's", 'q"q', '#rid', 'İ', 'a.b', '  ', 'ß', '__proto__']
    const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`)
    await session.run('create schema "Nasty; Schema"')
    await session.run(`create table "Nasty; Schema"."t.t" (${quoted.map((name) => `${name} int`).join(', ')})`)
    await session.run(`insert into "Nasty; Schema"."t.t" values (${names.map((_, index) => index).join(', ')})`)
    const columns = await session.columns('select * from "Nasty; Schema"."t.t"')
    expect(columns.map(({ name }) => name)).toEqual(names)
    for (const [index, name] of quoted.entries())
      expect(await session.value(`select ${name} from db."Nasty; Schema"."t.t"`)).toBe(String(index))
    expect(await session.rows(`select distinct table_schema, table_name from information_schema.columns`)).toEqual([
      ['Nasty; Schema', 't.t'],
    ])
    await session.run('drop schema "Nasty; Schema"')
  })
})

describe('CREATE VIEW', () => {
  test('shows what its query gives, under its own names', async () => {
    await session.run(`create table t as select 1 as id, 'x' as name`)
    expect(await session.run('create or replace view v (k, "Name") as select id, name from t')).toMatchObject({
      message: 'View V successfully created.',
    })
    await session.run(`insert into t values (2, 'y')`)
    expect(await session.rows('select k, "Name" from v order by 1')).toEqual([
      ['1', 'x'],
      ['2', 'y'],
    ])
    expect((await session.columns('select * from v')).map(({ type }) => type)).toEqual(['NUMBER(1,0)', 'VARCHAR(1)'])
  })

  test('keeps its text, as it was written', async () => {
    await session.run('create view v as select 1 as "One"')
    expect(await session.value(`select view_definition from information_schema.views where table_name = 'V'`)).toBe(
      'create view v as select 1 as "One"',
    )
  })

  test('fails when it is read once something is missing', async () => {
    await session.run('create table t as select 1 as a, 2 as b')
    await session.run('create view v as select a, b from t')
    await session.run('alter table t drop column b')
    expect(await session.error('select * from v')).toBe(
      `002037 42601 SQL compilation error: Failure during expansion of view 'V': SQL compilation error: error line 1 at position 0 invalid identifier 'B'`,
    )
    await session.run('drop table t')
    expect(await session.error('select * from v')).toBe(
      `002037 42601 SQL compilation error: Failure during expansion of view 'V': SQL compilation error: Object 'T' does not exist or not authorized.`,
    )
  })

  test('tells the time when it is read', async () => {
    await session.run('create view v as select current_timestamp() as now', { now: new Date('2001-01-01') })
    expect(await session.value(`select now > '2020-01-01' from v`)).toBe('true')
  })
})

describe('ALTER TABLE', () => {
  beforeEach(async () => {
    await session.run('create table t (id number(19,0), name varchar(5))')
    await session.run(`insert into t values (1, 'a')`)
  })

  test('adds, renames, widens and drops columns', async () => {
    await session.run('alter table t add column if not exists name varchar, extra number(5,2) not null default 1')
    await session.run('alter table t rename column extra to more')
    await session.run('alter table t alter column id set data type number(38,0), column name set data type varchar(20)')
    expect(await types('T')).toEqual([
      ['ID', 'NUMBER', '38', '0', 'YES'],
      ['NAME', 'TEXT', '20', null, 'YES'],
      ['MORE', 'NUMBER', '5', '2', 'NO'],
    ])
    await session.run('alter table t drop column more')
    expect(await session.rows('select * from t')).toEqual([['1', 'a']])
  })

  test('renames a table, also into another schema', async () => {
    await session.run('create schema s')
    await session.run('alter table t rename to u')
    await session.run('alter table u rename to s.w')
    expect(await session.rows('select * from s.w')).toEqual([['1', 'a']])
    expect(await session.error('select * from u')).toContain('002003')
    expect((await types('W'))[1]).toEqual(['NAME', 'TEXT', '5', null, 'YES'])
  })

  test('DROP and SET NOT NULL', async () => {
    await session.run('alter table t alter column id set not null')
    expect(await session.error('insert into t (name) values (null)')).toContain('100072')
    await session.run('alter table t alter column id drop not null')
    await session.run('insert into t (name) values (null)')
  })

  test.each([
    [
      'alter table t alter column id set data type varchar',
      '040052 22000 SQL compilation error: cannot change column ID from type NUMBER(19,0) to VARCHAR(16777216) because they have incompatible types.',
    ],
    [
      'alter table t alter column id set data type number(10,0)',
      '040052 22000 SQL compilation error: cannot change column ID from type NUMBER(19,0) to NUMBER(10,0)',
    ],
    [
      'alter table t alter column id set data type number(38,2)',
      '040052 22000 SQL compilation error: cannot change column ID from type NUMBER(19,0) to NUMBER(38,2)',
    ],
    [
      'alter table t alter column name set data type varchar(2)',
      '040052 22000 SQL compilation error: cannot change column NAME from type VARCHAR(5) to VARCHAR(2)',
    ],
    ['alter table t add column id int', `001430 42601 SQL compilation error: column 'ID' already exists`],
    [
      'alter table t add column x int not null',
      `002203 22000 SQL compilation error: Non-nullable column 'X' cannot be added to non-empty table 'T' unless it has a non-null default value.`,
    ],
    [
      'alter table t drop column x',
      `000904 42000 SQL compilation error: error line 1 at position 26 invalid identifier 'X'`,
    ],
    ['alter table t rename column id to name', `001430 42601 SQL compilation error: column 'NAME' already exists`],
    ['alter table t swap with u', `000002 0A000 SQL compilation error: Unsupported feature 'ALTER TABLE … SWAP WITH'.`],
    [
      'alter table nope add column x int',
      `002003 42S02 SQL compilation error: Table 'NOPE' does not exist or not authorized.`,
    ],
    ['create table t (a int)', `002002 42710 SQL compilation error: Object 'DB.PUBLIC.T' already exists.`],
    ['create view t as select 1 as a', `002002 42710 SQL compilation error: Object 'DB.PUBLIC.T' already exists.`],
    ['create table x (a int, a int)', `002025 42S21 SQL compilation error: duplicate column name 'A'`],
    [
      'create table nope.x (a int)',
      `002003 02000 SQL compilation error: Schema 'DB.NOPE' does not exist or not authorized.`,
    ],
    ['create table x (a nonsense)', `002040 42601 SQL compilation error: Unsupported data type 'NONSENSE'.`],
    [
      'create table x (a number(39,0))',
      `002080 22023 SQL compilation error: Invalid value '39' for precision: it must be between 1 and 38.`,
    ],
    ['create table x', `001003 42000 SQL compilation error: syntax error line 1 at position 14 unexpected '<EOF>'.`],
    ['create sequence s', `000002 0A000 SQL compilation error: Unsupported feature 'CREATE SEQUENCE'.`],
    ['drop table nope', `002003 42S02 SQL compilation error: Table 'NOPE' does not exist or not authorized.`],
    ['drop schema nope', `002003 02000 SQL compilation error: Schema 'NOPE' does not exist or not authorized.`],
    ['create schema public', `002002 42710 SQL compilation error: Object 'PUBLIC' already exists.`],
  ])('%s is refused', async (sql, error) => {
    expect(await session.error(sql)).toBe(error)
  })
})

describe('other objects', () => {
  test.each([
    ['drop table if exists nope', 'Drop statement executed successfully (NOPE already dropped).'],
    ['create schema if not exists public', 'PUBLIC already exists, statement succeeded.'],
    ['create schema s', 'Schema S successfully created.'],
    ['drop schema public cascade', 'PUBLIC successfully dropped.'],
    ['alter table if exists nope add column a int', 'Statement executed successfully.'],
  ])('%s: %s', async (sql, message) => {
    expect((await session.run(sql)).message).toBe(message)
  })

  test('of a stage the parts of its format are kept', async () => {
    const statement = readStatement(
      `create stage st file_format = (type = csv field_delimiter = ';') comment = 'c'`,
      await session.context(),
    )
    expect(statement).toMatchObject({
      kind: 'ddl',
      objectKind: 'stage',
      options: { TYPE: 'CSV', FIELD_DELIMITER: ';', COMMENT: 'c' },
      message: 'Stage area ST successfully created.',
    })
  })
})
