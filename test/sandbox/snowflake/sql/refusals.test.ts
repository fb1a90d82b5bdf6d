/** What Snowflake refuses, each with its number, its SQLSTATE and its words. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqlSession, type SqlSession } from './sql-session.ts'
import { translateDuckDBError } from '../../../../src/sandbox/snowflake/sql/translate-duckdb-error.ts'

let session: SqlSession
beforeAll(async () => {
  session = await openSqlSession()
  await session.run(`create table t (id number(19,0), name varchar, d date, v variant)`)
  await session.run(`insert into t (id, name, d) values (1, 'a', '2026-01-01'), (2, 'b', null)`)
})
afterAll(() => session.close())

const syntax = (position: number, token: string) =>
  `001003 42000 SQL compilation error: syntax error line 1 at position ${position} unexpected '${token}'.`
const at = (code: string, position: number, words: string) =>
  `${code} SQL compilation error: error line 1 at position ${position} ${words}`
const unknown = (name: string) => `002140 42601 SQL compilation error: Unknown function ${name}.`

describe('what is no Snowflake SQL', () => {
  test.each([
    ['', '000900 42601 SQL compilation error: Empty SQL statement.'],
    ['-- nothing', '000900 42601 SQL compilation error: Empty SQL statement.'],
    ['selec 1', syntax(0, 'selec')],
    ['select 1 +', syntax(10, '<EOF>')],
    ['select from t', syntax(7, 'from')],
    ['select 1; select 2', syntax(10, 'select')],
    ['from t select 1', syntax(0, 'from')],
    ['vacuum', syntax(0, 'vacuum')],
    [`pragma table_info('t')`, syntax(0, 'pragma')],
    [`attach 'x'`, syntax(0, 'attach')],
    ['copy t to file', syntax(0, 'copy')],
    ['install httpfs', syntax(0, 'install')],
    [`select * from 'file.parquet'`, syntax(14, `'file.parquet'`)],
    [`select * from read_csv('x')`, syntax(22, '(')],
    ['select count(*) filter (where true) from t', syntax(23, '(')],
    ['select * from t any join t u on t.id = u.id', syntax(16, 'any')],
    ['select * from t semi join t u on t.id = u.id', at('000904 42000', 33, `invalid identifier 'T.ID'`)],
    ['select columns(*) from t', unknown('COLUMNS')],
    ['select [1,2,3][1:2]', syntax(16, ':')],
    ['select 5 ^ 2', syntax(9, '^')],
    ['select 2 ** 3', syntax(10, '*')],
    [`select name ~ 'a' from t`, syntax(12, '~')],
    [`select 'a' similar to 'b'`, syntax(19, 'to')],
    ['select struct_pack(a := 1)', syntax(21, ':=')],
    ['select v:a.* from t', syntax(10, '.')],
    ['select x -> x + 1 from t', syntax(9, '->')],
    ['insert or replace into t values (1)', syntax(7, 'or')],
    ['insert into t by name select 1', syntax(14, 'by')],
    ['update t set id = 1 returning id', syntax(20, 'returning')],
    ['delete from t returning id', syntax(24, 'id')],
    ['select * from t using sample 10', syntax(16, 'using')],
    [`select 'open`, `001003 42000 SQL compilation error: syntax error line 1 at position 7 unexpected ''open'.`],
    [
      `select\n  1,\n  from t`,
      `001003 42000 SQL compilation error: syntax error line 3 at position 2 unexpected 'from'.`,
    ],
    [
      `select '2026-07-01 10:00:00 +0200'::timestamp_tz::timestamp_ntz`,
      `000002 0A000 SQL compilation error: Unsupported feature 'TIMESTAMP_TZ(9) as TIMESTAMP_NTZ: the simulator keeps the instant, and no offset; CONVERT_TIMEZONE('UTC', …) has none'.`,
    ],
    ['call p()', `000002 0A000 SQL compilation error: Unsupported feature 'CALL'.`],
  ])('%j', async (sql, error) => {
    expect(await session.error(sql)).toBe(error)
  })
})

describe('names that are not there', () => {
  test.each([
    ['select nope from t', at('000904 42000', 7, `invalid identifier 'NOPE'`)],
    ['select "id" from t', at('000904 42000', 7, `invalid identifier '"id"'`)],
    ['select x.id from t', at('000904 42000', 7, `invalid identifier 'X.ID'`)],
    ['select rowid from t', at('000904 42000', 7, `invalid identifier 'ROWID'`)],
    ['select t.id, u.id from t, t u where id = 1', at('002028 42601', 36, `ambiguous column name 'ID'`)],
    ['select id from t order by nope', at('000904 42000', 26, `invalid identifier 'NOPE'`)],
    ['select id from t order by 2', '000971 42601 SQL compilation error: ORDER BY position 2 is not in select list'],
    ['select count(*) from t group by 5', at('000979 42601', 32, 'GROUP BY position 5 is not in select list')],
    ['select * exclude (nope) from t', at('000904 42000', 7, `invalid identifier 'NOPE'`)],
    ['select * from nope', `002003 42S02 SQL compilation error: Object 'NOPE' does not exist or not authorized.`],
    ['select * from "t"', `002003 42S02 SQL compilation error: Object '"t"' does not exist or not authorized.`],
    ['select * from nope.t', `002003 02000 SQL compilation error: Schema 'DB.NOPE' does not exist or not authorized.`],
    ['select nope.* from t', `002003 42S02 SQL compilation error: Object 'NOPE' does not exist or not authorized.`],
    ['select * from table(nope(1))', '002141 42601 SQL compilation error: Unknown table function NOPE.'],
    ['select $x', at('002211 02000', 7, `Session variable '$X' does not exist`)],
  ])('%s', async (sql, error) => {
    expect(await session.error(sql)).toBe(error)
  })

  test('a session without a database or a schema needs whole names', async () => {
    expect(await session.error('select * from t', { schema: null })).toContain('090106 22000')
    expect(await session.error('select * from t', { database: null, schema: null })).toContain('090105 22000')
    expect(await session.value('select count(*) from db.public.t', { database: null, schema: null })).toBe('2')
  })
})

describe('functions', () => {
  test.each([
    'read_csv',
    'list_value',
    'strftime',
    'regexp_matches',
    'epoch_ms',
    'unnest',
    'sf_error',
    'getenv',
    'query',
    'struct_extract',
    'string_split',
    'list_transform',
    'date_diff',
    'arg_max',
    'now',
    'typeof2',
  ])('DuckDB’s %s is unknown', async (name) => {
    expect(await session.error(`select ${name}(1)`)).toBe(unknown(name.toUpperCase()))
  })

  test.each([
    ['select upper()', at('000938 22023', 7, 'not enough arguments for function [UPPER()], expected 1, got 0')],
    [
      `select upper('a', 'b')`,
      at('000939 22023', 7, `too many arguments for function [UPPER('A', 'B')] expected 1, got 2`),
    ],
    ['select upper([1])', at('001044 42P13', 7, `Invalid argument types for function 'UPPER': (ARRAY)`)],
    ['select true + 1', at('001044 42P13', 7, `Invalid argument types for function '+': (BOOLEAN, NUMBER(1,0))`)],
    [
      'select sysdate() - sysdate()',
      at('001044 42P13', 7, `Invalid argument types for function '-': (TIMESTAMP_NTZ(9), TIMESTAMP_NTZ(9))`),
    ],
    ['select d + d from t', at('001044 42P13', 7, `Invalid argument types for function '+': (DATE, DATE)`)],
    [
      'select row_number() from t',
      at('002302 42601', 7, 'Missing window specification for window function [ROW_NUMBER].'),
    ],
    [
      'select row_number() over (partition by id) from t',
      at('002303 42601', 7, 'Window function type [ROW_NUMBER] requires ORDER BY in window specification'),
    ],
    [
      'select upper(name) over () from t',
      at('002302 42601', 7, 'Invalid function type [UPPER] for window or aggregate function.'),
    ],
    ['select id from t qualify id > 1', at('002303 42601', 25, 'found QUALIFY clause but no window function.')],
    [
      'select id from t where row_number() over (order by id) = 1',
      '002302 42601 SQL compilation error: Window function is not allowed in the where clause.',
    ],
    [
      'select id from t where sum(id) > 1',
      '002035 42601 SQL compilation error: Invalid aggregate function in where clause',
    ],
    [
      'select id, count(*) from t',
      `001104 42601 SQL compilation error: 'ID' in select clause is neither an aggregate nor in the group by clause.`,
    ],
    [
      `select dateadd(nonsense, 1, d) from t`,
      at('001022 22023', 7, `'nonsense' is not a valid date/time component for function DATEADD.`),
    ],
    [
      `select name:a from t`,
      at('001044 42P13', 7, `Invalid argument types for function 'GET': (VARCHAR(16777216), VARCHAR)`),
    ],
    ['select distinct id from t order by d', at('000979 42601', 35, '[D] is not a valid order by expression')],
    [
      'select sum(row_number() over (order by id)) from t',
      '002303 42601 SQL compilation error: Window function may not be nested inside another function of rows.',
    ],
    ['update t set id = default', syntax(18, 'default')],
    [
      `select regexp_count('a', 'a', 1)`,
      at('000939 22023', 7, `too many arguments for function [REGEXP_COUNT('A', 'A', 1)] expected 2, got 3`),
    ],
    [`select sha2('a', 512)`, `000002 0A000 SQL compilation error: Unsupported feature 'SHA2 with 512 bits'.`],
  ])('%s', async (sql, error) => {
    expect(await session.error(sql)).toBe(error)
  })
})

describe('values', () => {
  test.each([
    [`select 'x'::number`, `100038 22018 Numeric value 'x' is not recognized`],
    [`select ''::number`, `100038 22018 Numeric value '' is not recognized`],
    [`select '1_000'::number`, `100038 22018 Numeric value '1_000' is not recognized`],
    [`select '0x1F'::number`, `100038 22018 Numeric value '0x1F' is not recognized`],
    [`select '12345'::number(3,0)`, `100039 22003 Numeric value '12345' is out of range`],
    [
      `select 12345::number(3,0)`,
      '100046 22003 Number out of representable range: type FIXED[SB2](3,0){nullable}, value 12345',
    ],
    [`select 'x'::float`, `100038 22018 Numeric value 'x' is not recognized`],
    [`select 'x'::boolean`, `100037 22018 Boolean value 'x' is not recognized`],
    [`select 'x'::date`, `100040 22007 Date 'x' is not recognized`],
    [`select '2026-02-30'::date`, `100040 22007 Date '2026-02-30' is not recognized`],
    [`select 'infinity'::timestamp`, `100035 22007 Timestamp 'infinity' is not recognized`],
    [`select name::timestamp_ntz from t`, `100035 22007 Timestamp 'a' is not recognized`],
    [`select to_date('x', 'YYYY')`, `100096 22007 Can't parse 'x' as date with format 'YYYY'`],
    ['select 1/0', '100051 22012 Division by zero'],
    ['select id / (id - 1) from t', '100051 22012 Division by zero'],
    ['select 1.5::float / 0', '100051 22012 Division by zero'],
    ['select 5 % 0', '100051 22012 Division by zero'],
    [`select parse_json('{')`, '100069 22P02 Error parsing JSON: {'],
    [`select parse_json('{', 'd')`, '100069 22P02 Error parsing JSON: {'],
    [
      `select parse_json('{"a":1,"a":2}')`,
      '100069 22P02 Error parsing JSON: duplicate object attribute in {"a":1,"a":2}',
    ],
    [`select parse_json('{}', 'x')`, `000002 0A000 SQL compilation error: Unsupported feature 'PARSE_JSON with x'.`],
    [`select parse_json('"x"')::number`, '100071 22000 Failed to cast variant value "x" to FIXED'],
    [`select parse_json('[1]')::date`, '100071 22000 Failed to cast variant value [1] to DATE'],
    [`select 'abc'::varchar(2)`, `100078 22000 String 'abc' is too long and would be truncated`],
    [`select id from t where id = 'abc'`, `100038 22018 Numeric value 'abc' is not recognized`],
    [
      'select try_cast(1 as varchar)',
      at(
        '001065 22023',
        7,
        'Function TRY_CAST cannot be used with arguments of types NUMBER(1,0) and VARCHAR(16777216)',
      ),
    ],
    ['select 1::date', at('001007 22023', 7, `invalid type [CAST(NUMBER(1,0) AS DATE)] for parameter 'TO_DATE'`)],
    ['select (select id from t)', '090150 22000 Single-row subquery returns more than one row.'],
    [`select 1 union select 'x'`, `100038 22018 Numeric value 'x' is not recognized`],
    [
      'select 1, 2 union select 1',
      '001789 42601 SQL compilation error: invalid number of result columns for set operator input branches, expected 2, got 1 in branch {2}',
    ],
    [`select d + interval '1 foo' from t`, `002045 22000 SQL compilation error: Invalid interval '1 foo'`],
    [`select regexp_like('a', '(')`, '100048 2201B Invalid regular expression'],
    ['select sqrt(-1)', '100041 22023 Invalid floating point operation: sqrt'],
    [`select object_insert({'a': 1}, 'a', 2)`, `100087 22000 Duplicate field key 'a'`],
    ['select dateadd(year, 100000000, d) from t', '100036 22008 Date or timestamp out of range'],
    [`select to_binary('xyz')`, `100115 22000 The following string is not a legal hex-encoded value: 'xyz'`],
  ])('%s', async (sql, error) => {
    expect(await session.error(sql)).toBe(error)
  })
})

describe('what DuckDB says', () => {
  test('of a cancelled statement is Snowflake’s cancellation', () => {
    expect(translateDuckDBError(new Error('INTERRUPT Error: Interrupted!'), 'SELECT 1')).toMatchObject({
      code: '000604',
      sqlState: '57014',
    })
  })

  test('of a table that another session dropped meanwhile is its absence', () => {
    const error = translateDuckDBError(
      new Error('Catalog Error: Table with name T does not exist!'),
      'SELECT 1 FROM "DB.S"."T" AS r1',
    )
    expect(error).toMatchObject({ code: '002003', message: expect.stringContaining(`Object 'T'`) })
  })

  test('and has no words for stays visible as an internal error', () => {
    expect(translateDuckDBError(new Error('Something new'), 'SELECT 1')).toMatchObject({
      code: '300005',
      sqlState: 'XX000',
    })
  })
})
