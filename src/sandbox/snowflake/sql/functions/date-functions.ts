/** https://docs.snowflake.com/en/sql-reference/functions-date-time */
import { coerce } from '../cast.ts'
import { dateType, duckdbType, numberType, timestampLtz, timestampNtz, varcharType } from '../data-type.ts'
import { errorAt } from '../snowflake-error.ts'
import { type Rules, scalar } from './function-rule.ts'
import { typed, type Typed } from '../typed.ts'
import type { CallSite } from '../call-site.ts'

export const dateFunctions: Rules = [
  scalar('DATEADD TIMEADD TIMESTAMPADD', 3, 3, addToDate),
  scalar('ADD_MONTHS', 2, 2, (call) => {
    const { sql, type } = call.moment(0)
    // The last day of a month stays the last one.
    const added = `(${sql} + to_months(CAST(${call.integer(1)} AS INTEGER)))`
    const last = `CAST(${sql} AS DATE) = last_day(CAST(${sql} AS DATE))`
    return typed(
      `CAST(CASE WHEN ${last} THEN last_day(CAST(${added} AS DATE)) ELSE ${added} END AS ${duckdbType(type)})`,
      type,
    )
  }),
  scalar('DATEDIFF TIMEDIFF TIMESTAMPDIFF', 3, 3, (call) => {
    const part = datePart(call, 0)
    const [a, b] = [1, 2].map((index) => {
      const value = call.moment(index)
      return value.type.kind === 'DATE'
        ? `CAST(${value.sql} AS TIMESTAMP)`
        : value.type.kind === 'TIME'
          ? value.sql
          : `CAST(${value.sql} AS TIMESTAMP)`
    })
    return typed(difference(part, a ?? '', b ?? ''), numberType(18, 0))
  }),
  scalar('DATE_TRUNC', 2, 2, (call) => {
    const { sql, type } = call.moment(1)
    return typed(`CAST(date_trunc('${datePart(call, 0)}', ${sql}) AS ${duckdbType(type)})`, type)
  }),
  scalar('DATE_PART EXTRACT', 2, 2, (call) => part(call, datePart(call, 0), 1)),
  ...(['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND'] as const).map((name) =>
    scalar(name, 1, 1, (call) => part(call, name.toLowerCase(), 0)),
  ),
  scalar('WEEKISO', 1, 1, (call) => part(call, 'week', 0)),
  scalar('DAYOFMONTH', 1, 1, (call) => part(call, 'day', 0)),
  scalar('DAYOFWEEK', 1, 1, (call) => part(call, 'dayofweek', 0)),
  scalar('DAYOFWEEKISO', 1, 1, (call) => part(call, 'dayofweekiso', 0)),
  scalar('DAYOFYEAR', 1, 1, (call) => part(call, 'dayofyear', 0)),
  scalar('YEAROFWEEK YEAROFWEEKISO', 1, 1, (call) => part(call, 'isoyear', 0)),
  scalar('DAYNAME', 1, 1, (call) => typed(`strftime(${call.moment(0).sql}, '%a')`, varcharType(3))),
  scalar('MONTHNAME', 1, 1, (call) => typed(`strftime(${call.moment(0).sql}, '%b')`, varcharType(3))),
  scalar('LAST_DAY', 1, 1, (call) => typed(`last_day(${call.moment(0).sql})`, dateType)),
  scalar('DATE_FROM_PARTS DATEFROMPARTS', 3, 3, (call) =>
    typed(
      `CAST(make_date(${call.integer(0)}, 1, 1) + to_months(CAST(${call.integer(1)} - 1 AS INTEGER)) + to_days(CAST(${call.integer(2)} - 1 AS INTEGER)) AS DATE)`,
      dateType,
    ),
  ),
  scalar('TIMESTAMP_NTZ_FROM_PARTS TIMESTAMP_FROM_PARTS TIMESTAMPNTZFROMPARTS', 6, 7, (call) =>
    typed(
      `make_timestamp(${[0, 1, 2, 3, 4].map((index) => call.integer(index)).join(', ')}, ${call.float(5)}${call.count === 7 ? ` + ${call.float(6)} / 1e9` : ''})`,
      timestampNtz(),
    ),
  ),
  scalar('CONVERT_TIMEZONE', 2, 3, convertTimezone),
  scalar('MONTHS_BETWEEN', 2, 2, (call) =>
    typed(
      `(date_diff('month', CAST(${call.moment(1).sql} AS DATE), CAST(${call.moment(0).sql} AS DATE)) + CASE
        WHEN day(${call.moment(0).sql}) = day(${call.moment(1).sql}) OR (CAST(${call.moment(0).sql} AS DATE) = last_day(${call.moment(0).sql}) AND CAST(${call.moment(1).sql} AS DATE) = last_day(${call.moment(1).sql})) THEN 0.0
        ELSE (day(${call.moment(0).sql}) - day(${call.moment(1).sql})) / 31.0 END)`,
      { kind: 'FLOAT' },
    ),
  ),
]

/** How many boundaries lie between; of weeks, Mondays. */
function difference(unit: string, from: string, to: string): string {
  if (unit === 'nanosecond') return `(date_diff('microsecond', ${from}, ${to}) * 1000)`
  if (unit === 'week') return `(date_diff('day', date_trunc('week', ${from}), date_trunc('week', ${to})) // 7)`
  return `date_diff('${unit}', ${from}, ${to})`
}

/** DAY and longer keep a DATE; shorter ones make a TIMESTAMP of it. */
function addToDate(call: CallSite): Typed {
  const unit = datePart(call, 0)
  const { sql, type } = call.moment(2)
  const amount = `CAST(${coerce(call.t, call.value(1), numberType()).sql} AS BIGINT)`
  const interval = intervals[unit]?.(amount)
  if (interval === undefined) throw notAPart(call, unit)
  const sum = `(${sql} + ${interval})`
  if (type.kind !== 'DATE') return typed(sum, type)
  return ['year', 'quarter', 'month', 'week', 'day'].includes(unit)
    ? typed(`CAST(${sum} AS DATE)`, dateType)
    : typed(sum, timestampNtz())
}

const intervals: Readonly<Record<string, (amount: string) => string>> = {
  year: (n) => `to_years(CAST(${n} AS INTEGER))`,
  quarter: (n) => `to_months(CAST(${n} * 3 AS INTEGER))`,
  month: (n) => `to_months(CAST(${n} AS INTEGER))`,
  week: (n) => `to_days(CAST(${n} * 7 AS INTEGER))`,
  day: (n) => `to_days(CAST(${n} AS INTEGER))`,
  hour: (n) => `to_hours(${n})`,
  minute: (n) => `to_minutes(${n})`,
  second: (n) => `to_seconds(${n})`,
  millisecond: (n) => `to_milliseconds(${n})`,
  microsecond: (n) => `to_microseconds(${n})`,
  nanosecond: (n) => `to_microseconds(${n} // 1000)`,
}

function part(call: CallSite, name: string, index: number): Typed {
  const { sql } = call.moment(index)
  switch (name) {
    case 'dayofweek':
      return typed(`dayofweek(${sql})`, numberType(2, 0))
    case 'dayofweekiso':
      return typed(`isodow(${sql})`, numberType(2, 0))
    case 'second':
      return typed(`CAST(second(${sql}) AS INTEGER)`, numberType(2, 0))
    case 'epoch_second':
      return typed(`CAST(floor(epoch(${sql})) AS BIGINT)`, numberType())
    case 'epoch_millisecond':
      return typed(`epoch_ms(${sql})`, numberType())
    case 'epoch_microsecond':
      return typed(`epoch_us(${sql})`, numberType())
    case 'nanosecond':
      return typed(`((epoch_us(${sql}) % 1000000) * 1000)`, numberType(9, 0))
    case 'millisecond':
    case 'microsecond':
      throw notAPart(call, name)
    default:
      return typed(`date_part('${name}', ${sql})`, numberType(4, 0))
  }
}

function datePart(call: CallSite, index: number): string {
  const word = call.word(index)
  const name = parts.find(([words]) => ` ${words} `.includes(` ${word} `))?.[1]
  if (name === undefined) throw notAPart(call, word)
  return name
}

const notAPart = (call: CallSite, word: string) =>
  errorAt('001022', '22023', call.place, `'${word}' is not a valid date/time component for function ${call.node.name}.`)

/** https://docs.snowflake.com/en/sql-reference/functions-date-time#supported-date-and-time-parts */
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

function convertTimezone(call: CallSite): Typed {
  if (call.count === 3) {
    const moment = `CAST(${call.moment(2).sql} AS TIMESTAMP)`
    return typed(`timezone(${call.text(1)}, timezone(${call.text(0)}, ${moment}))`, timestampNtz())
  }
  const { sql, type } = call.moment(1)
  return typed(type.kind === 'TIMESTAMP_NTZ' ? `CAST(${sql} AS TIMESTAMPTZ)` : sql, timestampLtz())
}
