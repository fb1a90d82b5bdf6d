/**
 * Casts that are exact or nothing: DuckDB alone would read 1.7 as 2, "yes" as true and cut a decimal to its scale. A value
 * that does not come through is a reject, never a quiet null.
 */
import { converted } from '../duckdb/sql-text.ts'
import { decimalOf, type LogicalType } from '../model/logical-type.ts'

/** SQL that gives the typed value of a text, or NULL where it does not fit. */
export function strictCast(text: string, type: LogicalType): string {
  switch (type) {
    case 'string':
    case 'json':
      return text
    case 'integer':
      // The common case is compared as text; a pattern is only asked about the rest.
      return (
        `CASE WHEN CAST(TRY_CAST(${text} AS BIGINT) AS VARCHAR) = ${text} THEN TRY_CAST(${text} AS BIGINT) ` +
        `WHEN regexp_full_match(${text}, '[+-]?[0-9]+([.]0+)?') THEN TRY_CAST(regexp_replace(${text}, '[.]0+$', '') AS BIGINT) END`
      )
    case 'double':
      return `CASE WHEN isfinite(TRY_CAST(${text} AS DOUBLE)) AND regexp_full_match(${text}, '${number}') THEN TRY_CAST(${text} AS DOUBLE) END`
    case 'boolean':
      return `CASE ${text} WHEN 'true' THEN true WHEN 'false' THEN false END`
    case 'date':
      return (
        `CASE WHEN length(${text}) = 10 AND CAST(TRY_CAST(${text} AS DATE) AS VARCHAR) = ${text} THEN TRY_CAST(${text} AS DATE) ` +
        `WHEN regexp_full_match(${text}, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN TRY_CAST(${text} AS DATE) END`
      )
    case 'timestamp':
      return (
        // As most vendors write it. DuckDB reads a time without a zone four times as fast, and all of these are UTC.
        `CASE WHEN ${text} >= '0' AND ${usualInstant(text)} ` +
        `THEN TRY_CAST(${text} AS TIMESTAMP) ` +
        // Vendors that count: whole seconds since 1970.
        `WHEN regexp_full_match(${text}, '-?[0-9]{1,11}') THEN make_timestamp(TRY_CAST(${text} AS BIGINT) * 1000000) ` +
        `WHEN regexp_full_match(${text}, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?)?') ` +
        `THEN CAST(TRY_CAST(${text} AS TIMESTAMPTZ) AS TIMESTAMP) END`
      )
    case 'binary':
      return `TRY(from_base64(${text}))`
    default:
      return decimalCast(text, type)
  }
}

/**
 * SQL that gives the number of a text as text, or NULL where it is none: as a double would be written where that is exact, else
 * with its own digits.
 */
export function digitsOf(text: string): string {
  const double = strictCast(text, 'double')
  return (
    `CASE WHEN regexp_full_match(${text}, '[+-]?[0-9.]{1,15}([eE][+-]?[0-9]{1,2})?') THEN ${converted(double, 'double', 'string')} ` +
    `WHEN ${double} IS NOT NULL THEN regexp_replace(regexp_replace(${text}, '([.][0-9]*?)0+$', '\\1'), '[.]$', '') END`
  )
}

/** Can a text fail to become this type? */
export const canFail = (type: LogicalType): boolean => type !== 'string' && type !== 'json'

function decimalCast(text: string, type: LogicalType): string {
  const { precision, scale } = decimalOf(type) ?? { precision: 38, scale: 0 }
  const target = `DECIMAL(${precision},${scale})`
  const fraction = scale === 0 ? '([.]0+)?' : `([.][0-9]{0,${scale}}0*)?`
  const plain = `regexp_full_match(${text}, '[+-]?[0-9]+${fraction}')`
  // Of 128 bits DuckDB reads a text forty times slower than of 64: what is short enough goes that way first.
  const short = 18 - scale
  const shortCast =
    precision > 18 && short > 0
      ? `WHEN length(${text}) <= ${short} AND ${plain} THEN CAST(TRY_CAST(${text} AS DECIMAL(18,${scale})) AS ${target}) `
      : ''
  // An exponent is only taken where the double it stands for comes back from the decimal unchanged.
  return (
    `CASE ${shortCast}WHEN ${plain} THEN TRY_CAST(${text} AS ${target}) ` +
    `WHEN regexp_full_match(${text}, '${number}') AND length(${text}) <= 22 AND CAST(TRY_CAST(TRY_CAST(${text} AS DOUBLE) AS ${target}) AS DOUBLE) = TRY_CAST(${text} AS DOUBLE) ` +
    `AND contains(lower(${text}), 'e') THEN TRY_CAST(TRY_CAST(${text} AS DOUBLE) AS ${target}) END`
  )
}

/**
 * Where every sign but the digits is given, DuckDB's own cast takes nothing but digits in their places, and two things more: a
 * space before them, and a point without any.
 */
const usualInstant = (text: string): string =>
  `(${text} LIKE '____-__-__T__:__:__.___Z' OR ${text} LIKE '____-__-__T__:__:__.___+0000' OR ` +
  `((${text} LIKE '____-__-__T__:__:__Z' OR ${text} LIKE '____-__-__T__:__:__+0000') AND NOT contains(${text}, '.'))) ` +
  `AND NOT contains(${text}, ' ')`

const number = '[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?'
