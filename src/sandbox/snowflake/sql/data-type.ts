/** Snowflake's data types, and what DuckDB stores for each. https://docs.snowflake.com/en/sql-reference/intro-summary-data-types */
import { compilationError } from './snowflake-error.ts'

export type DataType =
  | { readonly kind: 'NUMBER'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'VARCHAR' | 'BINARY'; readonly length: number }
  | { readonly kind: 'TIME' | 'TIMESTAMP_NTZ' | 'TIMESTAMP_LTZ' | 'TIMESTAMP_TZ'; readonly scale: number }
  | { readonly kind: 'FLOAT' | 'BOOLEAN' | 'DATE' | 'VARIANT' | 'OBJECT' | 'ARRAY' }
  /** NULL as it is written, before it takes another's type; and INTERVAL '1 day', which no column has. */
  | { readonly kind: 'NULL' | 'INTERVAL' }

/** The words of a type as they stand: `NUMBER`, [10, 2]. */
export type TypeWords = { readonly name: string; readonly args: readonly number[] }

export const numberType = (precision = 38, scale = 0): DataType => ({
  kind: 'NUMBER',
  precision: Math.min(precision, 38),
  scale,
})
export const varcharType = (length = longest): DataType => ({ kind: 'VARCHAR', length: Math.min(length, longest) })
export const longest = 16_777_216
export const floatType: DataType = { kind: 'FLOAT' }
export const booleanType: DataType = { kind: 'BOOLEAN' }
export const dateType: DataType = { kind: 'DATE' }
export const variantType: DataType = { kind: 'VARIANT' }
export const objectType: DataType = { kind: 'OBJECT' }
export const arrayType: DataType = { kind: 'ARRAY' }
export const nullType: DataType = { kind: 'NULL' }
export const binaryType = (length = 8_388_608): DataType => ({ kind: 'BINARY', length })
export const timestampNtz = (scale = 9): DataType => ({ kind: 'TIMESTAMP_NTZ', scale })
export const timestampLtz = (scale = 9): DataType => ({ kind: 'TIMESTAMP_LTZ', scale })
export const timestampTz = (scale = 9): DataType => ({ kind: 'TIMESTAMP_TZ', scale })
export const timeType = (scale = 9): DataType => ({ kind: 'TIME', scale })

/** `NUMBER(38,0)`, `VARCHAR(16777216)`: as Snowflake shows a type. */
export function showType(type: DataType): string {
  switch (type.kind) {
    case 'NUMBER':
      return `NUMBER(${type.precision},${type.scale})`
    case 'VARCHAR':
    case 'BINARY':
      return `${type.kind}(${type.length})`
    case 'TIME':
    case 'TIMESTAMP_NTZ':
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return `${type.kind}(${type.scale})`
    default:
      return type.kind
  }
}

export function duckdbType(type: DataType): string {
  switch (type.kind) {
    case 'NUMBER':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'FLOAT':
      return 'DOUBLE'
    case 'BINARY':
      return 'BLOB'
    case 'TIMESTAMP_NTZ':
      return 'TIMESTAMP'
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return 'TIMESTAMPTZ'
    case 'VARIANT':
    case 'OBJECT':
    case 'ARRAY':
      return 'JSON'
    case 'VARCHAR':
    case 'NULL':
      return 'VARCHAR'
    default:
      return type.kind
  }
}

/** A type as it is shown or written. */
export function readType(text: string): DataType {
  const found = shown.exec(text)
  if (!found) throw compilationError('002040', '42601', `Unsupported data type '${text.toUpperCase()}'.`)
  const args = found[2] === undefined ? [] : found[2].split(',').map(Number)
  return typeOf({ name: (found[1] ?? '').toUpperCase().replace(/\s+/g, ' '), args })
}

const shown = /^\s*([A-Za-z_]+(?:\s+[A-Za-z]+)*)\s*(?:\(\s*(\d+(?:\s*,\s*\d+)?)\s*\))?\s*$/

export function typeOf({ name, args }: TypeWords): DataType {
  const make = types.get(name)
  if (!make) throw compilationError('002040', '42601', `Unsupported data type '${name}'.`)
  return make(args[0], args[1])
}

/** What it is with the numbers in its parentheses. */
type MakeType = (first?: number, second?: number) => DataType

/** Names with commas between them. */
const typesByNames: readonly (readonly [names: string, make: MakeType])[] = [
  ['NUMBER,DECIMAL,DEC,NUMERIC', (precision = 38, scale = 0) => checkedNumber(precision, scale)],
  ['INT,INTEGER,BIGINT,SMALLINT,TINYINT,BYTEINT', () => numberType()],
  ['FLOAT,FLOAT4,FLOAT8,DOUBLE,DOUBLE PRECISION,REAL', () => floatType],
  ['VARCHAR,STRING,TEXT,NVARCHAR,NVARCHAR2,CHAR VARYING,NCHAR VARYING', checkedLength],
  ['CHAR,CHARACTER,NCHAR', (length = 1) => checkedLength(length)],
  ['BOOLEAN', () => booleanType],
  ['DATE', () => dateType],
  ['TIME', timeType],
  ['DATETIME,TIMESTAMP,TIMESTAMP_NTZ,TIMESTAMPNTZ,TIMESTAMP WITHOUT TIME ZONE', timestampNtz],
  ['TIMESTAMP_LTZ,TIMESTAMPLTZ,TIMESTAMP WITH LOCAL TIME ZONE', timestampLtz],
  ['TIMESTAMP_TZ,TIMESTAMPTZ,TIMESTAMP WITH TIME ZONE', timestampTz],
  ['VARIANT', () => variantType],
  ['OBJECT', () => objectType],
  ['ARRAY', () => arrayType],
  ['BINARY,VARBINARY', binaryType],
]

const types: ReadonlyMap<string, MakeType> = new Map(
  typesByNames.flatMap(([names, make]) => names.split(',').map((name) => [name, make] as const)),
)

function checkedNumber(precision: number, scale: number): DataType {
  if (precision < 1 || precision > 38)
    throw compilationError(
      '002080',
      '22023',
      `Invalid value '${precision}' for precision: it must be between 1 and 38.`,
    )
  if (scale < 0 || scale > 37 || scale > precision)
    throw compilationError(
      '002081',
      '22023',
      `Invalid value '${scale}' for scale: it must be between 0 and ${Math.min(37, precision)}.`,
    )
  return numberType(precision, scale)
}

function checkedLength(length: number | undefined): DataType {
  if (length !== undefined && (length < 1 || length > longest))
    throw compilationError('002082', '22023', `Length ${length} for text is not between 1 and ${longest}.`)
  return varcharType(length)
}

/** The type that DuckDB's tells where nothing else is known. */
export function typeFromDuckDB(type: string): DataType {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type)
  if (decimal) return numberType(Number(decimal[1]), Number(decimal[2]))
  if (/^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(type)) return numberType()
  if (/^TIMESTAMP(_NS|_MS|_S)?$/.test(type)) return timestampNtz()
  if (/^(STRUCT|MAP)\b/.test(type)) return objectType
  return duckdbTypes[type] ?? (type.endsWith('[]') ? arrayType : varcharType())
}

const duckdbTypes: Readonly<Record<string, DataType>> = {
  DOUBLE: floatType,
  FLOAT: floatType,
  BOOLEAN: booleanType,
  DATE: dateType,
  TIME: timeType(),
  'TIMESTAMP WITH TIME ZONE': timestampLtz(),
  TIMESTAMPTZ: timestampLtz(),
  JSON: variantType,
  BLOB: binaryType(),
}

export const isSemi = (type: DataType): boolean =>
  type.kind === 'VARIANT' || type.kind === 'OBJECT' || type.kind === 'ARRAY'

export const isTimestamp = (type: DataType): boolean => type.kind.startsWith('TIMESTAMP')

export const isTemporal = (type: DataType): boolean => isTimestamp(type) || type.kind === 'DATE' || type.kind === 'TIME'

/** Of one kind, and numbers of one scale: to DuckDB they are one type. */
export const isAlike = (one: DataType, other: DataType): boolean =>
  one.kind === other.kind && (one.kind !== 'NUMBER' || other.kind !== 'NUMBER' || one.scale === other.scale)

/** The type that holds both: of the branches of a CASE, of the sides of a UNION, of a comparison. Null where none does. */
export function commonType(left: DataType, right: DataType): DataType | null {
  if (left.kind === 'NULL') return right
  if (right.kind === 'NULL') return left
  if (left.kind === 'NUMBER' && right.kind === 'NUMBER') {
    const scale = Math.max(left.scale, right.scale)
    return numberType(Math.max(left.precision - left.scale, right.precision - right.scale) + scale, scale)
  }
  if (left.kind === right.kind) {
    if ('length' in left && 'length' in right) return { kind: left.kind, length: Math.max(left.length, right.length) }
    if (left.kind !== 'NUMBER' && 'scale' in left && 'scale' in right)
      return { ...left, scale: Math.max(left.scale, right.kind === 'NUMBER' ? 0 : right.scale) }
    return left
  }
  return mixedType(left, right) ?? mixedType(right, left)
}

function mixedType(left: DataType, right: DataType): DataType | null {
  if (left.kind === 'VARIANT') return left
  if (isSemi(left)) return right.kind === 'VARCHAR' || isSemi(right) ? variantType : null
  // A text takes the other's type.
  if (left.kind === 'VARCHAR') return right
  if (left.kind === 'FLOAT' && (right.kind === 'NUMBER' || right.kind === 'BOOLEAN')) return left
  if (left.kind === 'NUMBER' && right.kind === 'BOOLEAN') return booleanType
  if (left.kind === 'TIMESTAMP_TZ' && (isTimestamp(right) || right.kind === 'DATE')) return left
  if (left.kind === 'TIMESTAMP_LTZ' && (right.kind === 'TIMESTAMP_NTZ' || right.kind === 'DATE')) return left
  if (left.kind === 'TIMESTAMP_NTZ' && right.kind === 'DATE') return left
  return null
}
