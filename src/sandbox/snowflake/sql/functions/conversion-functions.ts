/** https://docs.snowflake.com/en/sql-reference/functions-conversion */
import { castExplicitly, coerce } from '../cast.ts'
import { fromText, tryFromText } from '../cast-text.ts'
import { tryByFormat } from '../input-format.ts'
import {
  binaryType,
  booleanType,
  type DataType,
  dateType,
  floatType,
  isTemporal,
  isTimestamp,
  numberType,
  timestampLtz,
  timestampNtz,
  timestampTz,
  timeType,
  varcharType,
} from '../data-type.ts'
import { formatTimestamp, readPattern } from '../time-format.ts'
import { type Rules, scalar } from './function-rule.ts'
import { textSql, typed, type Typed } from '../typed.ts'
import { toText } from '../to-text.ts'
import { unsupported } from '../snowflake-error.ts'
import type { CallSite } from '../call-site.ts'

export const conversionFunctions: Rules = [
  scalar('TO_VARCHAR TO_CHAR', 1, 2, toVarchar),
  scalar('TO_NUMBER TO_DECIMAL TO_NUMERIC', 1, 4, (call) => cast(call, numberArguments(call))),
  scalar('TRY_TO_NUMBER TRY_TO_DECIMAL TRY_TO_NUMERIC', 1, 4, (call) => tryCast(call, numberArguments(call))),
  scalar('TO_DOUBLE', 1, 1, (call) => cast(call, floatType)),
  scalar('TRY_TO_DOUBLE', 1, 1, (call) => tryCast(call, floatType)),
  scalar('TO_BOOLEAN', 1, 1, (call) => cast(call, booleanType)),
  scalar('TRY_TO_BOOLEAN', 1, 1, (call) => tryCast(call, booleanType)),
  scalar('TO_DATE DATE', 1, 2, (call) => read(call, dateType, 'date')),
  scalar('TRY_TO_DATE', 1, 2, (call) => tryRead(call, dateType)),
  scalar('TO_TIME TIME', 1, 2, (call) => read(call, timeType(), 'time')),
  scalar('TO_TIMESTAMP TO_TIMESTAMP_NTZ', 1, 2, (call) => read(call, timestampNtz(), 'timestamp')),
  scalar('TO_TIMESTAMP_LTZ', 1, 2, (call) => read(call, timestampLtz(), 'timestamp')),
  scalar('TO_TIMESTAMP_TZ', 1, 2, (call) => read(call, timestampTz(), 'timestamp')),
  scalar('TRY_TO_TIMESTAMP TRY_TO_TIMESTAMP_NTZ', 1, 2, (call) => tryRead(call, timestampNtz())),
  scalar('TRY_TO_TIMESTAMP_LTZ', 1, 2, (call) => tryRead(call, timestampLtz())),
  scalar('TRY_TO_TIMESTAMP_TZ', 1, 2, (call) => tryRead(call, timestampTz())),
  scalar('TO_BINARY', 1, 2, toBinary),
]

const cast = (call: CallSite, to: DataType): Typed => castExplicitly(call.t, call.value(0), to, call.place)

function tryCast(call: CallSite, to: DataType, read = tryByFormat): Typed {
  const value = call.value(0)
  if (value.type.kind !== 'VARCHAR' && value.type.kind !== 'NULL') throw call.wrongTypes()
  return typed(read(call.t, value.sql, to), to)
}

/** TO_NUMBER(x [, format] [, precision [, scale]]) */
function numberArguments(call: CallSite): DataType {
  const rest = call.node.args.slice(1).map((_, index) => call.constant(index + 1))
  if (rest.some((constant) => !/^\d+$/.test(constant))) throw unsupported(`${call.node.name} with a format`)
  return numberType(Number(rest[0] ?? 38), Number(rest[1] ?? 0))
}

function toVarchar(call: CallSite): Typed {
  const value = call.value(0)
  if (call.count === 1) return typed(toText(call.t, value), varcharType())
  const format = call.constant(1)
  if (value.type.kind === 'BINARY') {
    if (/^utf-?8$/i.test(format)) return typed(`decode(${value.sql})`, varcharType())
    return typed(/^base64$/i.test(format) ? `to_base64(${value.sql})` : `hex(${value.sql})`, varcharType())
  }
  if (value.type.kind === 'FLOAT' && format.toUpperCase() === 'TME') return typed(inDigits(value.sql), varcharType())
  if (!isTemporal(value.type)) throw unsupported(`${call.node.name} of a number with a format`)
  return typed(formatTimestamp(value.sql, value.type, format), varcharType())
}

/** With as many digits as tell it from every other double: https://docs.snowflake.com/en/sql-reference/sql-format-models */
const inDigits = (sql: string): string =>
  `CASE WHEN isnan(${sql}) THEN 'NaN' WHEN isinf(${sql}) THEN CASE WHEN ${sql} > 0 THEN 'inf' ELSE '-inf' END ELSE printf('%.16E', ${sql}) END`

function read(call: CallSite, to: DataType, what: string): Typed {
  const value = call.value(0)
  if (call.count === 1) return cast(call, to)
  if (value.type.kind === 'NUMBER') return epochOf(call, to)
  if (isTimestamp(value.type) || value.type.kind === 'DATE') return cast(call, to)
  const format = call.constant(1)
  if (isAuto(format)) {
    const read = value.type.kind === 'VARCHAR' ? fromText(value.sql, value.type, to) : null
    return read === null ? cast(call, to) : typed(read, to)
  }
  const sql = `sf_read_format(${call.text(0)}, ${textSql(readPattern(format))}, ${textSql(format)}, '${what}')`
  return coerce(call.t, typed(sql, timestampNtz()), to)
}

/** Whatever the session's format is. */
const isAuto = (format: string): boolean => /^auto$/i.test(format)

/** TO_TIMESTAMP(n, scale): n in units of 10^-scale seconds. */
function epochOf(call: CallSite, to: DataType): Typed {
  const scale = Number(call.constant(1))
  const micros =
    scale <= 6
      ? `CAST(${call.value(0).sql} AS HUGEINT) * ${10 ** (6 - scale)}`
      : `CAST(${call.value(0).sql} AS HUGEINT) // ${10 ** (scale - 6)}`
  return coerce(call.t, typed(`make_timestamp(CAST(${micros} AS BIGINT))`, timestampNtz()), to)
}

function tryRead(call: CallSite, to: DataType): Typed {
  if (call.count === 1) return tryCast(call, to)
  const format = call.constant(1)
  if (isAuto(format)) return tryCast(call, to, (_, sql) => tryFromText(sql, to))
  return coerce(call.t, typed(`try_strptime(${call.text(0)}, ${textSql(readPattern(format))})`, timestampNtz()), to)
}

function toBinary(call: CallSite): Typed {
  const format = call.count === 2 ? call.constant(1).toUpperCase() : 'HEX'
  if (call.value(0).type.kind === 'BINARY') return call.value(0)
  if (format === 'UTF-8' || format === 'UTF8') return typed(`encode(${call.text(0)})`, binaryType())
  return typed(format === 'BASE64' ? `sf_from_base64(${call.text(0)})` : `sf_from_hex(${call.text(0)})`, binaryType())
}
