import { decimalOf, type LogicalType } from '../../model/logical-type.ts'

/** A logical type in Snowflake's words: https://docs.snowflake.com/en/sql-reference/intro-summary-data-types */
export function snowflakeType(type: LogicalType): string {
  const decimal = decimalOf(type)
  // A decimal of 19 digits has one more, so that it is told from an integer.
  if (decimal?.precision === 19 && decimal.scale === 0) return 'NUMBER(20,0)'
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
      // What a column of ours of 64 bits is; any other number of digits was asked for, or is a sum and the like.
      return scale === 0 && precision === 19 ? 'integer' : `decimal(${precision ?? 38},${scale ?? 0})`
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
