import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { openSqlSession, type SqlSession } from './sql-session.ts'

let session: SqlSession
beforeAll(async () => {
  session = await openSqlSession()
})
afterAll(() => session.close())

const each = (cases: readonly (readonly [string, string | null])[]) =>
  test.each(cases)('%s is %j', async (expression, expected) => {
    expect(await session.value(`select ${expression}`)).toBe(expected)
  })

describe('numbers', () => {
  each([
    ['1/3', '0.333333'],
    ['10/4', '2.500000'],
    ['-2/3', '-0.666667'],
    ['2/-3', '-0.666667'],
    ['-1/-3', '0.333333'],
    ['1.25/2', '0.62500000'],
    ['100::number(38,2)/3', '33.33333333'],
    ['5/0.3', '16.666667'],
    ['0.1::number(38,10) * 0.1::number(38,10)', '0.010000000000'],
    ['999999999999999999::number(18,0) * 999999999999999999::number(18,0)', '999999999999999998000000000000000001'],
    ['999999999999999999 + 1', '1000000000000000000'],
    ['0.1 + 0.2', '0.3'],
    ['7 % 3', '1'],
    ['-7 % 3', '-1'],
    ['7.5 % 2', '1.5'],
    ['1e2', '100'],
    ['1.5::float / 2', '0.75'],
    [`'2' + 3`, '5'],
    [`'1.5' * 2`, '3.0'],
    ['round(2.5)', '3'],
    ['round(-2.5)', '-3'],
    ['round(1.235, 2)', '1.24'],
    ['round(125, -1)', '130'],
    ['trunc(-1.999, 2)', '-1.99'],
    ['ceil(-1.5)', '-1'],
    ['floor(-1.5)', '-2'],
    ['12345678901234567890123456789012345678::number(38,0)', '12345678901234567890123456789012345678'],
    ['0.1234567890123456789012345678901234567', '0.1234567890123456789012345678901234567'],
  ])

  test('divide exactly, to the last digit that is kept', async () => {
    const whole = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 })
    await fc.assert(
      fc.asyncProperty(whole, whole, fc.integer({ min: 0, max: 4 }), async (a, b, scale) => {
        fc.pre(b !== 0)
        const kept = Math.max(scale, Math.min(scale + 6, 12))
        const text = await session.value(`select ${a}::number(38,0) * ${(10 ** -scale).toFixed(scale)} / ${b}`)
        const doubled = (2n * BigInt(a) * 10n ** BigInt(kept - scale)) / BigInt(b)
        // Half away from zero: of twice the quotient, the half that is farther.
        const digits = (doubled >= 0n ? doubled + 1n : doubled - 1n) / 2n
        expect(BigInt((text ?? '').replace('.', ''))).toBe(digits)
      }),
      { numRuns: 40 },
    )
  })

  test('have the precision and scale that Snowflake gives them', async () => {
    const sql = `select 1, 1.50, 1 + 1, 1.5 * 1.25, 1 / 3, sum(1.5), avg(1), count(*), 1e1, 10 % 3`
    const columns = await session.columns(sql)
    expect(columns.map(({ type }) => type)).toEqual([
      'NUMBER(1,0)',
      'NUMBER(3,2)',
      'NUMBER(2,0)',
      'NUMBER(5,3)',
      'NUMBER(7,6)',
      'NUMBER(38,1)',
      'NUMBER(38,6)',
      'NUMBER(18,0)',
      'FLOAT',
      'NUMBER(2,0)',
    ])
  })
})

describe('conversions', () => {
  each([
    [`1.50::varchar`, '1.50'],
    [`1.50::number(10,2)::varchar`, '1.50'],
    [`true::varchar`, 'true'],
    [`1.0::float::varchar`, '1'],
    [`1.5::float::varchar`, '1.5'],
    [`1e300::float::varchar`, '1e+300'],
    [`'1.7'::number`, '2'],
    [`' 12 '::number`, '12'],
    [`'1e3'::number(10,2)`, '1000.00'],
    [`'yes'::boolean`, 'true'],
    [`0::boolean`, 'false'],
    [`'2026-01-02'::date`, '2026-01-02'],
    [`'02-Jan-2026'::date`, '2026-01-02'],
    [`'01/02/2026'::date`, '2026-01-02'],
    [`'2026-01-02 03:04:05.123456789'::timestamp_ntz::varchar`, '2026-01-02 03:04:05.123'],
    [`'2026-01-02T03:04:05+02:00'::timestamp_ntz::varchar`, '2026-01-02 03:04:05.000'],
    [`'2026-01-02 03:04:05 +0200'::timestamp_tz::varchar`, '2026-01-02 01:04:05.000 +0000'],
    [`'2026-01-02'::timestamp_ntz::varchar`, '2026-01-02 00:00:00.000'],
    [`'2026-01-02 03:04:05.678'::timestamp_ntz(0)::varchar`, '2026-01-02 03:04:05.000'],
    [`to_timestamp(1700000000)::varchar`, '2023-11-14 22:13:20.000'],
    [`to_timestamp_ntz('1700000000123')::varchar`, '2023-11-14 22:13:20.123'],
    [`'2026-01-02'::date::varchar`, '2026-01-02'],
    [`x'4142'::varchar`, '4142'],
    [`to_varchar(to_binary('AB', 'UTF-8'))`, '4142'],
    [
      `to_varchar('2026-01-02 03:04:05.678901'::timestamp_ntz, 'YYYY-MM-DD"T"HH24:MI:SS.FF6')`,
      '2026-01-02T03:04:05.678901',
    ],
    [`to_char('2026-01-02'::date, 'DD MON YYYY')`, '02 Jan 2026'],
    [`to_date('02.01.2026', 'DD.MM.YYYY')`, '2026-01-02'],
    [`try_cast('x' as number)`, null],
    [`try_cast('1.25' as number(10,1))`, '1.3'],
    [`try_cast('12345' as number(3,0))`, null],
    [`try_to_date('x')`, null],
    [`try_cast('abc' as varchar(2))`, null],
    [`parse_json('"a"')::varchar`, 'a'],
    [`parse_json('1.5')::varchar`, '1.5'],
    [`parse_json('true')::boolean`, 'true'],
    [`parse_json('"2026-01-02"')::date`, '2026-01-02'],
    [`parse_json('null')::varchar`, null],
    [`to_number('12.567', 10, 2)`, '12.57'],
  ])

  test('of timestamps follow the session’s format', async () => {
    const parameters = { TIMESTAMP_NTZ_OUTPUT_FORMAT: 'YYYY-MM-DD"T"HH24:MI:SS.FF9' }
    expect(await session.value(`select '2026-01-02 03:04:05.5'::timestamp_ntz::varchar`, { parameters })).toBe(
      '2026-01-02T03:04:05.500000000',
    )
  })
})

describe('a text becomes a date or time', () => {
  const parameters = {
    TIMESTAMP_INPUT_FORMAT: 'DD.MM.YYYY HH24:MI',
    DATE_INPUT_FORMAT: 'DD.MM.YYYY',
    TIME_INPUT_FORMAT: 'MI:HH24',
  }

  test.each([
    [`'02.01.2026 03:04'::timestamp_ntz`, '2026-01-02 03:04:00'],
    [`'02.01.2026 03:04'::timestamp_ltz::timestamp_ntz`, '2026-01-02 03:04:00'],
    [`'02.01.2026'::date`, '2026-01-02'],
    [`to_date('02.01.2026')`, '2026-01-02'],
    [`'04:03'::time`, '03:04:00'],
    [`try_cast('2026-01-02' as date)`, null],
    [`try_to_timestamp_ntz('2026-01-02 03:04')`, null],
    [`try_to_timestamp_ntz('2026-01-02 03:04', 'AUTO')`, '2026-01-02 03:04:00'],
    [`to_timestamp('2026-01-02 03:04', 'auto')`, '2026-01-02 03:04:00'],
  ])('by the session’s format: %s gives %j', async (expression, expected) => {
    expect(await session.value(`select ${expression}`, { parameters })).toBe(expected)
  })

  test.each(['timestamp_ntz', 'date', 'time'])('and %s by no other', async (type) => {
    expect(await session.error(`select '2026-01-02'::${type}`, { parameters })).toContain('100096 22007')
  })
})

describe('NULLs and comparisons', () => {
  each([
    ['greatest(1, null)', null],
    ['least(1, null)', null],
    ['greatest_ignore_nulls(1, null, 3)', '3'],
    [`concat('a', null)`, null],
    [`'a' || null`, null],
    ['equal_null(null, null)', 'true'],
    ['null = null', null],
    ['nullif(1, 1)', null],
    ['1 is distinct from null', 'true'],
    ['1 is not distinct from 1', 'true'],
    [`decode(null, null, 'a', 'b')`, 'a'],
    [`iff(null, 1, 2)`, '2'],
    [`'a' > 'B'`, 'true'],
    [`'a' = 'A'`, 'false'],
    [`'ä' > 'z'`, 'true'],
    [`'1' = 1`, 'true'],
    ['1 = 1.0', 'true'],
    [`'2026-01-01' < '2026-01-02'::date`, 'true'],
    [`parse_json('5') = 5`, 'true'],
    [`1 in (2, '1')`, 'true'],
    [`(1, 'a') in ((1, 'a'), (2, 'b'))`, 'true'],
    ['2 between 1 and 3', 'true'],
    ['2 not between 1 and 3', 'false'],
    [`'abc' like 'a%'`, 'true'],
    [`'a_c' like 'a\\\\_c' escape '\\\\'`, 'true'],
    [`'abc' like any ('x', 'a%')`, 'true'],
    [`'ABC' ilike 'a_c'`, 'true'],
    [`'abc' rlike 'b'`, 'false'],
    [`'abc' != 'b'`, 'true'],
    [`case 'a' when 'b' then 1 end`, null],
    ['coalesce(null, 1, 2.5)', '1.0'],
  ])
})

describe('functions', () => {
  each([
    [`regexp_like('abc', 'b')`, 'false'],
    [`regexp_like('abc', '.b.')`, 'true'],
    [`regexp_like('ABC', 'abc', 'i')`, 'true'],
    [`regexp_replace('a1b2', '[0-9]', '#')`, 'a#b#'],
    [`regexp_substr('ab12', '[0-9]+')`, '12'],
    [`regexp_substr('ab', '[0-9]+')`, null],
    [`regexp_substr('k=v', '(.)=(.)', 1, 1, 'e', 2)`, 'v'],
    [`split_part('a,b,c', ',', -1)`, 'c'],
    [`split_part('a,b', ',', 0)`, 'a'],
    [`substr('hello', 2, 3)`, 'ell'],
    [`substr('hello', -3)`, 'llo'],
    [`left('abc', 2) || right('abc', 1)`, 'abc'],
    [`ltrim('xxay', 'x')`, 'ay'],
    [`rtrim('  a ')`, '  a'],
    [`length('äb')`, '2'],
    [`lpad('7', 3, '0')`, '007'],
    [`initcap('hello wORLD')`, 'Hello World'],
    [`charindex('l', 'hello')`, '3'],
    [`position('z' in 'hello')`, '0'],
    [`startswith('abc', 'a')`, 'true'],
    [`contains('abc', 'bc')`, 'true'],
    [`md5('a')`, '0cc175b9c0f1b6a831c399e269772661'],
    [`sha2('a', 256)`, 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    [`base64_encode('hi')`, 'aGk='],
    [`hex_encode(base64_decode_binary('aGk='))`, '6869'],
    [`dateadd(month, 1, '2026-01-31'::date)`, '2026-02-28'],
    [`dateadd('hour', 2, '2026-01-31'::date)`, '2026-01-31 02:00:00'],
    [`datediff(month, '2026-01-31', '2026-02-01')`, '1'],
    [`datediff(week, '2026-11-22'::date, '2026-11-23'::date)`, '1'],
    [`date_trunc('month', '2026-05-17'::date)`, '2026-05-01'],
    [`'2026-01-02'::date - '2026-01-01'::date`, '1'],
    [`'2026-01-02'::date + 3`, '2026-01-05'],
    [`'2026-01-02'::date + interval '1 day, 2 hours'`, '2026-01-03 02:00:00'],
    [`dayofweek('2026-11-22'::date)`, '0'],
    [`date_part(epoch_second, '1970-01-02'::timestamp_ntz)`, '86400'],
    [`extract(year from '2026-05-06'::date)`, '2026'],
    [`last_day('2026-02-03'::date)`, '2026-02-28'],
    [`convert_timezone('UTC', 'Europe/Berlin', '2026-07-01 12:00:00'::timestamp_ntz)`, '2026-07-01 14:00:00'],
    [`convert_timezone('UTC', '2026-07-01 10:00:00 +0200'::timestamp_tz)::timestamp_ntz`, '2026-07-01 08:00:00'],
    [`'2026-07-01 10:00:00 +0200'::timestamp_tz::timestamp_ltz::timestamp_ntz`, '2026-07-01 08:00:00'],
    [`div0(1, 0)`, '0.000000'],
    [`zeroifnull(null)`, '0'],
    [`current_user() || current_role() || current_database()`, 'MILLRACELOADERDB'],
  ])

  test('of the clock tell the simulator’s time', async () => {
    const now = new Date('2026-11-20T10:00:00.123Z')
    expect(await session.value('select sysdate()::varchar', { now })).toBe('2026-11-20 10:00:00.123')
    expect(await session.value('select current_date', { now })).toBe('2026-11-20')
  })
})

describe('binds and variables', () => {
  test('stand for constants of their types', async () => {
    const binds = [
      { type: 'TEXT', value: "o'k" },
      { type: 'FIXED', value: '12' },
      { type: 'BOOLEAN', value: 'true' },
      { type: 'TEXT', value: null },
    ]
    expect(await session.rows('select ?, ? + 1, ?, ?', { binds })).toEqual([["o'k", '13', 'true', null]])
    expect(await session.rows('select :2, :1', { binds })).toEqual([['12', "o'k"]])
  })

  test('of a block need a colon in a statement', async () => {
    const variables = new Map([['N', { type: 'NUMBER(38,0)', value: '7' }]])
    expect(await session.value('select :n + 1', { variables })).toBe('8')
  })

  test('of a session are read with a dollar', async () => {
    const sessionVariables = new Map([['X', { type: 'VARCHAR(16777216)', value: 'v' }]])
    expect(await session.value('select $x', { sessionVariables })).toBe('v')
  })
})
