/** What a text becomes in another type; what is not recognised is an error, or NULL for TRY_CAST. */
import { fitted } from './fit-text.ts'
import { type DataType, duckdbType, longest } from './data-type.ts'

export function fromText(sql: string, from: DataType, to: DataType): string | null {
  switch (to.kind) {
    case 'VARCHAR':
      return fitted(sql, from, to)
    case 'NUMBER':
      return `coalesce(${tryFromText(sql, to)}, CASE WHEN ${sql} IS NOT NULL THEN sf_bad_number(${sql}) END)`
    case 'FLOAT':
      return `coalesce(sf_try_float(${sql}), CASE WHEN ${sql} IS NOT NULL THEN sf_bad_number(${sql}) END)`
    case 'BOOLEAN':
      return `sf_boolean(${sql})`
    case 'DATE':
      return `sf_date(${sql})`
    case 'TIME':
      return `sf_time(${sql})`
    case 'TIMESTAMP_NTZ':
      return `sf_timestamp(${sql})`
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return `sf_timestamp_tz(${sql})`
    case 'BINARY':
      return `sf_from_hex(${sql})`
    case 'VARIANT':
      return `to_json(${sql})`
    case 'ARRAY':
      return `CAST('[' || to_json(${sql}) || ']' AS JSON)`
    default:
      return null
  }
}

export function tryFromText(sql: string, to: DataType): string {
  switch (to.kind) {
    case 'VARCHAR':
      return to.length >= longest ? sql : `CASE WHEN length(${sql}) <= ${to.length} THEN ${sql} END`
    case 'NUMBER':
      return `TRY_CAST(sf_numeric(${sql}) AS ${duckdbType(to)})`
    case 'FLOAT':
      return `sf_try_float(${sql})`
    case 'BOOLEAN':
      return `sf_try_boolean(${sql})`
    case 'DATE':
      return `sf_try_date(${sql})`
    case 'TIME':
      return `TRY_CAST(${sql} AS TIME)`
    case 'TIMESTAMP_NTZ':
      return `sf_try_timestamp(${sql})`
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return `sf_try_timestamp_tz(${sql})`
    default:
      return `TRY_CAST(${sql} AS ${duckdbType(to)})`
  }
}
