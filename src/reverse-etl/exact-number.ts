/** Numbers whose digits survive: through the spool, into the payload, out on the wire. */
import type { ExactNumber, FieldValue } from '../model/change.ts'

/** A JavaScript number where it says the same digits; else raw JSON, which `JSON.stringify` writes as it is. */
export function exactNumber(text: string): number | ExactNumber {
  const number = Number(text)
  return String(number) === text ? number : rawJson(text)
}

/** JSON.parse that keeps digits which a double would lose. */
export function parseExact(text: string): FieldValue {
  // A reviver costs ten times as much as what it looks at.
  if (!mayLoseDigits.test(text)) return JSON.parse(text) as FieldValue
  return parseWithSource(text, (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(plainNumber(source)) : value,
  )
}

/**
 * One text per number: `-0` → `0`, `1.50` → `1.5`, `2.00` → `2`, `0.05e1` → `0.5`. Exponents are written out, unless that
 * takes hundreds of zeros: `1e500` stays so.
 */
export function plainNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] = decimalNumber.exec(text) ?? []
  const all = whole + fraction
  const digits = all.replace(/^0+/, '').replace(/0+$/, '')
  if (digits === '') return '0'
  // The number is 0.digits × 10^point.
  const point = whole.length + Number(power) - (all.length - all.replace(/^0+/, '').length)
  if (point > maxZeros || point < -maxZeros) return `${sign}${digits}e${point - digits.length}`
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point < digits.length) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
  return `${sign}${digits}${'0'.repeat(point - digits.length)}`
}

/** Is it `JSON.rawJSON`, and not an object that happens to have a field of that name? */
export const isExactNumber = (value: unknown): value is ExactNumber => isRawJson(value)

type Reviver = (name: string, value: FieldValue, context: { readonly source?: string }) => FieldValue

type RawJson = {
  readonly rawJSON: (text: string) => ExactNumber
  readonly isRawJSON: (value: unknown) => boolean
}

// V8 has both, TypeScript's library neither yet: a reviver's third argument, and JSON.rawJSON.
const parseWithSource = JSON.parse as unknown as (text: string, reviver: Reviver) => FieldValue
// As above.
const { rawJSON: rawJson, isRawJSON: isRawJson } = JSON as unknown as RawJson

/**
 * A number of sixteen digits or more, of ten before its point, of six behind it, or with an exponent: any other one JavaScript
 * says with the same digits. Inside of a text it may look so, too: then the reviver looks.
 */
const mayLoseDigits = /(?:^|[:[,\s])-?(?:\d{16}|\d{10,}\.|\d+\.\d{6}|\d+(?:\.\d+)?[eE])/

const decimalNumber = /^[+]?(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/
const maxZeros = 400
