/** A text as a date or a time, by the session's format. https://docs.snowflake.com/en/sql-reference/date-time-input-output */
import { tryFromText } from './cast-text.ts'
import { type DataType, duckdbType, isTimestamp } from './data-type.ts'
import { readPattern } from './time-format.ts'
import type { Translation } from './translation.ts'
import { textSql } from './typed.ts'

/** The value, or an error of DuckDB's; null where the format is AUTO, or none is asked. */
export function readByFormat(t: Translation, sql: string, to: DataType): string | null {
  const { what, format } = formatOf(t, to)
  return format === null
    ? null
    : `CAST(sf_read_format(${sql}, ${textSql(readPattern(format))}, ${textSql(format)}, '${what}') AS ${duckdbType(to)})`
}

/** TRY_CAST of a text. */
export function tryByFormat(t: Translation, sql: string, to: DataType): string {
  const { format } = formatOf(t, to)
  return format === null
    ? tryFromText(sql, to)
    : `CAST(try_strptime(${sql}, ${textSql(readPattern(format))}) AS ${duckdbType(to)})`
}

function formatOf(t: Translation, to: DataType): { readonly what: string; readonly format: string | null } {
  const what = isTimestamp(to) ? 'timestamp' : to.kind.toLowerCase()
  const format = t.context.parameters?.[`${what.toUpperCase()}_INPUT_FORMAT`]
  return { what, format: format === undefined || /^(auto)?$/i.test(format) ? null : format }
}
