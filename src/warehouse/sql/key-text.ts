/** Keys as text, the same on both sides of a diff and on every warehouse. */
import { decimalOf, type LogicalType } from '../../model/logical-type.ts'
import type { DiffRequest } from '../port.ts'
import type { Dialect } from './dialect.ts'
import type { Engine } from './engine.ts'
import { withoutZeros } from './plain-number.ts'

export type KeyPart = DiffRequest['key'][number]

/** The canonical text of a key. */
export function keySql(db: Engine, request: Pick<DiffRequest, 'key'>): string {
  return partsText(
    db,
    request.key.map(({ column, normalise }) => normalised(db, db.quote(column), normalise)),
  )
}

/** One text, or a JSON list of several. Null where any is null. */
export function partsText(db: Engine, parts: readonly string[]): string {
  if (parts.length === 1) return parts[0] ?? 'NULL'
  const anyNull = parts.map((part) => `${part} IS NULL`).join(' OR ')
  return `CASE WHEN ${anyNull} THEN NULL ELSE ${db.textList(parts)} END`
}

export function normalised(db: Engine, value: string, normalise: KeyPart['normalise']): string {
  const text = `CAST(${value} AS VARCHAR)`
  if (normalise === 'exact') return text
  const trimmed = `nullif(trim(${text}, ${db.text(whiteSpace)}), '')`
  return normalise === 'lower' ? `lower(${trimmed})` : trimmed
}

/** As a destination gets it: a decimal without its scale. */
export function withoutScale(db: Pick<Dialect, 'cast'>, sql: string, type: LogicalType): string {
  const { precision, scale } = decimalOf(type) ?? { precision: 0, scale: 0 }
  if (scale === 0) return sql
  // Without a digit before its point DuckDB writes none: .5 would not be 0.5, and 0 no text at all.
  const wide = precision > scale || precision === 38 ? sql : db.cast(sql, `decimal(${precision + 1},${scale})`)
  return withoutZeros(`CAST(${wide} AS VARCHAR)`)
}

/** What JavaScript's trim takes away, with which the key of a change is made. */
const whiteSpace =
  ' \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'
