import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addDecimals,
  compareDecimals,
  decimalText,
  divideDecimals,
  moduloDecimals,
  multiplyDecimals,
  negateDecimal,
  parseDecimal,
  roundDecimal,
  type ExactDecimal,
} from '../../src/model/exact-decimal.ts'

const read = (text: string): ExactDecimal => parseDecimal(text) ?? { digits: 999n, scale: 3 }

const decimal = fc
  .record({ digits: fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), scale: fc.nat(30) })
  .map((value): ExactDecimal => value)

/** Both over one denominator: the definition that the text forms must agree with. */
const scaled = ({ digits, scale }: ExactDecimal) => digits * 10n ** BigInt(100 - scale)

describe('a decimal', () => {
  it.each([
    ['1.50', '1.5'],
    ['-0', '0'],
    ['007', '7'],
    ['.5', '0.5'],
    ['-0.050', '-0.05'],
    ['1e3', '1000'],
    ['1.25E-2', '0.0125'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
  ])('%s is written %s', (text, written) => {
    expect(decimalText(read(text))).toBe(written)
  })

  it.each(['', ' ', '.', 'abc', '1,5', '0x10', 'NaN', 'Infinity', '1e99999', '1e9999', '--1', '1 2', '9'.repeat(1001)])(
    '%j is none',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined()
    },
  )

  it('comes back from its text as it was', () => {
    fc.assert(
      fc.property(decimal, (value) => {
        expect(scaled(read(decimalText(value)))).toBe(scaled(value))
      }),
    )
  })

  it('adds, subtracts, multiplies and compares without losing a digit', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(scaled(addDecimals(a, b))).toBe(scaled(a) + scaled(b))
        expect(scaled(addDecimals(a, negateDecimal(b)))).toBe(scaled(a) - scaled(b))
        expect(scaled(multiplyDecimals(a, b)) * 10n ** 100n).toBe(scaled(a) * scaled(b))
        expect(Math.sign(compareDecimals(a, b))).toBe(Number(scaled(a) > scaled(b)) - Number(scaled(a) < scaled(b)))
      }),
    )
  })

  it('leaves a remainder between 0 and the divisor, with the divisor’s sign', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        fc.pre(b.digits !== 0n)
        const rest = scaled(moduloDecimals(a, b))
        expect((scaled(a) - rest) % scaled(b)).toBe(0n)
        expect(b.digits > 0n ? rest >= 0n && rest < scaled(b) : rest <= 0n && rest > scaled(b)).toBe(true)
      }),
    )
  })

  it('is divided to the nearest of so many places', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        fc.pre(b.digits !== 0n)
        const error = scaled(divideDecimals(a, b, 20)) * scaled(b) - scaled(a) * 10n ** 100n
        const half = (10n ** 80n * scaled(b)) / 2n
        expect((error < 0n ? -error : error) <= (half < 0n ? -half : half)).toBe(true)
      }),
    )
    expect(decimalText(divideDecimals(read('1'), read('3'), 20))).toBe('0.33333333333333333333')
    expect(decimalText(divideDecimals(read('-1'), read('8'), 20))).toBe('-0.125')
  })

  it.each([
    ['2.5', 0, '3', '3', '2'],
    ['-2.5', 0, '-3', '-2', '-3'],
    ['2.449', 1, '2.4', '2.5', '2.4'],
    ['1250', -2, '1300', '1300', '1200'],
    ['7', 2, '7', '7', '7'],
  ])('%s rounded to %d places is %s, up %s, down %s', (text, places, half, up, down) => {
    const rounded = (['half', 'up', 'down'] as const).map((how) => decimalText(roundDecimal(read(text), places, how)))
    expect(rounded).toEqual([half, up, down])
  })
})
