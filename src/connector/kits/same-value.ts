import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../../model/json.ts'
import { isNumber, type LogicalType } from '../../model/logical-type.ts'

/** Is what was read what the vendor holds? Numbers by their digits, instants by their time, text by every character. */
export function isSameValue(type: LogicalType, held: Json, read: Json): boolean {
  if (isNothing(held) || isNothing(read)) return isNothing(held) && isNothing(read)
  if (type === 'timestamp') return instantOf(held) === instantOf(read)
  if (typeof held === 'number' || typeof read === 'number' || isNumber(type))
    return digitsOf(String(held)) === digitsOf(String(read))
  if (type === 'json') return isDeepStrictEqual(structureOf(held), structureOf(read))
  return String(held) === String(read)
}

const isNothing = (value: Json) => value === null || value === ''
const instantOf = (value: Json) => (/^-?\d+$/.test(String(value)) ? Number(value) * 1000 : Date.parse(String(value)))
/** `3.5E8`, as texts of doubles are written, is 350000000. */
function digitsOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const plain = exponent === undefined ? text : sign + movePoint(whole, fraction, Number(exponent))
  return plain.includes('.') ? plain.replace(/\.?0+$/, '') : plain
}

function movePoint(whole: string, fraction: string, by: number): string {
  const digits =
    '0'.repeat(Math.max(0, 1 - by - whole.length)) + whole + fraction + '0'.repeat(Math.max(0, by - fraction.length))
  const at = digits.length - Math.max(0, fraction.length - by)
  return `${digits.slice(0, at)}.${digits.slice(at)}`.replace(/^0+(?=\d)/, '').replace(/\.$/, '')
}

function structureOf(value: Json): Json {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value
  const structure: Json = JSON.parse(value)
  return structure
}
