import type { Engine } from './engine.ts'

/**
 * One text for a number, however it was written: `100` for `100.0`, `100.00` and `1.0E2`, `0.00005` for `5e-05`. The point is moved
 * among the digits, and none of them is rounded. What is no number stays as it is.
 */
export function plainNumber(db: Engine, text: string): string {
  const mantissa = `split_part(lower(${text}), 'e', 1)`
  const whole = `ltrim(split_part(${mantissa}, '.', 1), '-')`
  const digits = `(${whole} || split_part(${mantissa}, '.', 2))`
  const point = `(length(${whole}) + coalesce(TRY_CAST(split_part(lower(${text}), 'e', 2) AS INTEGER), 0))`
  const zeros = (count: string) => `repeat('0', greatest(${count}, 0))`
  const before = `ltrim(left(${digits}, greatest(${point}, 0)) || ${zeros(`${point} - length(${digits})`)}, '0')`
  const behind = `rtrim(${zeros(`0 - ${point}`)} || substr(${digits}, greatest(${point}, 0) + 1), '0')`
  const sign = `CASE WHEN ${db.matches(text, '-[0-9.]*[1-9].*')} THEN '-' ELSE '' END`
  // Nearly all are written so, and the rest costs ten times as much.
  const trimmed = `CASE WHEN ${text} LIKE '%.%' THEN ${withoutZeros(text)} ELSE ${text} END`
  return (
    `CASE WHEN ${db.matches(text, '(0|-?[1-9][0-9]*)([.][0-9]+)?')} THEN ${trimmed} ` +
    `WHEN ${db.matches(text, '-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?')} ` +
    `THEN ${sign} || coalesce(nullif(${before}, ''), '0') || coalesce('.' || nullif(${behind}, ''), '') ELSE ${text} END`
  )
}

/** Of a text with a point: `19.9` for `19.90`, `5` for `5.00`. */
export const withoutZeros = (text: string): string => `rtrim(rtrim(${text}, '0'), '.')`
