import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactNumber, isExactNumber, parseExact, plainNumber } from '../../src/reverse-etl/exact-number.ts'

describe('plainNumber', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['0e5', '0'],
    ['1.50', '1.5'],
    ['2.00', '2'],
    ['100', '100'],
    ['-0.5', '-0.5'],
    ['9007199254740993', '9007199254740993'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['1e+20', '100000000000000000000'],
    ['1.2345678901234568e+17', '123456789012345680'],
    ['-1E-3', '-0.001'],
    ['0.05e1', '0.5'],
    ['12.34e1', '123.4'],
    ['1e500', '1e500'],
    ['10e499', '1e500'],
    ['-0.00125e-600', '-125e-605'],
  ])('writes %s as %s', (text, plain) => {
    expect(plainNumber(text)).toBe(plain)
  })

  const digits = (minLength: number, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength })

  /** A number, and another spelling of the same one. */
  const spellings = fc
    .record({
      sign: fc.constantFrom('', '-'),
      whole: digits(1, 20),
      fraction: digits(0, 20),
      shift: fc.integer({ min: -30, max: 30 }),
    })
    .map(({ sign, whole, fraction, shift }) => {
      const all = whole + fraction
      const point = whole.length + shift
      const moved =
        point <= 0
          ? `0.${'0'.repeat(-point)}${all}`
          : point >= all.length
            ? `${all}${'0'.repeat(point - all.length)}`
            : `${all.slice(0, point)}.${all.slice(point)}`
      const one = `${sign}${whole}${fraction && `.${fraction}`}`
      return { one, other: `${sign}${moved}00e${-shift}`.replace(/^(-?[^.]*)00e/, '$1e'), isZero: /^0*$/.test(all) }
    })

  it('gives one text for every spelling of a number', () => {
    fc.assert(
      fc.property(spellings, ({ one, other }) => {
        expect(plainNumber(other)).toBe(plainNumber(one))
      }),
    )
  })

  it('gives JSON that means the same number, and gives itself back', () => {
    fc.assert(
      fc.property(spellings, ({ one, isZero }) => {
        const plain = plainNumber(one)
        expect(plain).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/)
        expect(Number(plain)).toBe(isZero ? 0 : Number(one))
        expect(plainNumber(plain)).toBe(plain)
      }),
    )
  })

  it('tells different integers apart, however long', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        expect(plainNumber(String(a)) === plainNumber(String(b))).toBe(a === b)
      }),
    )
  })

  it('keeps every double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(plainNumber(String(value)))).toBe(value === 0 ? 0 : value)
      }),
    )
  })
})

describe('exact numbers', () => {
  it('are JavaScript numbers where those say the same digits, else raw JSON', () => {
    expect(exactNumber('9007199254740992')).toBe(9007199254740992)
    expect(exactNumber('0.1')).toBe(0.1)
    const big = exactNumber('9007199254740993')
    expect(isExactNumber(big)).toBe(true)
    expect(JSON.stringify({ big })).toBe('{"big":9007199254740993}')
  })

  it('survive being written and parsed', () => {
    const text = '{"a":[9007199254740993,0.1234567890123456789,1e500,-0,2.50],"b":{"rawJSON":"1"}}'
    const once = JSON.stringify(parseExact(text))
    expect(once).toBe('{"a":[9007199254740993,0.1234567890123456789,1e500,0,2.5],"b":{"rawJSON":"1"}}')
    expect(JSON.stringify(parseExact(once))).toBe(once)
  })

  it('keep the digits of every number, wherever in a text it stands', () => {
    const part = (maxLength: number) => fc.stringMatching(new RegExp(`^\\d{1,${maxLength}}$`))
    const number = fc
      .record({
        sign: fc.constantFrom('', '-'),
        whole: part(22).map((text) => text.replace(/^0+(?=\d)/, '')),
        fraction: fc.option(part(12)),
        power: fc.option(fc.integer({ min: -30, max: 30 })),
      })
      .map(
        ({ sign, whole, fraction, power }) =>
          `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${power === null ? '' : `e${power}`}`,
      )
    const around = fc.constantFrom('N', '[N]', '[1, N]', '{"a":N}', '{"a": [true,N,"x"]}', ' N ')
    fc.assert(
      fc.property(number, around, (text, frame) => {
        const written = JSON.stringify(parseExact(frame.replace('N', text)))
        const expected = JSON.stringify(JSON.parse(frame.replace('N', '"#"'))).replace('"#"', plainNumber(text))
        expect(written).toBe(expected)
      }),
      { numRuns: 2_000 },
    )
  })

  it('are not what merely looks like one', () => {
    expect(isExactNumber({ rawJSON: '1' })).toBe(false)
  })
})
