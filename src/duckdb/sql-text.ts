/** How names, values and types are written for DuckDB. Every name in a statement passes through `quoteName`. */
import { decimalOf, type LogicalType } from '../model/logical-type.ts'

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A statement ends for DuckDB at a NUL. */
export function quoteText(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`
  return quoted.includes('\0') ? `(${quoted.replaceAll('\0', `' || chr(0) || '`)})` : quoted
}

export const textOrNull = (value: string | null): string => (value === null ? 'NULL' : quoteText(value))

/** Of a reader: else a folder named `id=9` above a file gives all its rows this id. */
export const ignoringFolders = 'hive_partitioning = false'

export const names = (columns: readonly string[]): string => columns.map(quoteName).join(', ')

/** A logical type in DuckDB's words. */
export function duckdbType(type: LogicalType): string {
  switch (type) {
    case 'string':
      return 'VARCHAR'
    case 'integer':
      return 'BIGINT'
    case 'double':
      return 'DOUBLE'
    case 'boolean':
      return 'BOOLEAN'
    case 'date':
      return 'DATE'
    case 'timestamp':
      return 'TIMESTAMP'
    case 'json':
      return 'JSON'
    case 'binary':
      return 'BLOB'
    default: {
      const decimal = decimalOf(type)
      return `DECIMAL(${decimal?.precision ?? 38},${decimal?.scale ?? 0})`
    }
  }
}

/** A value of one type as one of another, exactly; used where a stored column is wider than what comes. */
export function converted(sql: string, from: LogicalType, to: LogicalType): string {
  if (from === to) return sql
  // As JSON has it, and Snowflake: 5 and not 5.0.
  if (from === 'double' && to === 'string') return `regexp_replace(CAST(${sql} AS VARCHAR), '[.]0$', '')`
  // A text is a JSON string there, whatever it looks like.
  return to === 'json' ? `to_json(${sql})` : `CAST(${sql} AS ${duckdbType(to)})`
}

/** The logical type that holds every value of a DuckDB type: what a model's columns are. */
export function logicalType(type: string): LogicalType {
  // First: the list of a type begins as the type does.
  if (type === 'JSON' || /^(STRUCT|MAP|UNION)\b|\[\d*\]$/.test(type)) return 'json'
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type)
  if (decimal) return `decimal(${Number(decimal[1])},${Number(decimal[2])})`
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|UTINYINT|USMALLINT|UINTEGER)$/.test(type)) return 'integer'
  if (/^(UBIGINT|HUGEINT|UHUGEINT|BIGNUM)$/.test(type)) return 'decimal(38,0)'
  if (type === 'FLOAT' || type === 'DOUBLE') return 'double'
  if (type === 'BOOLEAN') return 'boolean'
  if (type === 'DATE') return 'date'
  if (type.startsWith('TIMESTAMP')) return 'timestamp'
  if (type === 'BLOB') return 'binary'
  return 'string'
}

/** A member of a JSON object, as a pointer: in DuckDB's paths `*` stands for any, in quotes too, and `\` cannot end a name. */
export const jsonPointer = (name: string): string => quoteText(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
