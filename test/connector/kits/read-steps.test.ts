import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsType } from '../../../src/connector/kits/fits-type.ts'
import { parseCsv } from '../../../src/connector/kits/parse-csv.ts'
import { isSameValue } from '../../../src/connector/kits/same-value.ts'

describe('the kits read CSV', () => {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`

  it('whatever is in a cell', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '😀') })
    const table = fc.array(fc.tuple(cell, cell), { minLength: 1 })
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, end) => {
        const text = ['"a","b"', ...rows.map((row) => row.map(quote).join(','))].join(end) + end
        expect(parseCsv(text)).toEqual(rows.map(([a, b]) => ({ a: a || null, b: b || null })))
      }),
    )
  })

  it('with and without quotes, and without a last line ending', () => {
    expect(parseCsv('Id,Name\n1,x\n2,"y, z"')).toEqual([
      { Id: '1', Name: 'x' },
      { Id: '2', Name: 'y, z' },
    ])
    expect(parseCsv('Id,Name\n1,\n')).toEqual([{ Id: '1', Name: null }])
    expect(parseCsv('Id\n')).toEqual([])
  })
})

describe('a value', () => {
  it.each([
    ['9007199254740993', 'integer', true],
    ['9223372036854775808', 'integer', false],
    [1.5, 'integer', false],
    ['12345678901234567.1234', 'decimal(38,4)', true],
    ['1.23456', 'decimal(38,4)', false],
    ['1.20000', 'decimal(38,1)', true],
    ['yes', 'boolean', false],
    [true, 'boolean', true],
    ['2026-11-20', 'date', true],
    ['2026-11-20T10:00:00.000+0000', 'timestamp', true],
    [1_700_000_000, 'timestamp', true],
    ['yesterday', 'timestamp', false],
    [{ a: 1 }, 'string', false],
    [{ a: 1 }, 'json', true],
    [null, 'integer', true],
  ] as const)('%o as %s fits: %o', (value, type, fits) => {
    expect(fitsType(value, type)).toBe(fits)
  })

  it.each([
    ['decimal(38,2)', '168110.10', 168110.1, true],
    ['integer', '9007199254740993', '9007199254740992', false],
    ['timestamp', 1_700_000_000, '2023-11-14T22:13:20Z', true],
    ['timestamp', '2023-11-14T22:13:20Z', '2023-11-14T22:13:21Z', false],
    ['json', '{"a":1,"b":2}', { b: 2, a: 1 }, true],
    ['string', 'e\u0301', '\u00e9', false],
    ['string', null, '', true],
  ] as const)('as %s, %o and %o are the same: %o', (type, held, read, same) => {
    expect(isSameValue(type, held, read)).toBe(same)
  })
})
