/**
 * + - * / % and ||. NUMBER keeps to Snowflake's precision and scale, which DuckDB's operators do not have.
 * https://docs.snowflake.com/en/sql-reference/operators-arithmetic
 */
import { coerce } from './cast.ts'
import {
  type DataType,
  dateType,
  duckdbType,
  floatType,
  isTimestamp,
  longest,
  numberType,
  showType,
  timestampNtz,
  varcharType,
} from './data-type.ts'
import { invalidArgumentTypes, type Place } from './snowflake-error.ts'
import { toText } from './to-text.ts'
import { fractionOf, typed, type Typed } from './typed.ts'
import type { Expression } from './expression.ts'
import type { Scope } from './scope.ts'
import type { Translation } from './translation.ts'

type Binary = Extract<Expression, { kind: 'binary' | 'unary' }>

export function translateArithmetic(t: Translation, expression: Binary, scope: Scope): Typed {
  const place = t.place(expression.start)
  if (expression.kind === 'unary') {
    const value = asNumber(t, t.expression(expression.value, scope), expression.operator, place)
    return expression.operator === '-' ? typed(`(-${value.sql})`, value.type) : value
  }
  const left = t.expression(expression.left, scope)
  const right = t.expression(expression.right, scope)
  return expression.operator === '||'
    ? concatenate(t, left, right, place)
    : calculate(t, expression.operator, left, right, place)
}

export function concatenate(t: Translation, left: Typed, right: Typed, place: Place): Typed {
  if (left.type.kind === 'BINARY' && right.type.kind === 'BINARY')
    return typed(`(${left.sql} || ${right.sql})`, left.type)
  for (const side of [left, right])
    if (side.type.kind === 'BINARY' || side.type.kind === 'INTERVAL')
      throw invalidArgumentTypes('||', [showType(left.type), showType(right.type)], place)
  const length = lengthOf(left.type) + lengthOf(right.type)
  return typed(`(${toText(t, left)} || ${toText(t, right)})`, varcharType(length))
}

const lengthOf = (type: DataType) => ('length' in type ? type.length : longest)

export function calculate(t: Translation, operator: string, left: Typed, right: Typed, place: Place): Typed {
  const days = calculateDays(t, operator, left, right, place)
  if (days) return days
  const a = asNumber(t, left, operator, place, right)
  const b = asNumber(t, right, operator, place, left)
  if (a.type.kind !== 'NUMBER' || b.type.kind !== 'NUMBER') {
    const [x, y] = [coerce(t, a, floatType).sql, coerce(t, b, floatType).sql]
    if (operator === '/') return typed(`sf_divide_float(${x}, ${y})`, floatType)
    if (operator === '%') return typed(`sf_modulo(${x}, ${y})`, floatType)
    return typed(`(${x} ${operator} ${y})`, floatType)
  }
  return calculateNumbers(operator, { ...a, type: a.type }, { ...b, type: b.type })
}

type NumberType = Extract<DataType, { kind: 'NUMBER' }>
type NumberTyped = { readonly sql: string; readonly type: NumberType }

export function calculateNumbers(operator: string, a: NumberTyped, b: NumberTyped): Typed {
  const [s1, s2] = [a.type.scale, b.type.scale]
  const [l1, l2] = [a.type.precision - s1, b.type.precision - s2]
  const scale = Math.max(s1, s2)
  switch (operator) {
    case '+':
    case '-': {
      const type = numberType(Math.max(l1, l2) + 1 + scale, scale)
      return typed(`(${decimal(a, type)} ${operator} ${decimal(b, type)})`, type)
    }
    case '*': {
      const kept = Math.min(s1 + s2, Math.max(s1, s2, 12))
      const type = numberType(l1 + l2 + kept, kept)
      const width = a.type.precision + b.type.precision > 18 ? 38 : 18
      const product = `(${widened(a, width)} * ${widened(b, width === 38 ? 19 : 18)})`
      return typed(s1 + s2 === kept ? product : `CAST(${product} AS ${duckdbType(numberType(38, kept))})`, type)
    }
    case '%':
      return typed(
        `sf_modulo(${decimal(a, numberType(38, scale))}, ${decimal(b, numberType(38, scale))})`,
        numberType(Math.max(l1, l2) + scale, scale),
      )
    default:
      return divide(a, b)
  }
}

/** Never a float and never an integer's division: six more digits of scale, up to twelve, rounded half away from zero. */
function divide(a: NumberTyped, b: NumberTyped): Typed {
  const [s1, s2] = [a.type.scale, b.type.scale]
  const kept = Math.max(s1, Math.min(s1 + 6, 12))
  const type = numberType(a.type.precision - s1 + s2 + kept, kept)
  const scale = Math.max(s1, s2)
  const [x, y] = [unscaled(a, scale), unscaled(b, scale)]
  const power = `CAST(1${'0'.repeat(kept)} AS HUGEINT)`
  const unit = `CAST('0.${'0'.repeat(kept - 1)}1' AS DECIMAL(${kept},${kept}))`
  const sql = `(CAST(sf_whole(${x}, ${y}) AS ${duckdbType(numberType(38, kept))}) + CAST(CAST(sf_fraction(${x}, ${y}, ${power}) AS DECIMAL(${kept + 2},0)) * ${unit} AS ${duckdbType(numberType(38, kept))}))`
  return typed(sql, type)
}

const unscaled = (value: NumberTyped, scale: number) =>
  scale === 0 ? `CAST(${value.sql} AS HUGEINT)` : `sf_unscaled(CAST(${value.sql} AS DECIMAL(38,${scale})))`

const decimal = (value: NumberTyped, type: DataType) => `CAST(${value.sql} AS ${duckdbType(type)})`

const widened = (value: NumberTyped, width: number) =>
  `CAST(${value.sql} AS DECIMAL(${Math.min(Math.max(width === 38 ? 19 : width, value.type.precision), 38)},${value.type.scale}))`

/** A date and days, a date and an interval, two dates. */
function calculateDays(t: Translation, operator: string, left: Typed, right: Typed, place: Place): Typed | null {
  const refuse = () => invalidArgumentTypes(operator, [showType(left.type), showType(right.type)], place)
  if (right.type.kind === 'INTERVAL') {
    const date = left.type.kind === 'VARCHAR' ? coerce(t, left, timestampNtz()) : left
    if (
      (operator !== '+' && operator !== '-') ||
      !(date.type.kind === 'DATE' || date.type.kind === 'TIME' || isTimestamp(date.type))
    )
      throw refuse()
    const sql = `(${date.sql} ${operator} ${right.sql})`
    if (date.type.kind !== 'DATE') return typed(sql, date.type)
    return /hour|minute|second/i.test(right.sql) ? typed(sql, timestampNtz()) : typed(`CAST(${sql} AS DATE)`, dateType)
  }
  if (left.type.kind === 'DATE' && right.type.kind === 'DATE') {
    if (operator !== '-') throw refuse()
    return typed(`(${left.sql} - ${right.sql})`, numberType(9, 0))
  }
  if (left.type.kind === 'DATE' && right.type.kind === 'NUMBER' && (operator === '+' || operator === '-'))
    return typed(`(${left.sql} ${operator} CAST(${right.sql} AS INTEGER))`, dateType)
  if (left.type.kind === 'NUMBER' && right.type.kind === 'DATE' && operator === '+')
    return typed(`(${right.sql} + CAST(${left.sql} AS INTEGER))`, dateType)
  return null
}

/** A text is read as a number; a boolean, a date and the like are no operands. */
function asNumber(t: Translation, value: Typed, operator: string, place: Place, other?: Typed): Typed {
  switch (value.type.kind) {
    case 'NUMBER':
    case 'FLOAT':
      return value
    case 'NULL':
      return typed('NULL', numberType(1, 0))
    case 'VARCHAR':
      return coerce(t, value, numberType(38, fractionOf(value)))
    case 'VARIANT':
      return coerce(t, value, floatType)
    default:
      throw invalidArgumentTypes(operator, [showType(value.type), ...(other ? [showType(other.type)] : [])], place)
  }
}
