/**
 * The types a column can have, the same on every warehouse because staging makes them all.
 * `integer` is 64 bits, `decimal(p,s)` has p ≤ 38, `timestamp` is UTC with microseconds, `json` is any JSON value.
 */
export type LogicalType =
  | 'string'
  | 'integer'
  | `decimal(${number},${number})`
  | 'double'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'json'
  | 'binary'

export type Decimal = { readonly precision: number; readonly scale: number }

export function decimalOf(type: LogicalType): Decimal | undefined {
  const match = /^decimal\((\d+),(\d+)\)$/.exec(type)
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined
}

/**
 * The narrowest type that holds every value of both: integer → decimal → double → string, anything → json only from
 * json itself. A boolean, a date or a timestamp that meets another type becomes a string.
 */
export function widen(stored: LogicalType, incoming: LogicalType): LogicalType {
  if (stored === incoming) return stored
  if (stored === 'json' || incoming === 'json') return 'json'
  if (isNumber(stored) && isNumber(incoming)) return widenNumbers(stored, incoming)
  if (isDay(stored) && isDay(incoming)) return 'timestamp'
  return 'string'
}

function widenNumbers(left: LogicalType, right: LogicalType): LogicalType {
  if (left === 'double' || right === 'double') return 'double'
  const a = decimalOf(left) ?? { precision: 19, scale: 0 }
  const b = decimalOf(right) ?? { precision: 19, scale: 0 }
  const scale = Math.max(a.scale, b.scale)
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale)
  return whole + scale > 38 ? 'double' : `decimal(${whole + scale},${scale})`
}

export const isNumber = (type: LogicalType): boolean =>
  type === 'integer' || type === 'double' || type.startsWith('decimal')
const isDay = (type: LogicalType) => type === 'date' || type === 'timestamp'
