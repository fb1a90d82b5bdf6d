import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqlSession, type SqlSession } from './sql-session.ts'

let session: SqlSession
beforeAll(async () => {
  session = await openSqlSession()
  await session.run(
    `create table t as select 1 as id, parse_json('{"b":[1,"x",null],"c":{"d":1.5,"k y":true},"A":1}') as v`,
  )
})
afterAll(() => session.close())

describe('VARIANT', () => {
  test.each([
    ['v:b[0]', '1'],
    ['v:b[1]', '"x"'],
    ['v:b[1]::varchar', 'x'],
    ['v:b[2]', 'null'],
    ['v:b[2]::varchar', null],
    ['v:c.d::number(10,2)', '1.50'],
    ['v:c."k y"::boolean', 'true'],
    [`v['c']['d']`, '1.5'],
    ['v:a', null],
    ['v:"A"', '1'],
    ['v:b.x', null],
    [`get(v, 'A')`, '1'],
    [`get_path(v, 'c.d')`, '1.5'],
    [`get_path(v, 'b[1]')`, '"x"'],
    ['array_size(v:b)', '3'],
    ['typeof(v:c)', 'OBJECT'],
    ['is_null_value(v:b[2])', 'true'],
    ['to_json(v:c)', '{"d":1.5,"k y":true}'],
  ])('%s is %j', async (expression, expected) => {
    expect(await session.value(`select ${expression} from t`)).toBe(expected)
  })

  test.each([
    [`object_construct('a', 1, 'n', null, 's', 'x"y')`, '{"a":1,"s":"x\\"y"}'],
    [`object_construct_keep_null('n', null)`, '{"n":null}'],
    [`array_construct(1, 'b', null, 1.50, true)`, '[1,"b",null,1.5,true]'],
    [`{'a': 1, 'b': [1, 2]}`, '{"a":1,"b":[1,2]}'],
    [`object_construct('d', '2026-01-02'::date, 'f', 2.0::float)`, '{"d":"2026-01-02","f":2}'],
    [`parse_json('{ "a" : 1.23456789012345678901234, "s": "a  b" }')`, '{"a":1.23456789012345678901234,"s":"a  b"}'],
    [`object_construct('j', parse_json('1.23456789012345678901234'))`, '{"j":1.23456789012345678901234}'],
    [`try_parse_json('{')`, null],
    [`try_parse_json('[{"a":1,"a":2}]')`, null],
    [`try_parse_json('[{"a":1,"a":2}]', 's')`, null],
    [`try_parse_json('[{"a":1,"b":{"c":1,"c":null},"a":2}]', 'd')`, '[{"a":2,"b":{"c":null}}]'],
    [`parse_json('{"a":1.50,"A":{"a":[]}}')`, '{"a":1.50,"A":{"a":[]}}'],
    [`parse_json('{"a":12345678901234567890.5}', 'd')`, '{"a":12345678901234567890.5}'],
    [`parse_json(' ', 'd')`, null],
    [`object_insert({'a': 1}, 'b', 2)`, '{"a":1,"b":2}'],
    [`object_delete({'a': 1, 'b': 2}, 'a')`, '{"b":2}'],
    [`array_cat([1], [2])`, '[1,2]'],
    [`array_contains('a'::variant, ['a'])`, 'true'],
    [`array_to_string([1, 'a'], '-')`, '1-a'],
    [`split('a,b', ',')`, '["a","b"]'],
  ])('%s makes %j', async (expression, expected) => {
    expect(await session.value(`select ${expression}`)).toBe(expected)
  })
})

describe('FLATTEN', () => {
  test('gives a row for each item of an array', async () => {
    const sql = 'select f.index, f.value, f.path from t, lateral flatten(input => t.v:b) f order by 1'
    expect(await session.rows(sql)).toEqual([
      ['0', '1', '[0]'],
      ['1', '"x"', '[1]'],
      ['2', 'null', '[2]'],
    ])
  })

  test('gives a row for each key of an object', async () => {
    const sql = 'select key, value from t, table(flatten(t.v:c)) order by 1'
    expect(await session.rows(sql)).toEqual([
      ['d', '1.5'],
      ['k y', 'true'],
    ])
  })

  test('gives one row of NULLs of nothing only where it is OUTER', async () => {
    expect(await session.rows('select f.value from t, lateral flatten(input => v:none) f')).toEqual([])
    expect(await session.rows('select f.value from t, lateral flatten(input => v:none, outer => true) f')).toEqual([
      [null],
    ])
  })
})
