import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutPage, parseExact } from '../../src/model/cut-page.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'

const cut = (page: string, records = 'data') => {
  const result = cutPage(Buffer.from(page), { records })
  return { ...result, text: Buffer.from(result.lines).toString() }
}

describe('a page is cut into lines', () => {
  it('writes one record a line and keeps the rest as the envelope', () => {
    const page = cut(
      '{\r\n  "object" : "list",\n\t"data": [ { "a" : 1 , "b":[ 1, {} ] }, { "a": "x y" } ],\n "has_more": true }\n',
    )
    expect(page.text).toBe('{"a":1,"b":[1,{}]}\n{"a":"x y"}\n')
    expect(page.rows).toBe(2)
    expect(page.envelope).toEqual({ object: 'list', data: [], has_more: true })
    expect(Buffer.from(page.lastLine ?? []).toString()).toBe('{"a":"x y"}')
  })

  it.each([
    ['a list on the top', '', '[{"a":1}]', []],
    [
      'a list below',
      'result.items',
      '{"result":{"total":2,"items":[{"a":1}]},"items":[{"b":2}]}',
      { result: { total: 2, items: [] }, items: [{ b: 2 }] },
    ],
    [
      'a look-alike before it',
      'data',
      '{"x":{"data":[{"b":1}]},"data":[{"a":1}]}',
      { x: { data: [{ b: 1 }] }, data: [] },
    ],
    [
      'a look-alike in a record',
      'data',
      '{"data":[{"a":1}],"more":[{"data":[{"c":1}]}]}',
      { data: [], more: [{ data: [{ c: 1 }] }] },
    ],
    ['a key written with escapes', 'data', '{"d\\u0061ta":[{"a":1}]}', { data: [] }],
    ['a byte order mark', 'data', '\uFEFF{"data":[{"a":1}]}', { data: [] }],
  ])('finds %s', (_, records, page, envelope) => {
    const result = cut(page, records)
    expect(result.text).toBe('{"a":1}\n')
    expect(result.envelope).toEqual(envelope)
  })

  it('takes null for an empty list', () => {
    expect(cut('{"data":null,"next":"x"}')).toMatchObject({
      text: '',
      rows: 0,
      lastLine: null,
      envelope: { data: null, next: 'x' },
    })
  })

  it('gives the records back for any JSON, whatever whitespace stands between', () => {
    fc.assert(
      fc.property(fc.array(records), fc.jsonValue(), fc.array(whitespace, { minLength: 1 }), (list, beside, gaps) => {
        const page = spread({ before: { data: [1], beside }, data: list, after: beside }, gaps)
        const result = cut(page)
        expect(result.rows).toBe(list.length)
        expect(
          result.text
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line)),
        ).toEqual(JSON.parse(JSON.stringify(list)))
        expect(result.envelope).toEqual(
          JSON.parse(JSON.stringify({ before: { data: [1], beside }, data: [], after: beside })),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('copies well-formed strings byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (strings) => {
        const line = JSON.stringify({ strings })
        // JSON.stringify escapes lone surrogates and U+0000, which are the two that change.
        fc.pre(!/\\u0000|\\ud[89a-f]/.test(line))
        expect(cut(`{"data":[${line}]}`).text).toBe(`${line}\n`)
      }),
    )
  })

  it.each(['', 'a', 'ab', 'abc', 'abcdefg'])(
    'takes and refuses in a string after “%s” what JSON.parse does',
    (before) => {
      const isJson = (text: string) => {
        try {
          return typeof JSON.parse(text) === 'object'
        } catch {
          return false
        }
      }
      const signs = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code))
      for (const sign of [...signs, '\\"', '\\n', '€', '😀'])
        for (const after of ['', 'x', 'xy', 'xyz', 'xyzxyz']) {
          const line = `{"t":"${before}${sign}${after}"}`
          const page = `{"data":[${line}]}`
          if (isJson(line)) expect(cut(page).text).toBe(`${line}\n`)
          else expect(() => cut(page)).toThrow(MillraceError)
        }
    },
  )

  it('goes as deep as the page does', () => {
    const deep = '{"a":'.repeat(5_000) + '[[]]' + '}'.repeat(5_000)
    expect(cut(`{"data":[${deep}]}`).text).toBe(`${deep}\n`)
  })
})

describe('digits survive', () => {
  it.each([
    ['0', '0'],
    ['-0', '-0'],
    ['19.99', '19.99'],
    ['123456789012345', '123456789012345'],
    ['1234567890123456', '1234567890123456'],
    ['9007199254740993', '9007199254740993'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775808', '"9223372036854775808"'],
    ['-9223372036854775809', '"-9223372036854775809"'],
    ['12345678901234567890123456789012345678', '"12345678901234567890123456789012345678"'],
    ['0.123456789012345', '0.123456789012345'],
    ['0.1234567890123456', '"0.1234567890123456"'],
    ['1234567890123456.5', '"1234567890123456.5"'],
    ['1.7976931348623157e308', '"1.7976931348623157e308"'],
    ['1e308', '1e308'],
    ['1E+309', '"1E+309"'],
    ['1e999', '"1e999"'],
    ['1e-400', '"1e-400"'],
    ['0e999', '0e999'],
    [`0.${'0'.repeat(400)}1`, `"0.${'0'.repeat(400)}1"`],
  ])('%s becomes %s', (number, written) => {
    expect(cut(`{"data":[{"n": ${number} , "l":[${number}]}]}`).text).toBe(`{"n":${written},"l":[${written}]}\n`)
  })

  it('a bare number is the same for every reader, and a quoted one keeps its text', () => {
    const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?$/)
    fc.assert(
      fc.property(digits, (number) => {
        const written = cut(`{"data":[{"n":${number}}]}`).text.slice(5, -2)
        if (written === number) {
          if (!/[.eE]/.test(number)) expect(BigInt.asIntN(64, BigInt(number))).toBe(BigInt(number))
          else expect(decimalOf(Number(number).toPrecision(15))).toBe(decimalOf(number))
        } else expect(written).toBe(`"${number}"`)
      }),
      { numRuns: 2_000 },
    )
  })

  it('a cursor in the envelope keeps digits that a double would lose', () => {
    expect(cut('{"data":[],"next":9007199254740993,"total":12}').envelope).toEqual({
      data: [],
      next: '9007199254740993',
      total: 12,
    })
    expect(parseExact(Buffer.from(' [0.12345678901234567, 5.497163955961831e-184, 1.10, 1e400] '))).toEqual([
      '0.12345678901234567',
      5.497163955961831e-184,
      1.1,
      '1e400',
    ])
  })
})

describe('what no warehouse can hold', () => {
  it('replaces lone surrogates and NUL by U+FFFD, and counts them', () => {
    const page = cut(
      String.raw`{"data":[{"a":"x\ud83dy","b":"\u0000","c":"\uDE00","d":"\ud83d\ude00","e":"\\u0000","f":"\ud83d\ud83d\ude00"}]}`,
    )
    expect(page.text).toBe(
      String.raw`{"a":"x�y","b":"�","c":"�","d":"\ud83d\ude00","e":"\\u0000","f":"�\ud83d\ude00"}` + '\n',
    )
    expect(page.altered).toBe(4)
  })
})

describe('what is not JSON', () => {
  const whole = '{"data": [ {"a": "b\\u0041\\n", "n": -1.5e3, "t": true, "x": null} ], "more": false}'

  it('says so of a page cut anywhere', () => {
    for (let length = 0; length < whole.length; length++)
      expect(() => cut(whole.slice(0, length)), whole.slice(0, length)).toThrow(/it ends after|is not a list/)
  })

  it('never accepts what JSON.parse refuses, and accepts what it takes', () => {
    const bytes = fc.constantFrom(...Array.from('{}[]",:\\ 019.eE+-tfnu/ab'))
    fc.assert(
      fc.property(
        fc.nat(whole.length),
        fc.nat(3),
        fc.string({ unit: bytes, maxLength: 3 }),
        (at, removed, inserted) => {
          const page = whole.slice(0, at) + inserted + whole.slice(at + removed)
          const parses = works(() => JSON.parse(`[${page}]`)) && page.trim() !== ''
          const cuts = works(() => parseExact(Buffer.from(`[${page}]`)))
          expect(cuts, page).toBe(parses)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it.each([
    ['{"data":[{"a":01}]}', 'at byte 15 there is “1”'],
    ['{"data":[{"a":1}}', 'at byte 16 there is “}”'],
    ['{"data":[{"a":1} {"b":2}]}', 'at byte 17 there is “{”'],
    ['{"data":[{"a":1},]}', 'record 2 (byte 17) is not an object'],
    ['{"data":[1]}', 'record 1 (byte 9) is not an object'],
    ['{"data":{"a":1}}', 'what is at “data” (byte 8) is not a list'],
    ['{"error":{"data":[{}]}}', 'no list at “data”'],
    ['<html></html>', 'at byte 0 there is “<”'],
    ['{"data":[]} x', 'at byte 12 there is “x”'],
    ['{"data":[],"data":[]}', 'is there twice'],
    ['{"data":[{"a":"\n"}]}', 'at byte 15 there is byte 0x0a'],
    ['', 'it ends after 0 bytes'],
  ])('%s: %s', (page, message) => {
    expect(() => cut(page)).toThrow(message)
    expect(() => cut(page)).toThrow(MillraceError)
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(() => cutPage(Buffer.from('{"data":[{"a":"\xff"}]}', 'latin1'), { records: 'data' })).toThrow('not UTF-8')
  })
})

const works = (act: () => unknown): boolean => {
  try {
    act()
    return true
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MillraceError) return false
    throw error
  }
}

/** A decimal text in one form: sign, digits, power of ten. */
function decimalOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const short = digits.replace(/0+$/, '')
  return short === '' ? '0' : `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`
}

/** Written with the gaps between the tokens, round and round. */
function spread(value: unknown, gaps: readonly string[]): string {
  let n = 0
  const tokens = JSON.stringify(value).match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []
  return tokens.map((token) => `${gaps[n++ % gaps.length]}${token}`).join('') + gaps[0]
}

const whitespace = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 5 })
const wellFormed = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\u0000', ''))
const records = fc.dictionary(
  fc.oneof(wellFormed, fc.constantFrom('data', 'id', 'next')),
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      wellFormed,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value')),
      fc.dictionary(fc.oneof(wellFormed, fc.constant('data')), tie('value')),
    ),
  })).value,
)
