/** From one Snowflake type to another. https://docs.snowflake.com/en/sql-reference/data-type-conversion */
import { fromText } from './cast-text.ts'
import { fromVariant } from './cast-variant.ts'
import { fitted } from './fit-text.ts'
import { readByFormat, tryByFormat } from './input-format.ts'
import { toText } from './to-text.ts'
import { type DataType, duckdbType, isSemi, isTemporal, isTimestamp, showType } from './data-type.ts'
import { compilationError, errorAt, type Place, unsupported } from './snowflake-error.ts'
import type { Typed } from './typed.ts'
import type { Translation } from './translation.ts'

/** CAST(x AS type), x::type. */
export function castExplicitly(t: Translation, value: Typed, to: DataType, place: Place): Typed {
  const done = convert(t, value, to)
  if (done === null)
    throw errorAt(
      '001007',
      '22023',
      place,
      `invalid type [CAST(${showType(value.type)} AS ${showType(to)})] for parameter 'TO_${to.kind}'`,
    )
  return done
}

/** TRY_CAST: of texts only. */
export function castTrying(t: Translation, value: Typed, to: DataType, place: Place): Typed {
  if ((value.type.kind !== 'VARCHAR' && value.type.kind !== 'NULL') || isSemi(to))
    throw errorAt(
      '001065',
      '22023',
      place,
      `Function TRY_CAST cannot be used with arguments of types ${showType(value.type)} and ${showType(to)}`,
    )
  return { sql: tryByFormat(t, value.sql, to), type: to }
}

/** What is done without a word: an argument, a branch, the side of a comparison. */
export function coerce(t: Translation, value: Typed, to: DataType): Typed {
  const done = convert(t, value, to)
  if (done === null)
    throw compilationError(
      '002016',
      '22000',
      `Can not convert parameter of type [${showType(value.type)}] into expected type [${showType(to)}]`,
    )
  return done
}

/** What goes into a column: https://docs.snowflake.com/en/sql-reference/data-type-conversion#coercion-type-casting */
export function assign(
  t: Translation,
  value: Typed,
  column: { readonly name: string; readonly type: DataType },
): string {
  const { type: to } = column
  const from = value.type
  const fits =
    from.kind === 'NULL' ||
    from.kind === to.kind ||
    (isSemi(to)
      ? to.kind === 'VARIANT'
        ? from.kind !== 'VARCHAR' && from.kind !== 'BINARY'
        : from.kind === 'VARIANT'
      : isSemi(from) || from.kind === 'VARCHAR'
        ? to.kind !== 'BINARY' || from.kind === 'VARCHAR'
        : isTemporal(from)
          ? to.kind === 'VARCHAR' || (isTemporal(to) && (from.kind === 'TIME') === (to.kind === 'TIME'))
          : from.kind === 'BINARY' || from.kind === 'BOOLEAN'
            ? to.kind === 'VARCHAR' || (from.kind === 'BOOLEAN' && to.kind === 'NUMBER')
            : !isTemporal(to) && to.kind !== 'BINARY')
  const done = fits ? convert(t, value, to) : null
  if (done === null)
    throw compilationError(
      '002023',
      '22000',
      `Expression type does not match column data type, expecting ${showType(to)} but got ${showType(from)} for column ${column.name}`,
    )
  return to.kind === 'NUMBER' || from.kind === 'NULL' ? exactly(done.sql, from, to) : done.sql
}

/** The value in the other type, or null where there is no such conversion. */
export function convert(t: Translation, value: Typed, to: DataType): Typed | null {
  const sql = conversion(t, value, to)
  return sql === null
    ? null
    : { sql, type: to, ...(to.kind === 'VARCHAR' && value.constant !== undefined ? { constant: value.constant } : {}) }
}

function conversion(t: Translation, value: Typed, to: DataType): string | null {
  const from = value.type
  const { sql } = value
  if (from.kind === 'NULL') return `CAST(NULL AS ${duckdbType(to)})`
  if (from.kind === 'VARCHAR') {
    const read = readByFormat(t, sql, to) ?? fromText(sql, from, to)
    return read !== null && isTimestamp(to) ? cutFraction(read, from, to) : read
  }
  if (to.kind === 'VARCHAR') return fitted(toText(t, value), from, to)
  if (isSemi(from)) return fromVariant(sql, from, to)
  if (isSemi(to)) return toVariant(t, value, to)
  if (from.kind === to.kind) return sameKind(sql, from, to)
  if (from.kind === 'TIMESTAMP_TZ' && showsClock.has(to.kind))
    throw unsupported(`${showType(from)} as ${to.kind}: ${noOffset}`)
  switch (to.kind) {
    case 'NUMBER':
      if (from.kind === 'FLOAT') return `CAST(${sql} AS ${duckdbType(to)})`
      return from.kind === 'BOOLEAN' ? `CAST(CAST(${sql} AS INTEGER) AS ${duckdbType(to)})` : null
    case 'FLOAT':
      return from.kind === 'NUMBER' || from.kind === 'BOOLEAN' ? `CAST(${sql} AS DOUBLE)` : null
    case 'BOOLEAN':
      return from.kind === 'NUMBER' || from.kind === 'FLOAT' ? `(${sql} <> 0)` : null
    case 'DATE':
      return isTimestamp(from) ? `CAST(${sql} AS DATE)` : null
    case 'TIME':
      return isTimestamp(from) ? `CAST(CAST(${sql} AS TIMESTAMP) AS TIME)` : null
    case 'TIMESTAMP_NTZ':
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      if (from.kind === 'NUMBER') return `CAST(sf_epoch(${sql}, ${from.scale}) AS ${duckdbType(to)})`
      return isTimestamp(from) || from.kind === 'DATE'
        ? cutFraction(`CAST(${sql} AS ${duckdbType(to)})`, from, to)
        : null
    default:
      return null
  }
}

/** Snowflake keeps the offset that a value was written with, and gives the date and time of there. */
const showsClock: ReadonlySet<string> = new Set(['TIMESTAMP_NTZ', 'DATE', 'TIME'])
const noOffset = `the simulator keeps the instant, and no offset; CONVERT_TIMEZONE('UTC', …) has none`

function sameKind(sql: string, from: DataType, to: DataType): string {
  if (to.kind === 'NUMBER' && from.kind === 'NUMBER')
    return from.scale === to.scale && from.precision <= to.precision ? sql : `CAST(${sql} AS ${duckdbType(to)})`
  return isTimestamp(to) ? cutFraction(sql, from, to) : sql
}

/** A NUMBER that goes into a column is DuckDB's DECIMAL of that width. */
const exactly = (sql: string, from: DataType, to: DataType): string =>
  from.kind === 'NUMBER' && to.kind === 'NUMBER' && from.scale === to.scale && from.precision <= to.precision
    ? `CAST(${sql} AS ${duckdbType(to)})`
    : sql

function cutFraction(sql: string, from: DataType, to: DataType): string {
  const scale = 'scale' in to ? to.scale : 9
  const had = 'scale' in from && from.kind !== 'NUMBER' ? from.scale : from.kind === 'DATE' ? 0 : 9
  if (scale >= 6 || had <= scale) return sql
  return `time_bucket(INTERVAL ${10 ** (6 - scale)} MICROSECONDS, ${sql}, CAST('1970-01-01' AS ${duckdbType(to)}))`
}

function toVariant(t: Translation, value: Typed, to: DataType): string | null {
  if (to.kind === 'OBJECT') return null
  const json = variantOf(t, value)
  return to.kind === 'ARRAY' ? `CAST('[' || ${json} || ']' AS JSON)` : json
}

/** A value as it stands in a VARIANT. */
export function variantOf(t: Translation, value: Typed): string {
  switch (value.type.kind) {
    case 'VARIANT':
    case 'OBJECT':
    case 'ARRAY':
      return value.sql
    case 'NULL':
      return 'CAST(NULL AS JSON)'
    case 'NUMBER':
      return value.type.scale === 0
        ? `CAST(CAST(${value.sql} AS VARCHAR) AS JSON)`
        : `CAST(sf_trim_zeros(CAST(${value.sql} AS VARCHAR)) AS JSON)`
    case 'FLOAT':
      return `sf_float_json(${value.sql})`
    case 'BOOLEAN':
      return `CAST(CAST(${value.sql} AS VARCHAR) AS JSON)`
    default:
      return `to_json(${toText(t, value)})`
  }
}
