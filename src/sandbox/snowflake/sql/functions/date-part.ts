/** The words for parts of dates. https://docs.snowflake.com/en/sql-reference/functions-date-time#supported-date-and-time-parts */
import { errorAt, type SnowflakeError } from '../snowflake-error.ts'
import type { CallSite } from '../call-site.ts'

export function datePart(call: CallSite, index: number): string {
  const word = call.word(index)
  const name = parts.find(([words]) => ` ${words} `.includes(` ${word} `))?.[1]
  if (name === undefined) throw notAPart(call, word)
  return name
}

export const notAPart = (call: CallSite, word: string): SnowflakeError =>
  errorAt('001022', '22023', call.place, `'${word}' is not a valid date/time component for function ${call.node.name}.`)

const parts: readonly (readonly [words: string, name: string])[] = [
  ['year y yy yyy yyyy yr years yrs', 'year'],
  ['quarter q qtr qtrs quarters', 'quarter'],
  ['month mm mon mons months', 'month'],
  ['week w wk weekofyear woy wy week_iso weekiso weekofyeariso weekofyear_iso weeks', 'week'],
  ['day d dd days dayofmonth', 'day'],
  ['dayofweek weekday dow dw', 'dayofweek'],
  ['dayofweekiso weekday_iso dow_iso dw_iso dayofweek_iso', 'dayofweekiso'],
  ['dayofyear yearday doy dy', 'dayofyear'],
  ['yearofweek yearofweekiso', 'isoyear'],
  ['hour h hh hr hours hrs', 'hour'],
  ['minute m mi min minutes mins', 'minute'],
  ['second s sec seconds secs', 'second'],
  ['millisecond ms msec milliseconds', 'millisecond'],
  ['microsecond us usec microseconds', 'microsecond'],
  ['nanosecond ns nsec nanosec nsecond nanoseconds nanosecs nseconds', 'nanosecond'],
  ['epoch_second epoch epoch_seconds', 'epoch_second'],
  ['epoch_millisecond epoch_milliseconds', 'epoch_millisecond'],
  ['epoch_microsecond epoch_microseconds', 'epoch_microsecond'],
]
