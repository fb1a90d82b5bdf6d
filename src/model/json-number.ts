/** Numbers in JSON, as bytes: where one ends, and whether its digits survive being read. */
import * as byte from './json-byte.ts'
import { malformed, text, truncated } from './json-error.ts'

/** Of its own, as in compact-json.ts. */
const { capitalE, dot, letterE, minus, nine, plus, zero } = byte

/** Checks a number against the grammar and says where it ends. */
export function endOfNumber(bytes: Uint8Array, start: number): number {
  let i = start
  if (bytes[i] === minus) i++
  if (bytes[i] === zero) i++
  else i = endOfDigits(bytes, i)
  if (bytes[i] === dot) i = endOfDigits(bytes, i + 1)
  const c = bytes[i]
  if (c === letterE || c === capitalE) {
    const sign = bytes[i + 1]
    i = endOfDigits(bytes, sign === plus || sign === minus ? i + 2 : i + 1)
  }
  return i
}

function endOfDigits(bytes: Uint8Array, start: number): number {
  let i = start
  const end = bytes.length
  let c = 0
  while (i < end && (c = bytes[i] ?? 0) >= zero && c <= nine) i++
  if (i > start) return i
  throw i >= end ? truncated(end) : malformed(bytes, i)
}

/** Would a reader of doubles (or of 64-bit integers and doubles) change this number? */
export function isAltered(bytes: Uint8Array, start: number, end: number, reader: 'integer64' | 'double'): boolean {
  let digits = 0
  let whole = true
  let exponent = false
  for (let i = start; i < end; i++) {
    const c = bytes[i] ?? 0
    if (c === dot) whole = false
    else if (c === letterE || c === capitalE) {
      whole = false
      exponent = true
      break
    } else if (c >= zero && c <= nine && (digits > 0 || c !== zero)) digits++
  }
  const isFar = exponent || end - start > 300
  if (digits <= 15 && !isFar) return false
  const number = text(bytes, start, end)
  if (reader === 'double') return !survivesDouble(number)
  if (digits > 15) return whole ? !fitsInteger(number) : true
  // Beyond the double's range, or so near zero that digits get lost.
  const value = Math.abs(Number(number))
  return digits > 0 && (value === Infinity || value < smallestNormal)
}

function fitsInteger(digits: string): boolean {
  if (digits.length < 19) return true
  if (digits.length > 20) return false
  const value = BigInt(digits)
  return value >= -(2n ** 63n) && value < 2n ** 63n
}

const survivesDouble = (number: string): boolean => decimalOf(String(Number(number))) === decimalOf(number)

/** A decimal number in its one form: sign, digits without zeros around them, power of ten. */
function decimalOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] = decimalNumber.exec(number) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const short = digits.replace(/0+$/, '')
  return short === '' ? '0' : `${sign}${short}e${Number(power) - fraction.length + digits.length - short.length}`
}

const decimalNumber = /^(-?)(\d+)\.?(\d*)(?:[eE]([+-]?\d+))?$/
const smallestNormal = 2.2250738585072014e-308
