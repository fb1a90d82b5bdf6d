import type * as Liquidjs from 'liquidjs'
import {
  addDecimals,
  compareDecimals,
  decimalText,
  divideDecimals,
  maxDigits,
  moduloDecimals,
  multiplyDecimals,
  negateDecimal,
  parseDecimal,
  roundDecimal,
  type ExactDecimal,
} from '../model/exact-decimal.ts'

type Filters = { readonly [name: string]: (value: unknown, ...rest: readonly unknown[]) => unknown }

/**
 * Liquid's arithmetic, exact: liquidjs counts in doubles. Null makes null, as in SQL, where liquidjs takes it for 0; what is
 * no number is an error, where liquidjs prints NaN. A division is rounded to twenty places.
 */
export function exactFilters({ AssertionError }: typeof Liquidjs, toLiquid: (text: string) => unknown): Filters {
  const fail = (message: string): never => {
    throw new AssertionError(message)
  }
  const read = (value: unknown): ExactDecimal => {
    const text = isTextual(value) ? String(value.valueOf()) : ''
    return parseDecimal(text) ?? fail(`${text === '' ? 'this' : text.slice(0, 40)} is not a number`)
  }
  const write = (decimal: ExactDecimal): unknown => {
    const text = decimalText(decimal)
    return text.length > maxDigits ? fail(`a number has more than ${maxDigits} digits`) : toLiquid(text)
  }
  const one = (work: (value: ExactDecimal) => ExactDecimal) => (value: unknown) =>
    isNull(value) ? null : write(work(read(value)))
  const two = (work: (a: ExactDecimal, b: ExactDecimal) => ExactDecimal) => (a: unknown, b: unknown) =>
    isNull(a) || isNull(b) ? null : write(work(read(a), read(b)))
  const notZero = (divisor: ExactDecimal) => (divisor.digits === 0n ? fail('division by 0') : divisor)
  return {
    plus: two(addDecimals),
    minus: two((a, b) => addDecimals(a, negateDecimal(b))),
    times: two(multiplyDecimals),
    divided_by: two((a, b) => divideDecimals(a, notZero(b), quotientPlaces)),
    modulo: two((a, b) => moduloDecimals(a, notZero(b))),
    at_least: two((a, b) => (compareDecimals(a, b) < 0 ? b : a)),
    at_most: two((a, b) => (compareDecimals(a, b) > 0 ? b : a)),
    abs: one((value) => (value.digits < 0n ? negateDecimal(value) : value)),
    ceil: one((value) => roundDecimal(value, 0, 'up')),
    floor: one((value) => roundDecimal(value, 0, 'down')),
    to_integer: one((value) => roundDecimal(value, 0, value.digits < 0n ? 'up' : 'down')),
    round: (value, places) => {
      if (isNull(value)) return null
      const count = Number(decimalText(read(places ?? 0)))
      if (!Number.isInteger(count) || Math.abs(count) > maxDigits) fail(`round takes a whole number of places`)
      return write(roundDecimal(read(value), count, 'half'))
    },
    sum: (list, property) => {
      const items = Array.isArray(list) ? list : [list]
      const numbers = items.map((item: unknown) => (isNull(property) ? item : memberOf(item, property)))
      return write(
        numbers
          .filter((item) => !isNull(item))
          .map(read)
          .reduce(addDecimals, zero),
      )
    },
  }
}

const isTextual = (value: unknown): value is string | number | object =>
  typeof value === 'string' || typeof value === 'number' || (typeof value === 'object' && value !== null)

const isNull = (value: unknown): value is null | undefined => value === null || value === undefined

const memberOf = (item: unknown, name: unknown): unknown =>
  typeof item === 'object' && item !== null
    ? Object.entries(item).find(([key]) => key === String(name))?.[1]
    : undefined

const zero: ExactDecimal = { digits: 0n, scale: 0 }
const quotientPlaces = 20
