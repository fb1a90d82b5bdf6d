import type { Json } from '../../model/json.ts'
import { decimalOf, type LogicalType } from '../../model/logical-type.ts'

/** Would staging take this value without rejecting the row? Texts of numbers count: CSV has nothing else. */
export function fitsType(value: Json, type: LogicalType): boolean {
  if (value === null || type === 'json') return true
  const text = String(value)
  const decimal = decimalOf(type)
  if (decimal) return number.test(text) && fitsDecimal(text, decimal.scale)
  switch (type) {
    case 'string':
    case 'binary':
      return typeof value !== 'object'
    case 'integer':
      return integer.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
    case 'double':
      return number.test(text)
    case 'boolean':
      return text === 'true' || text === 'false'
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(text)
    case 'timestamp':
      // ISO text, or unix seconds.
      return integer.test(text) || (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)))
    default:
      return false
  }
}

const fitsDecimal = (text: string, scale: number) =>
  /e/i.test(text) || (text.split('.')[1] ?? '').replace(/0+$/, '').length <= scale

const integer = /^-?\d+$/
const number = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i
