/**
 * What a text must be, as a whole, to be a value of a type: what `try_cast` takes. No backslashes, which Snowflake's strings
 * read as escapes, and nothing that only one warehouse's regular expressions have.
 */
import { decimalOf, type LogicalType } from './logical-type.ts'

export type TextPattern = 'integer' | 'double' | 'date' | 'timestamp'

const year = '([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])'
const date = `${year}-[0-9]{2}-[0-9]{2}`
const time = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6}0*)?'

export const textPatterns: { readonly [type in TextPattern]: string } = {
  // Of 64 bits: what has more digits than fit is sorted out by its value.
  integer: '[+-]?0*[0-9]{1,19}',
  double: '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?',
  date,
  timestamp: `${date}([T ]${time}(Z|[+-][0-9]{2}:?[0-9]{2})?)?`,
}

/** The end of a timestamp that is not UTC. */
export const offsetPattern = '[+-][0-9]{2}:?[0-9]{2}'

/** No more digits than the type has on either side of the point, zeros that say nothing aside. */
export function decimalPattern(type: LogicalType): string {
  const { precision, scale } = decimalOf(type) ?? { precision: 38, scale: 0 }
  const whole = precision > scale ? `0*[0-9]{1,${precision - scale}}` : '0+'
  return `[+-]?${whole}${scale > 0 ? `([.][0-9]{1,${scale}}0*)?` : '([.]0+)?'}`
}

/** In any case. */
export const trueWords = ['true', 't', 'yes', 'y', 'on', '1']
export const falseWords = ['false', 'f', 'no', 'n', 'off', '0']
