import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase, type Database } from '../../src/duckdb/open-database.ts'
import { quoteText } from '../../src/duckdb/sql-text.ts'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { digitsOf, strictCast } from '../../src/staging/strict-cast.ts'

let db: Database

beforeAll(async () => {
  db = await openDatabase({ path: ':memory:', memoryLimit: '200MB', spillDirectory: tmpdir(), threads: 1 })
})

afterAll(() => db.close())

/** What a text becomes, by an SQL expression over the column t. */
async function cast(texts: readonly string[], sql: string): Promise<readonly (string | null)[]> {
  const rows = await db.rows(
    `SELECT CAST(${sql} AS VARCHAR) AS v FROM (SELECT unnest([${texts.map(quoteText).join(', ')}]) AS t, unnest(range(${texts.length})) AS n) ORDER BY n`,
  )
  return rows.map((row) => row['v'] ?? null)
}

const become = (texts: readonly string[], type: LogicalType) => cast(texts, strictCast('t', type))

describe('a timestamp', () => {
  it.each([
    ['2026-01-10T08:00:00Z', '2026-01-10 08:00:00'],
    ['2026-01-10T08:00:00.123Z', '2026-01-10 08:00:00.123'],
    ['2026-01-10T08:00:00.000+0000', '2026-01-10 08:00:00'],
    ['2026-01-10T08:00:00+0000', '2026-01-10 08:00:00'],
    ['2026-01-10T08:00:00+02:00', '2026-01-10 06:00:00'],
    ['2026-01-10T08:00:00.123456-0130', '2026-01-10 09:30:00.123456'],
    ['2026-01-10 08:00', '2026-01-10 08:00:00'],
    ['2026-01-10', '2026-01-10 00:00:00'],
    ['1768032000', '2026-01-10 08:00:00'],
    ['-1', '1969-12-31 23:59:59'],
    ['2026-02-30T08:00:00Z', null],
    ['2026-01-10T25:00:00Z', null],
    [' 026-01-10T08:00:00Z', null],
    ['-026-01-10T08:00:00Z', null],
    ['2026-01-10T08:00:0 Z', null],
    ['2026-01-10T08:00:00 Z ', null],
    ['2026/01/10T08:00:00Z', null],
    ['infinity', null],
    ['', null],
  ])('%j becomes %j', async (text, value) => {
    expect(await become([text], 'timestamp')).toEqual([value])
  })

  /** The slow way alone: what is not of this form is refused, and the rest is read with its zone. */
  const bySlowWay =
    `CASE WHEN regexp_full_match(t, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?)?') ` +
    `THEN CAST(TRY_CAST(t AS TIMESTAMPTZ) AS TIMESTAMP) WHEN regexp_full_match(t, '-?[0-9]{1,11}') THEN make_timestamp(TRY_CAST(t AS BIGINT) * 1000000) END`

  it('is the same by the quick way as by the slow one, however its text is bent', async () => {
    const straight = fc.constantFrom<string>(
      '2026-01-10T08:00:00.123Z',
      '2026-12-31T23:59:59Z',
      '1999-02-28T00:00:00.000+0000',
      '0001-01-01T00:00:00+0000',
    )
    const bent = fc
      .tuple(straight, fc.array(fc.tuple(fc.nat(28), fc.constantFrom<string[]>(...'0129 -:.TZ+é')), { maxLength: 3 }))
      .map(([text, changes]) =>
        changes.reduce((now, [at, sign]) => `${now.slice(0, at)}${sign}${now.slice(at + 1)}`, text),
      )
    await fc.assert(
      fc.asyncProperty(fc.array(bent, { minLength: 100, maxLength: 200 }), async (texts) => {
        const [quick, slow] = [await become(texts, 'timestamp'), await cast(texts, bySlowWay)]
        const differing = texts.flatMap((text, n) => (quick[n] === slow[n] ? [] : [[text, quick[n], slow[n]]]))
        expect(differing).toEqual([])
      }),
      { numRuns: 30, interruptAfterTimeLimit: 30_000 },
    )
  })
})

describe('a date', () => {
  it('is a day of the calendar in ten signs', async () => {
    const texts = [
      '2026-01-10',
      '2026-02-30',
      '2026-1-10',
      '2026-01-1 ',
      ' 026-01-10',
      '10000-01-01',
      '2026/01/10',
      'epoch',
    ]
    expect(await become(texts, 'date')).toEqual(['2026-01-10', null, null, null, null, null, null, null])
  })
})

describe('a double whose column is text', () => {
  it.each([
    ['5', '5'],
    ['5.0', '5'],
    ['12.50', '12.5'],
    ['1.0E7', '10000000'],
    ['1e+21', '1e+21'],
    ['0.1', '0.1'],
    ['123456789012345', '123456789012345'],
    ['123456789012345678', '123456789012345678'],
    ['-123456789012345679.0', '-123456789012345679'],
    ['123456789012.345678900', '123456789012.3456789'],
    ['123456789012345670', '123456789012345670'],
    ['1.2345678901234567890e10', '1.2345678901234567890e10'],
    ['many', null],
    ['1.2.3', null],
    ['1e400', null],
    ['', null],
  ])('%j becomes %j', async (text, value) => {
    expect(await cast([text], digitsOf('t'))).toEqual([value])
  })
})
