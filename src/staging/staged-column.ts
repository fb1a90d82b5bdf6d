import { quoteText } from '../duckdb/sql-text.ts'
import type { LogicalType } from '../model/logical-type.ts'
import { stars, type Mask } from '../model/mask.ts'
import { digitsOf, strictCast } from './strict-cast.ts'

/** A vendor field, the column it becomes, and its type: of a masked one string. */
export type StagedColumn = {
  readonly field: string
  readonly column: string
  readonly type: LogicalType
  /** Of a double whose column in the table is text: it comes with all its digits. */
  readonly asDigits?: boolean
  readonly mask?: Mask
  /** Masked where another field says so: old and new values of a history, by the field that they are of. */
  readonly maskBy?: { readonly field: string; readonly masks: { readonly [value: string]: Mask } }
}

/** SQL that gives the value that is kept, or NULL where it does not fit. */
export function castOf(
  { type, asDigits, mask, maskBy }: StagedColumn,
  text: string,
  rawOf: (field: string) => string | undefined,
): string {
  const by = maskBy && rawOf(maskBy.field)
  if (maskBy && by !== undefined) {
    const cases = Object.entries(maskBy.masks).map(
      ([value, each]) => `WHEN ${quoteText(value)} THEN ${masked(text, each)}`,
    )
    return `CASE ${by} ${cases.join(' ')} ELSE ${text} END`
  }
  if (mask) return masked(text, mask)
  return asDigits ? digitsOf(text) : strictCast(text, type)
}

function masked(text: string, mask: Mask): string {
  switch (mask) {
    case 'sha256':
      return `sha256(${text})`
    case 'redact':
      return `CASE WHEN ${text} IS NOT NULL THEN ${quoteText(stars)} END`
    case 'last4':
      // Of a short text the last four would be all of it.
      return `CASE WHEN length(${text}) > 4 THEN ${quoteText(stars)} || right(${text}, 4) WHEN ${text} IS NOT NULL THEN ${quoteText(stars)} END`
  }
}

/** What a field's raw text is called while it is staged. No column's name can hold this sign, so none can hide it. */
export const rawName = (index: number): string => `"#${index}"`

/** Our own columns beside the vendor's, likewise. */
export const malformed = '"#malformed"'
export const bad = '"#bad"'
export const raw = '"#raw"'
export const order = '"#order"'
export const leftOut = '"#left out"'
