import type { LogicalType } from '../../model/logical-type.ts'
import { rid, type Dialect } from '../sql/dialect.ts'
import { storedName } from './names.ts'
import { snowflakeType } from './column-type.ts'

/** A backslash begins an escape, too. */
const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

const quote = (name: string): string => `"${storedName(name).replaceAll('"', '""')}"`

/** The same text that DuckDB gives: a fraction without zeros at its end, and none where it is zero. */
const timestampText = (sql: string): string => `RTRIM(RTRIM(TO_VARCHAR(${sql}, 'YYYY-MM-DD HH24:MI:SS.FF6'), '0'), '.')`

function asText(sql: string, type: LogicalType): string {
  switch (type) {
    case 'string':
      return sql
    case 'binary':
      return `BASE64_ENCODE(${sql})`
    case 'timestamp':
      return timestampText(sql)
    case 'date':
      return `TO_VARCHAR(${sql}, 'YYYY-MM-DD')`
    case 'json':
      return `TO_JSON(${sql})`
    default:
      return `CAST(${sql} AS VARCHAR)`
  }
}

/** A name that stands twice in an object has its last value: by itself PARSE_JSON refuses it, and with it all that comes with it. */
const json = (sql: string): string => `PARSE_JSON(${sql}, 'd')`

/** A null among them stays one: ARRAY_CONSTRUCT alone would make it `undefined`. */
const element = (sql: string): string => `NVL(TO_VARIANT(${sql}), PARSE_JSON('null'))`

const list = (texts: readonly string[]): string => `ARRAY_CONSTRUCT(${texts.map(element).join(', ')})`

/** What tells the intervals of a key apart; null where there is no row. Rows that are the same in all of it are the same row. */
const intervalId = (alias: string): string =>
  ['valid_from', 'valid_to', '_version', '_read_at']
    .map((name) => timestampText(`${alias}.${name}`))
    .map((each, index) => (index === 1 ? `NVL(${each}, '')` : each))
    .join(` || '/' || `)

const rowIds = { rows: `CASE WHEN t._read_at IS NOT NULL THEN '' END`, intervals: intervalId('t') } as const

const keysEqual = (key: readonly string[], one: string, other: string): string =>
  key.map((name) => `${one}.${quote(name)} = ${other}.${quote(name)}`).join(' AND ')

export const snowflakeDialect: Dialect = {
  quote,
  text,
  type: snowflakeType,
  converted: (sql, from, to) => {
    if (from === to) return sql
    if (to === 'string') return asText(sql, from)
    if (to !== 'json') return `CAST(${sql} AS ${snowflakeType(to)})`
    // A VARIANT of a date would be no JSON value.
    return `TO_VARIANT(${from === 'date' || from === 'timestamp' || from === 'binary' ? asText(sql, from) : sql})`
  },
  // To TIMESTAMP_NTZ alone a TIMESTAMP_TZ would keep its clock and lose its offset. A session of ours has UTC for its zone; not for
  // a view, whose readers have other zones.
  cast: (sql, type) =>
    `CAST(${type === 'timestamp' ? `CAST(${sql} AS TIMESTAMP_LTZ)` : sql} AS ${snowflakeType(type)})`,
  now: 'SYSDATE()',
  asText,
  fromText: (sql, type) => {
    if (type === 'json') return json(sql)
    return type === 'binary' ? `BASE64_DECODE_BINARY(${sql})` : `CAST(${sql} AS ${snowflakeType(type)})`
  },
  json,
  triedJson: (sql) => `TRY_PARSE_JSON(${sql})`,
  // Step by step a name may hold any character.
  jsonMember: (sql, step) => `CAST(GET(${sql}, ${typeof step === 'number' ? step : text(step)}) AS VARCHAR)`,
  jsonText: (sql) => `CAST(${sql} AS VARCHAR)`,
  textList: (texts) => `TO_JSON(${list(texts)})`,
  jsonObject: (pairs) =>
    `OBJECT_CONSTRUCT(${pairs.map(({ name, value }) => `${text(name)}, ${value}`).join(', ')})::VARIANT`,
  jsonPair: (first, second) => list([first, second]),
  item: (of, index) => `CAST(${of}[${index}] AS VARCHAR)`,
  latest: (first, ...others) => `GREATEST_IGNORE_NULLS(${[first, ...others].join(', ')})`,
  matches: (sql, pattern) => `REGEXP_LIKE(${sql}, ${text(pattern)})`,
  sha256: (text) => `SHA2(${text}, 256)`,
  countDistinct: (columns) => `COUNT(DISTINCT ${columns.map(quote).join(', ')})`,
  losesDigits: (column, type) =>
    `TRY_CAST(CAST(CAST(${column} AS FLOAT) AS VARCHAR) AS ${snowflakeType(type)}) IS DISTINCT FROM ${column}`,
  // There are no row ids: a row is found by its key, and an interval by its bounds, too.
  rowId: (mode) => rowIds[mode],
  isRow: (key, other, mode) => `${keysEqual(key, 't', other)} AND ${rowIds[mode]} = ${other}.${rid}`,
  newestRows: ({ target, source, key, order }) =>
    `(SELECT t.*, ${rowIds.intervals} AS ${rid} FROM ${target} t WHERE EXISTS (SELECT 1 FROM ${source} s WHERE ${keysEqual(key, 's', 't')}) ` +
    `QUALIFY ROW_NUMBER() OVER (PARTITION BY ${key.map((name) => `t.${quote(name)}`).join(', ')} ORDER BY ${order}) = 1)`,
  lastKnown: (column, over) => `LAST_VALUE(${column}) IGNORE NULLS OVER (${over})`,
  // Snowflake cuts a product's scale at 12, or at that of its factors.
  factor: 'decimal(38,15)',
}
