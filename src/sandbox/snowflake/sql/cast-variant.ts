/** What a VARIANT, OBJECT or ARRAY becomes in another type. */
import { tryFromText } from './cast-text.ts'
import { type DataType, isSemi, showType } from './data-type.ts'
import { quoteText } from '../../../duckdb/sql-text.ts'

export function fromVariant(sql: string, from: DataType, to: DataType): string | null {
  if (isSemi(to)) return betweenSemi(sql, from, to)
  if (from.kind !== 'VARIANT') return null
  const shown = internalNames[to.kind] ?? showType(to)
  const text = `sf_variant_text(${sql})`
  return `coalesce(${tryFromText(text, to)}, CASE WHEN ${text} IS NOT NULL THEN sf_bad_variant(${sql}, ${quoteText(shown)}) END)`
}

/** What Snowflake calls the types inside. */
const internalNames: Partial<Record<DataType['kind'], string>> = {
  NUMBER: 'FIXED',
  FLOAT: 'REAL',
  VARCHAR: 'TEXT',
  TIMESTAMP_NTZ: 'TIMESTAMP_NTZ',
  TIMESTAMP_LTZ: 'TIMESTAMP_LTZ',
  TIMESTAMP_TZ: 'TIMESTAMP_TZ',
  TIME: 'TIME',
}

function betweenSemi(sql: string, from: DataType, to: DataType): string | null {
  if (from.kind === to.kind || to.kind === 'VARIANT') return sql
  if (to.kind === 'ARRAY') return `sf_to_array(${sql})`
  return from.kind === 'ARRAY' ? null : `sf_to_object(${sql})`
}
