import type { Engine } from './engine.ts'

/**
 * One text for a number, however it was written: `100` for `100.0`, `100.00` and `1.0E2`. What is none stays as it is. Digits are never
 * rounded: only a power of ten is read as a double, of which it was written.
 */
export function plainNumber(db: Engine, text: string): string {
  const digits =
    `CASE WHEN ${db.matches(text, '-?[0-9]+([.][0-9]+)?[eE][+-]?[0-9]{1,3}')} ` +
    `THEN CAST(TRY_CAST(${text} AS ${db.type('double')}) AS VARCHAR) ELSE ${text} END`
  return `CASE WHEN ${db.matches(digits, '-?[0-9]+[.][0-9]+')} THEN rtrim(rtrim(${digits}, '0'), '.') ELSE ${digits} END`
}
