/** https://docs.snowflake.com/en/sql-reference/functions-date-time */
import { coerce } from '../cast.ts'
import {
  dateType,
  duckdbType,
  floatType,
  numberType,
  timestampLtz,
  timestampNtz,
  timestampTz,
  varcharType,
} from '../data-type.ts'
import { datePart, notAPart } from './date-part.ts'
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
    const unit = datePart(call, 0)
    const values = [call.momentOrTime(1), call.momentOrTime(2)]
    const ofTime = values.filter(({ type }) => type.kind === 'TIME').length
    if (ofTime === 1 || (ofTime === 2 && intervals[unit] !== undefined && isDay(unit))) throw call.wrongTypes()
    const [a, b] = values.map(({ sql }) => (ofTime === 2 ? sql : `CAST(${sql} AS TIMESTAMP)`))
    return typed(difference(unit, a ?? '', b ?? ''), numberType(18, 0))
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
      floatType,
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
  const { sql, type } = call.momentOrTime(2)
  const amount = `CAST(${coerce(call.t, call.value(1), numberType()).sql} AS BIGINT)`
  const interval = intervals[unit]?.(amount)
  if (interval === undefined || (type.kind === 'TIME' && isDay(unit))) throw notAPart(call, unit)
  const sum = `(${sql} + ${interval})`
  if (type.kind !== 'DATE') return typed(sum, type)
  return isDay(unit) ? typed(`CAST(${sum} AS DATE)`, dateType) : typed(sum, timestampNtz())
}

const isDay = (unit: string) => ['year', 'quarter', 'month', 'week', 'day'].includes(unit)

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
  const { sql } = ['hour', 'minute', 'second'].includes(name) ? call.momentOrTime(index) : call.moment(index)
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

function convertTimezone(call: CallSite): Typed {
  if (call.count === 3) {
    const moment = `CAST(${call.moment(2).sql} AS TIMESTAMP)`
    return typed(`timezone(${call.text(1)}, timezone(${call.text(0)}, ${moment}))`, timestampNtz())
  }
  const { sql, type } = call.moment(1)
  const instant = type.kind === 'TIMESTAMP_NTZ' ? `CAST(${sql} AS TIMESTAMPTZ)` : sql
  // Of a TIMESTAMP_TZ the offset is not kept: in UTC it has none, as the session's own zone.
  return typed(instant, call.constant(0) === 'UTC' ? timestampLtz() : timestampTz())
}
