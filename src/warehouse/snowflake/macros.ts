/**
 * The macros of models in Snowflake's words. Nothing in them depends on parameters of the session or the account: formats and
 * the first day of the week are said.
 */
import type { LogicalType } from '../../model/logical-type.ts'
import type { JsonPath, ModelMacros } from '../../model/model-macros.ts'
import { decimalPattern, falseWords, offsetPattern, textPatterns, trueWords } from '../../model/text-patterns.ts'
import { snowflakeDialect } from './dialect.ts'
import { snowflakeType } from './column-type.ts'

const { text: quoteText } = snowflakeDialect

// https://docs.snowflake.com/en/sql-reference/functions/sysdate : UTC, whatever the session's time zone.
const now = 'CAST(SYSDATE() AS TIMESTAMP_NTZ(6))'

export const snowflakeMacros: ModelMacros = {
  // https://docs.snowflake.com/en/sql-reference/functions/dateadd
  dateadd: (unit, count, moment) => `DATEADD('${unit}', ${wholeNumber(count)}, ${timestamp(moment)})`,
  // https://docs.snowflake.com/en/sql-reference/functions/datediff : its weeks begin where WEEK_START says.
  datediff: (unit, from, to) =>
    unit === 'week'
      ? `CAST(${weekOf(to)} - ${weekOf(from)} AS NUMBER(19,0))`
      : `CAST(DATEDIFF('${unit}', ${timestamp(from)}, ${timestamp(to)}) AS NUMBER(19,0))`,
  jsonText: (json, path) => {
    const value = jsonAt(json, path)
    return (
      `(CASE WHEN TYPEOF(${value}) IN ('DECIMAL', 'DOUBLE') THEN ${numberText(`CAST(${value} AS VARCHAR)`)} ` +
      `WHEN TYPEOF(${value}) NOT IN ('OBJECT', 'ARRAY') THEN CAST(${value} AS VARCHAR) END)`
    )
  },
  jsonValue: jsonAt,
  // https://docs.snowflake.com/en/sql-reference/functions/flatten : of an object it would give the fields.
  flatten: (list) => `LATERAL FLATTEN(INPUT => AS_ARRAY(${list}))`,
  tryCast,
  // A quotient is rounded; what is left after the remainder is gone divides without one.
  div: (dividend, divisor) => {
    const [whole, by] = [`CAST(${dividend} AS NUMBER(38,0))`, `NULLIF(CAST(${divisor} AS NUMBER(38,0)), 0)`]
    return `CAST((${whole} - MOD(${whole}, ${by})) / ${by} AS NUMBER(38,0))`
  },
  currentTimestamp: () => now,
  currentDate: () => `CAST(${now} AS DATE)`,
}

/** By its own clock where it has an offset: by way of TIMESTAMP_LTZ a view would give each reader what is so in his zone. */
const timestamp = (sql: string) => `CAST(${sql} AS TIMESTAMP_NTZ(6))`

const wholeNumber = (count: string) => (/^-?\d+$/.test(count) ? count : `ROUND(${count})`)

/** Weeks since the first Monday of 1970. */
const weekOf = (moment: string) =>
  `FLOOR(DATEDIFF('day', CAST('1970-01-05' AS TIMESTAMP_NTZ(6)), ${timestamp(moment)}) / 7)`

/** https://docs.snowflake.com/en/sql-reference/functions/get : step by step, so that a name may hold any character. */
function jsonAt(json: string, path: JsonPath): string {
  return path.reduce<string>(
    (value, step) => `GET(${value}, ${typeof step === 'number' ? step : quoteText(step)})`,
    json,
  )
}

/** Without zeros at the end of a fraction. */
function numberText(text: string): string {
  const trimmed = `REGEXP_REPLACE(REGEXP_REPLACE(${text}, '([.][0-9]*[1-9])0+$', '\\\\1'), '[.]0+$', '')`
  return `REGEXP_REPLACE(${trimmed}, '^-0$', '0')`
}

// ---------------------------------------------------------------- try_cast

function tryCast(text: string, type: LogicalType): string {
  switch (type) {
    case 'integer': {
      const value = `TRY_CAST(${text} AS NUMBER(38,0))`
      const inRange = `${value} BETWEEN -9223372036854775808 AND 9223372036854775807`
      return fitting(text, textPatterns.integer, `CASE WHEN ${inRange} THEN TRY_CAST(${text} AS NUMBER(19,0)) END`)
    }
    case 'double': {
      const value = `TRY_CAST(${text} AS FLOAT)`
      const inRange = `ABS(${value}) <= 1.7976931348623157e308`
      return fitting(text, textPatterns.double, `CASE WHEN ${inRange} THEN ${value} END`)
    }
    case 'boolean':
      return `(CASE LOWER(${text}) ${words(trueWords, 'TRUE')} ${words(falseWords, 'FALSE')} END)`
    case 'date':
      return fitting(text, textPatterns.date, `TRY_TO_DATE(${text}, 'YYYY-MM-DD')`)
    case 'timestamp':
      return fitting(text, textPatterns.timestamp, instant(text))
    default:
      if (!type.startsWith('decimal')) return `CAST(${text} AS VARCHAR)`
      return fitting(text, decimalPattern(type), `TRY_CAST(${text} AS ${snowflakeType(type)})`)
  }
}

/** https://docs.snowflake.com/en/sql-reference/functions/regexp_like : of the whole text. */
const fitting = (text: string, pattern: string, value: string) =>
  `(CASE WHEN REGEXP_LIKE(${text}, ${quoteText(pattern)}) THEN ${value} END)`

const words = (list: readonly string[], value: string) =>
  list.map((word) => `WHEN ${quoteText(word)} THEN ${value}`).join(' ')

/** The local time, less what the zone is ahead of UTC. AUTO reads ISO, whatever TIMESTAMP_INPUT_FORMAT says. */
function instant(text: string): string {
  const local = `CAST(TRY_TO_TIMESTAMP_NTZ(REGEXP_REPLACE(${text}, '(Z|${offsetPattern})$', ''), 'AUTO') AS TIMESTAMP_NTZ(6))`
  const offset = `RIGHT(REPLACE(${text}, ':', ''), 5)`
  const minutes =
    `60 * TRY_CAST(LEFT(${offset}, 3) AS NUMBER(4,0)) + ` +
    `TRY_CAST(LEFT(${offset}, 1) || RIGHT(${offset}, 2) AS NUMBER(4,0))`
  const isOffset = `REGEXP_LIKE(${text}, '.*:.*${offsetPattern}')`
  return `CASE WHEN ${isOffset} THEN DATEADD('minute', -(${minutes}), ${local}) ELSE ${local} END`
}
