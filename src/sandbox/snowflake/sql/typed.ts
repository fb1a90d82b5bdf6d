/**
 * A translated expression: DuckDB SQL and its Snowflake type. A NUMBER may be any exact number in DuckDB with the same scale
 * (a literal is an INTEGER there, a count a BIGINT): who needs a DECIMAL casts.
 */
import { quoteText } from '../../../duckdb/sql-text.ts'
import { type DataType, floatType, nullType, numberType, varcharType } from './data-type.ts'

export type Typed = {
  readonly sql: string
  readonly type: DataType
  /** What a text constant says: formats and parts of dates have to be constants. */
  readonly constant?: string
}

export const typed = (sql: string, type: DataType): Typed => ({ sql, type })

/** How many digits stand behind the point of a number that is written as text; of one that is not known five are kept. */
export const fractionOf = ({ constant }: Typed): number =>
  constant === undefined ? 5 : (/\.(\d*)/.exec(constant)?.[1] ?? '').length

export const nullValue: Typed = { sql: 'NULL', type: nullType }

export function textConstant(text: string): Typed {
  return { sql: textSql(text), type: varcharType(Math.max(text.length, 1)), constant: text }
}

/** DuckDB's parser stops at a NUL. */
export function textSql(text: string): string {
  if (!text.includes('\0')) return quoteText(text)
  return `(${text.split('\0').map(quoteText).join(' || chr(0) || ')})`
}

/** 1 is NUMBER(1,0), 1.50 NUMBER(3,2), 1e5 a FLOAT. */
export function numberConstant(text: string): Typed {
  if (/e/i.test(text)) return { sql: `CAST(${text} AS DOUBLE)`, type: floatType, constant: text }
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const digits = whole.replace(/^0+/, '').length + fraction.length
  if (digits > 38) return { sql: `CAST('${text}' AS DOUBLE)`, type: floatType, constant: text }
  const type = numberType(Math.max(digits, fraction.length, 1), fraction.length)
  const plain = fraction === '' ? text.replace('.', '') : text
  const precision = Math.max(digits, 1)
  const sql = digits > 17 ? `CAST('${plain}' AS DECIMAL(${precision},${fraction.length}))` : plain
  return { sql: text.startsWith('-') ? `(${sql})` : sql, type, constant: text }
}
