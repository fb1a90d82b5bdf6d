import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatRecord, parseCsv } from '../../../connectors/salesforce/csv.ts'

describe('CSV', () => {
  it.each<readonly [string, readonly (readonly string[])[]]>([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      '"a","b ""c"""\r\n"x\ny",\r\n',
      [
        ['a', 'b "c"'],
        ['x\ny', ''],
      ],
    ],
    ['\uFEFFa,b', [['a', 'b']]],
    ['a,', [['a', '']]],
    ['', []],
    ['a\n\nb\n', [['a'], [''], ['b']]],
  ])('%j is read', (text, records) => {
    expect([...parseCsv(text)]).toEqual(records)
  })

  it('gives back every text that was put in', () => {
    const cell = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '"', ',', '\n', '\r\n', ' a ', '#N/A'))
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (records) => {
        expect([...parseCsv(records.map((cells) => formatRecord(cells)).join(''))]).toEqual(records)
      }),
    )
  })
})
