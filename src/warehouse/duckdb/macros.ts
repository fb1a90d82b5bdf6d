/** The macros of models in DuckDB's words. */
import { duckdbType, quoteText } from '../../duckdb/sql-text.ts'
import type { LogicalType } from '../../model/logical-type.ts'
import type { JsonPath, ModelMacros, TimeUnit } from '../../model/model-macros.ts'
import { decimalPattern, falseWords, offsetPattern, textPatterns, trueWords } from '../../model/text-patterns.ts'

const now = 'make_timestamp(epoch_us(now()))'

export const duckdbMacros: ModelMacros = {
  dateadd: (unit, count, moment) => `(${timestamp(moment)} + ${interval(unit, wholeNumber(count))})`,
  datediff: (unit, from, to) =>
    unit === 'week'
      ? // DuckDB's own weeks do not begin on Monday.
        `(date_diff('day', date_trunc('week', ${timestamp(from)}), date_trunc('week', ${timestamp(to)})) // 7)`
      : `date_diff('${unit}', ${timestamp(from)}, ${timestamp(to)})`,
  jsonText: (json, path) => {
    const at = jsonPath(path)
    return (
      `(CASE json_type(${json}, ${at}) WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL ` +
      `WHEN 'DOUBLE' THEN ${numberText(json, at)} ELSE json_extract_string(${json}, ${at}) END)`
    )
  },
  jsonValue: (json, path) => {
    const at = jsonPath(path)
    return (
      `(CASE WHEN ${mayLoseDigits(`json_extract(${json}, ${at})`)} ` +
      `THEN ${unmarked(`json_extract(${marked(json)}, ${at})`)} ELSE json_extract(${json}, ${at}) END)`
    )
  },
  flatten: (list) =>
    `LATERAL (SELECT unnest(CASE WHEN ${mayLoseDigits(list)} ` +
    `THEN list_transform(json_extract(${marked(list)}, '$[*]'), lambda item: ${unmarked('item')}) ` +
    `ELSE json_extract(${list}, '$[*]') END) AS value, ` +
    `unnest(range(CAST(json_array_length(${list}) AS BIGINT))) AS index)`,
  tryCast,
  div: (dividend, divisor) => `(CAST(${dividend} AS HUGEINT) // CAST(${divisor} AS HUGEINT))`,
  currentTimestamp: () => now,
  currentDate: () => `CAST(${now} AS DATE)`,
}

const timestamp = (sql: string) => `CAST(${sql} AS TIMESTAMP)`

/** Half a day is a day on Snowflake; a literal needs no rounding. */
const wholeNumber = (count: string) => (/^-?\d+$/.test(count) ? count : `CAST(round(${count}) AS BIGINT)`)

const interval = (unit: TimeUnit, count: string) =>
  unit === 'quarter' ? `INTERVAL (3 * ${count}) MONTH` : `INTERVAL (${count}) ${unit.toUpperCase()}`

const jsonPath = (path: JsonPath) =>
  quoteText(`$${path.map((step) => (typeof step === 'number' ? `[${step}]` : `."${step}"`)).join('')}`)

// ---------------------------------------------------------------- numbers in JSON

/** DuckDB reads a number with a point or an exponent as a double; its 17 digits may be fewer than were written. */
const mayLoseDigits = (json: string) => `regexp_matches(CAST(${json} AS VARCHAR), '[0-9.]{17}')`

/** Every number as a text that begins with a character which no one writes: its digits stay as they are. */
function marked(json: string): string {
  const numbers = `'("(?:[^"\\\\]|\\\\.)*")|(-?[0-9][-+.0-9eE]*)'`
  const found = `regexp_replace(CAST(${json} AS VARCHAR), ${numbers}, '\\1' || chr(31) || '\\2' || chr(30), 'g')`
  const strings = `replace(${found}, chr(31) || chr(30), '')`
  return `CAST(replace(replace(${strings}, chr(31), '"\\u001F'), chr(30), '"') AS JSON)`
}

const unmarked = (json: string) =>
  `CAST(regexp_replace(CAST(${json} AS VARCHAR), '"\\\\u001[Ff]([^"]*)"', '\\1', 'g') AS JSON)`

/** The digits as they were written, without zeros at the end of a fraction; with an exponent, those of the double. */
function numberText(json: string, at: string): string {
  const read = `json_extract_string(${json}, ${at})`
  const written = `substr(json_extract_string(${marked(json)}, ${at}), 2)`
  const text = `CASE WHEN length(${read}) > 16 AND NOT regexp_matches(${written}, '[eE]') THEN ${written} ELSE ${read} END`
  const trimmed = `regexp_replace(regexp_replace(${text}, '([.][0-9]*[1-9])0+$', '\\1'), '[.]0+$', '')`
  return `regexp_replace(${trimmed}, '^-0$', '0')`
}

// ---------------------------------------------------------------- try_cast

function tryCast(text: string, type: LogicalType): string {
  switch (type) {
    case 'integer':
    case 'date':
      return fitting(text, textPatterns[type], `TRY_CAST(${text} AS ${duckdbType(type)})`)
    case 'double': {
      const value = `TRY_CAST(${text} AS DOUBLE)`
      return fitting(text, textPatterns.double, `CASE WHEN isfinite(${value}) THEN ${value} END`)
    }
    case 'boolean':
      return `(CASE lower(${text}) ${words(trueWords, 'TRUE')} ${words(falseWords, 'FALSE')} END)`
    case 'timestamp':
      return fitting(text, textPatterns.timestamp, instant(text))
    default:
      if (!type.startsWith('decimal')) return `CAST(${text} AS VARCHAR)`
      return fitting(text, decimalPattern(type), `TRY_CAST(${text} AS ${duckdbType(type)})`)
  }
}

const fitting = (text: string, pattern: string, value: string) =>
  `(CASE WHEN regexp_full_match(${text}, ${quoteText(pattern)}) THEN ${value} END)`

const words = (list: readonly string[], value: string) =>
  list.map((word) => `WHEN ${quoteText(word)} THEN ${value}`).join(' ')

/** The local time, less what the zone is ahead of UTC. */
function instant(text: string): string {
  const local = `TRY_CAST(regexp_replace(${text}, '(Z|${offsetPattern})$', '') AS TIMESTAMP)`
  const offset = `right(replace(${text}, ':', ''), 5)`
  const minutes = `60 * TRY_CAST(left(${offset}, 3) AS INTEGER) + TRY_CAST(left(${offset}, 1) || right(${offset}, 2) AS INTEGER)`
  const isOffset = `regexp_matches(${text}, ':.*${offsetPattern}$')`
  return `CASE WHEN ${isOffset} THEN ${local} - INTERVAL (${minutes}) MINUTE ELSE ${local} END`
}
