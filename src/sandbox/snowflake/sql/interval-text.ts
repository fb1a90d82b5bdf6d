/** INTERVAL '1 day, 2 hours'. https://docs.snowflake.com/en/sql-reference/data-types-datetime#interval-constants */
import { compilationError } from './snowflake-error.ts'

/** In DuckDB's words, quoted. */
export function intervalText(text: string): string {
  const parts = text.split(',').map((part) => {
    const found = /^\s*([+-]?\d+)\s*([A-Za-z]*)\s*$/.exec(part)
    // A number alone is seconds.
    const unit = found
      ? units.find(([words]) => ` ${words} `.includes(` ${(found[2] ?? '').toLowerCase() || 'second'} `))?.[1]
      : undefined
    if (!found || unit === undefined) throw compilationError('002045', '22000', `Invalid interval '${text}'`)
    return `${found[1]} ${unit}`
  })
  return `'${parts.join(' ')}'`
}

const units: readonly (readonly [words: string, unit: string])[] = [
  ['year y yy yyy yyyy yr years yrs', 'year'],
  ['quarter q qtr qtrs quarters', 'quarter'],
  ['month mm mon mons months', 'month'],
  ['week w wk weekofyear woy wy weeks', 'week'],
  ['day d dd days dayofmonth', 'day'],
  ['hour h hh hr hours hrs', 'hour'],
  ['minute m mi min minutes mins', 'minute'],
  ['second s sec seconds secs', 'second'],
  ['millisecond ms msec milliseconds', 'millisecond'],
  ['microsecond us usec microseconds', 'microsecond'],
]
