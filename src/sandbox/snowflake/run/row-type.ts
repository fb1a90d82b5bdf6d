/**
 * A column as the wire describes it, and how its cells are written there. Cells are text, whatever their type:
 * days for a date, seconds with nine digits for times, hex for bytes.
 */
import { DuckDBDecimalType, DuckDBTypeId, type DuckDBType } from '@duckdb/node-api'

export type ColumnDescription = {
  readonly name: string
  readonly database: string
  readonly schema: string
  readonly table: string
  readonly type: string
  readonly nullable: boolean
  readonly precision: number | null
  readonly scale: number | null
  readonly length: number | null
  readonly byteLength: number | null
  readonly collation: null
}

export type WireColumn = { readonly description: ColumnDescription; readonly cell: (sql: string) => string }

export function wireColumn(name: string, type: DuckDBType): WireColumn {
  if (type instanceof DuckDBDecimalType) return numberColumn(name, type.width, type.scale)
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return column(name, 'boolean', {}, (sql) => `CASE WHEN ${sql} THEN '1' WHEN NOT ${sql} THEN '0' END`)
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.UHUGEINT:
      return numberColumn(name, 38, 0)
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return column(name, 'real', {}, floatCell)
    case DuckDBTypeId.DATE:
      return column(name, 'date', {}, (sql) => `CAST(${sql} - DATE '1970-01-01' AS VARCHAR)`)
    case DuckDBTypeId.TIME:
      return column(name, 'time', { precision: 0, scale: 9 }, secondsCell)
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return column(name, 'timestamp_ntz', { precision: 0, scale: 9 }, secondsCell)
    case DuckDBTypeId.TIMESTAMP_TZ:
      return column(name, 'timestamp_ltz', { precision: 0, scale: 9 }, secondsCell)
    case DuckDBTypeId.BLOB:
      return column(name, 'binary', { length: 8_388_608, byteLength: 8_388_608 }, (sql) => `hex(${sql})`)
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return column(name, 'array', {}, (sql) => `CAST(to_json(${sql}) AS VARCHAR)`)
    case DuckDBTypeId.STRUCT:
    case DuckDBTypeId.MAP:
      return column(name, 'object', {}, (sql) => `CAST(to_json(${sql}) AS VARCHAR)`)
    case DuckDBTypeId.VARCHAR:
      if (type.alias === 'JSON') return column(name, 'variant', {}, (sql) => `CAST(${sql} AS VARCHAR)`)
      return textColumn(name)
    default:
      return textColumn(name)
  }
}

/** A column of what the simulator makes itself. */
export const text = (name: string): ColumnDescription => textColumn(name).description
export const number = (name: string, precision = 38): ColumnDescription => numberColumn(name, precision, 0).description

const textColumn = (name: string): WireColumn =>
  column(name, 'text', { length: 16_777_216, byteLength: 16_777_216 }, (sql) => `CAST(${sql} AS VARCHAR)`)

const numberColumn = (name: string, precision: number, scale: number): WireColumn =>
  column(name, 'fixed', { precision, scale }, (sql) => `CAST(${sql} AS VARCHAR)`)

function column(
  name: string,
  type: string,
  size: Partial<Pick<ColumnDescription, 'precision' | 'scale' | 'length' | 'byteLength'>>,
  cell: (sql: string) => string,
): WireColumn {
  return {
    description: {
      name,
      database: '',
      schema: '',
      table: '',
      type,
      nullable: true,
      precision: null,
      scale: null,
      length: null,
      byteLength: null,
      collation: null,
      ...size,
    },
    cell,
  }
}

/** Exact to the microsecond, also before 1970: a decimal, not a fraction of its own sign. */
const secondsCell = (sql: string) =>
  `CAST(CAST(epoch_us(${sql}) AS DECIMAL(20,0)) * CAST(0.000001 AS DECIMAL(6,6)) AS VARCHAR) || '000'`

/** The shortest text that reads back to the same double; whole numbers without a point. */
const floatCell = (sql: string) =>
  `CASE WHEN ${sql} = trunc(${sql}) AND abs(${sql}) < 1e15 THEN CAST(CAST(${sql} AS BIGINT) AS VARCHAR)` +
  ` WHEN isnan(${sql}) THEN 'NaN' WHEN isinf(${sql}) THEN CASE WHEN ${sql} > 0 THEN 'inf' ELSE '-inf' END` +
  ` ELSE CAST(${sql} AS VARCHAR) END`
