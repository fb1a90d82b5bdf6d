import type { Engine } from './engine.ts'
import { withoutZeros } from './plain-number.ts'

/**
 * One text for an instant of UTC, that of a timestamp column: `2026-11-20 09:55:00` for `2026-11-20T09:55:00.000+0000` (a page of JSON)
 * and `2026-11-20T09:55:00.000Z` (a page of CSV). What is none stays as it is.
 */
export function plainInstant(db: Engine, text: string): string {
  const clock = `split_part(split_part(replace(${text}, 'T', ' '), 'Z', 1), '+', 1)`
  return (
    `CASE WHEN ${db.matches(text, '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+]00:?00)')} ` +
    `THEN CASE WHEN ${text} LIKE '%.%' THEN ${withoutZeros(clock)} ELSE ${clock} END ELSE ${text} END`
  )
}
