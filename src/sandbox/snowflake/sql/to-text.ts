/** A value as text, as Snowflake writes it; dates and times by the session's formats. */
import { formatTimestamp } from './time-format.ts'
import type { Typed } from './typed.ts'
import type { Translation } from './translation.ts'

export function toText(t: Translation, value: Typed): string {
  const { sql, type } = value
  switch (type.kind) {
    case 'VARCHAR':
      return sql
    case 'NULL':
      return 'CAST(NULL AS VARCHAR)'
    case 'FLOAT':
      return `sf_float_text(${sql})`
    case 'VARIANT':
    case 'OBJECT':
    case 'ARRAY':
      return `sf_variant_text(${sql})`
    case 'BINARY':
      return `hex(${sql})`
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP_NTZ':
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return formatTimestamp(sql, type, sessionFormat(t, type.kind))
    default:
      return `CAST(${sql} AS VARCHAR)`
  }
}

function sessionFormat(
  t: Translation,
  kind: 'DATE' | 'TIME' | 'TIMESTAMP_NTZ' | 'TIMESTAMP_LTZ' | 'TIMESTAMP_TZ',
): string {
  const parameters = t.context.parameters ?? {}
  const own = parameters[`${kind}_OUTPUT_FORMAT`]
  if (own !== undefined && own !== '' && own.toUpperCase() !== 'AUTO') return own
  if (kind === 'TIMESTAMP_LTZ' || kind === 'TIMESTAMP_TZ')
    return parameters['TIMESTAMP_OUTPUT_FORMAT'] ?? defaults[kind]
  return defaults[kind]
}

/** https://docs.snowflake.com/en/sql-reference/parameters */
const defaults = {
  DATE: 'YYYY-MM-DD',
  TIME: 'HH24:MI:SS',
  TIMESTAMP_NTZ: 'YYYY-MM-DD HH24:MI:SS.FF3',
  TIMESTAMP_LTZ: 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM',
  TIMESTAMP_TZ: 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM',
} as const
