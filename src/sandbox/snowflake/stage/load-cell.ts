/** A cell of a file as a value of a table's column: what COPY casts by itself. */
import { DuckDBTypeId } from '@duckdb/node-api'

/** A DuckDB type, as far as it matters here. */
export type CellType = { readonly typeId: DuckDBTypeId; readonly alias?: string }

/** `type` is the file's; null: it has no such column. `to` is Snowflake's. */
export function loadCell(cell: string, type: CellType | null, to: string): string {
  const duckdb = duckdbTypeOf(to)
  if (type === null) return `CAST(NULL AS ${duckdb})`
  if (duckdb === 'JSON') return variantCell(cell, type)
  if (type.alias === 'JSON') return fromText(`(${cell} ->> '$')`, to)
  if (type.typeId === DuckDBTypeId.VARCHAR) return fromText(cell, to)
  return baseOf(to) === 'VARCHAR' ? fitted(textCell(cell, type), to) : `CAST(${cell} AS ${duckdb})`
}

/** The macros are those of casts in SQL, with Snowflake's own errors (sql/setup.ts). */
function fromText(cell: string, to: string): string {
  const duckdb = duckdbTypeOf(to)
  const orRefuse = (value: string) =>
    `CASE WHEN ${cell} IS NULL THEN NULL ELSE coalesce(${value}, CAST(sf_bad_number(${cell}) AS ${duckdb})) END`
  switch (baseOf(to)) {
    case 'NUMBER':
      return orRefuse(`TRY_CAST(sf_numeric(${cell}) AS ${duckdb})`)
    case 'FLOAT':
      return orRefuse(`sf_try_float(${cell})`)
    case 'BOOLEAN':
      return `sf_boolean(${cell})`
    case 'DATE':
      return `sf_date(${cell})`
    case 'TIME':
      return `sf_time(${cell})`
    case 'TIMESTAMP_NTZ':
      return `sf_timestamp(${cell})`
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return `sf_timestamp_tz(${cell})`
    case 'BINARY':
      return `sf_from_hex(${cell})`
    default:
      return fitted(cell, to)
  }
}

function fitted(cell: string, to: string): string {
  const [, size] = /^VARCHAR\((\d+)\)$/.exec(to) ?? []
  return size === undefined || Number(size) >= 16_777_216 ? cell : `sf_fit(${cell}, ${size})`
}

/** JSON in Parquet is a string, and stays one: only PARSE_JSON makes it an object. */
function variantCell(cell: string, type: CellType): string {
  if (type.alias === 'JSON') return cell
  switch (type.typeId) {
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return `sf_float_json(CAST(${cell} AS DOUBLE))`
    case DuckDBTypeId.DECIMAL:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return `CAST(CAST(${cell} AS VARCHAR) AS JSON)`
    case DuckDBTypeId.BLOB:
      return `to_json(hex(${cell}))`
    case DuckDBTypeId.DATE:
    case DuckDBTypeId.TIME:
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return `to_json(${textCell(cell, type)})`
    default:
      return `to_json(${cell})`
  }
}

function textCell(cell: string, type: CellType): string {
  switch (type.typeId) {
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return `sf_float_text(CAST(${cell} AS DOUBLE))`
    case DuckDBTypeId.BLOB:
      return `hex(${cell})`
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return `strftime(${cell}, '%Y-%m-%d %H:%M:%S.%g')`
    default:
      return `CAST(${cell} AS VARCHAR)`
  }
}

const baseOf = (type: string) => type.replace(/\(.*/, '')

/** Snowflake's type in DuckDB's words. */
function duckdbTypeOf(type: string): string {
  const number = /^NUMBER\((\d+),(\d+)\)$/.exec(type)
  if (number) return `DECIMAL(${number[1] ?? 38},${number[2] ?? 0})`
  return duckdbTypes[baseOf(type)] ?? 'VARCHAR'
}

const duckdbTypes: { readonly [type: string]: string } = {
  NUMBER: 'DECIMAL(38,0)',
  FLOAT: 'DOUBLE',
  BOOLEAN: 'BOOLEAN',
  DATE: 'DATE',
  TIME: 'TIME',
  TIMESTAMP_NTZ: 'TIMESTAMP',
  TIMESTAMP_LTZ: 'TIMESTAMPTZ',
  TIMESTAMP_TZ: 'TIMESTAMPTZ',
  BINARY: 'BLOB',
  VARIANT: 'JSON',
  OBJECT: 'JSON',
  ARRAY: 'JSON',
}
