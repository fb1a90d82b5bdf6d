import { decimalOf, type LogicalType } from '../../model/logical-type.ts'

/** A logical type in Snowflake's words: https://docs.snowflake.com/en/sql-reference/intro-summary-data-types */
export function snowflakeType(type: LogicalType): string {
  const decimal = decimalOf(type)
  if (decimal) return `NUMBER(${decimal.precision},${decimal.scale})`
  return types[type] ?? 'VARCHAR'
}

/** The logical type that holds every value of a Snowflake type: what a model's columns are. */
export function logicalType(name: string, precision: number | null, scale: number | null): LogicalType {
  const type = name.toUpperCase().replace(/\(.*/, '')
  switch (type) {
    case 'NUMBER':
    case 'FIXED':
    case 'DECIMAL':
      // 19 digits hold every integer of 64 bits; more of them are sums and the like.
      return (scale ?? 0) === 0 && (precision ?? 38) <= 19 ? 'integer' : `decimal(${precision ?? 38},${scale ?? 0})`
    case 'FLOAT':
    case 'REAL':
    case 'DOUBLE':
      return 'double'
    case 'BOOLEAN':
      return 'boolean'
    case 'DATE':
      return 'date'
    case 'BINARY':
      return 'binary'
    case 'VARIANT':
    case 'OBJECT':
    case 'ARRAY':
      return 'json'
    default:
      return type.startsWith('TIMESTAMP') ? 'timestamp' : 'string'
  }
}

const types: { readonly [type: string]: string } = {
  string: 'VARCHAR',
  integer: 'NUMBER(19,0)',
  double: 'FLOAT',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP_NTZ(6)',
  json: 'VARIANT',
  binary: 'BINARY',
}
