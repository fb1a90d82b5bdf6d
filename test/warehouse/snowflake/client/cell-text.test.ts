/** The same value is the same text on both warehouses: what the wire says is compared with what DuckDB prints. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase, type Database } from '../../../../src/duckdb/open-database.ts'
import { cellReader } from '../../../../src/warehouse/snowflake/client/cell-text.ts'
import { doubleText } from '../../../../src/warehouse/snowflake/client/double-text.ts'

let db: Database
beforeAll(async () => {
  db = await openDatabase({ path: ':memory:', memoryLimit: '200MB', spillDirectory: '/tmp', threads: 1 })
})
afterAll(() => db.close())

const printed = async (expression: string) =>
  (await db.rows(`SELECT CAST(${expression} AS VARCHAR) AS v`)).map((row) => row['v'])

describe('a cell is the text that DuckDB gives', () => {
  it('for every day', async () => {
    const read = cellReader('date')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -1_500_000, max: 4_000_000 }), { minLength: 1, maxLength: 200 }),
        async (days) => {
          expect(days.map((day) => read(String(day)))).toEqual(
            await printed(`unnest([${days.map((day) => `DATE '1970-01-01' + (${day})`).join(',')}])::DATE`),
          )
        },
      ),
      { numRuns: 20 },
    )
  })

  it('for every microsecond, before 1970 too', async () => {
    const read = cellReader('timestamp_ntz')
    // Years −1000 to 9999.
    const instants = fc.bigInt({ min: -93_724_000_000_000_000n, max: 253_402_300_799_999_999n })
    await fc.assert(
      fc.asyncProperty(fc.array(instants, { minLength: 1, maxLength: 200 }), async (list) => {
        expect(list.map((micros) => read(wireOf(micros)))).toEqual(
          await printed(`make_timestamp(unnest([${list.join(',')}]::BIGINT[]))`),
        )
      }),
      { numRuns: 20 },
    )
  })

  it('for every double', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double(), { minLength: 1, maxLength: 300 }), async (numbers) => {
        const wire = numbers.map((number) => number.toExponential(16))
        expect(wire.map(doubleText)).toEqual(
          await printed(`unnest([${wire.map((text) => `'${text}'::DOUBLE`).join(',')}])`),
        )
      }),
      { numRuns: 30 },
    )
  })

  it.each([
    '1',
    '-1',
    '0',
    '-0',
    '0.1',
    '100',
    '1e15',
    '9999999999999998',
    '1e16',
    '1e17',
    '1e-4',
    '1e-5',
    '1e300',
    '5e-324',
    '1.7976931348623157e308',
    '123456789.125',
    'NaN',
    'inf',
    '-inf',
  ])('for the double %s', async (wire) => {
    expect([doubleText(wire)]).toEqual(await printed(`'${wire}'::DOUBLE`))
  })

  it.each([
    ['time', '37800.5', `TIME '10:30:00.5'`],
    ['time', '0', `TIME '00:00:00'`],
    ['timestamp_ltz', '1763632800.123456', `TIMESTAMPTZ '2025-11-20 10:00:00.123456+00'`],
    ['timestamp_tz', '1763632800.000000000 1560', `TIMESTAMPTZ '2025-11-20 12:00:00+02'`],
    ['boolean', '1', 'true'],
    ['boolean', '0', 'false'],
    ['boolean', 'TRUE', 'true'],
    ['fixed', '12345678901234567890123456789012345678', `'12345678901234567890123456789012345678'::DECIMAL(38,0)`],
    ['fixed', '1.50', `1.50::DECIMAL(10,2)`],
    ['fixed', '.50', `0.50::DECIMAL(10,2)`],
    ['fixed', '-.50', `-0.50::DECIMAL(10,2)`],
  ])('for the %s %s', async (type, wire, sql) => {
    await db.run(`SET TimeZone = 'UTC'`)
    expect([cellReader(type)(wire)]).toEqual(await printed(sql))
  })
})

describe('a cell stays as it is', () => {
  it.each([
    ['variant', '{"b":1e400,"a":1.10,"a":12345678901234567890.123}'],
    ['object', '{"z":1}'],
    ['array', '[1.0]'],
    ['binary', 'DEADBEEF'],
    ['text', '2025-11-20 10:00:00.000'],
    ['geography', 'POINT(1 2)'],
  ])('of a %s', (type, wire) => {
    expect(cellReader(type)(wire)).toBe(wire)
  })
})

it('a TIMESTAMP_TZ of an older form is refused, and not misread', () => {
  expect(() => cellReader('timestamp_tz')('28895400000000001440')).toThrow('does not know')
})

/** As Snowflake writes an instant: seconds and nine digits of their fraction, signed as one number. */
function wireOf(micros: bigint): string {
  const size = micros < 0n ? -micros : micros
  return `${micros < 0n ? '-' : ''}${size / 1_000_000n}.${String(size % 1_000_000n).padStart(6, '0')}000`
}
