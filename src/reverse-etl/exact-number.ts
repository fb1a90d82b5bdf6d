/** Numbers whose digits survive: through the spool, into the payload, out on the wire. */
import type { ExactNumber, FieldValue } from '../model/change.ts'

/** A JavaScript number where it says the same digits; else raw JSON, which `JSON.stringify` writes as it is. */
export function exactNumber(text: string): number | ExactNumber {
  const number = Number(text)
  return String(number) === text ? number : rawJson(text)
}

/** JSON.parse that keeps digits which a double would lose. */
export function parseExact(text: string): FieldValue {
  return parseWithSource(text, (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined ? exactNumber(plainNumber(source)) : value,
  )
}

/** `-0` → `0`, `1.50` → `1.5`, `2.00` → `2`: one text per number, exponents written out. */
export function plainNumber(text: string): string {
  const [mantissa = '0', exponent] = text.toLowerCase().split('e')
  const written = exponent === undefined ? mantissa : shift(mantissa, Number(exponent))
  const trimmed = written.includes('.') ? written.replace(/0+$/, '').replace(/\.$/, '') : written
  return /^-0*$/.test(trimmed) ? '0' : trimmed
}

function shift(mantissa: string, exponent: number): string {
  if (Math.abs(exponent) > 400) return mantissa
  const sign = mantissa.startsWith('-') ? '-' : ''
  const [whole = '0', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.')
  const digits = whole + fraction
  const point = whole.length + exponent
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point < digits.length) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
  return `${sign}${digits}${'0'.repeat(point - digits.length)}`.replace(/^(-?)0+(?=\d)/, '$1')
}

type Reviver = (name: string, value: FieldValue, context: { readonly source?: string }) => FieldValue

// V8 has both, TypeScript's library neither yet: a reviver's third argument, and JSON.rawJSON.
const parseWithSource = JSON.parse as unknown as (text: string, reviver: Reviver) => FieldValue
const rawJson = (JSON as unknown as { readonly rawJSON: (text: string) => ExactNumber }).rawJSON
