import { converted, duckdbType, jsonPointer, quoteName, quoteText } from '../../duckdb/sql-text.ts'
import { rid, type Dialect } from '../sql/dialect.ts'

export const duckdbDialect: Dialect = {
  quote: quoteName,
  text: quoteText,
  type: duckdbType,
  converted,
  cast: (sql, type) => `CAST(${sql} AS ${duckdbType(type)})`,
  now: 'now()::TIMESTAMP',
  asText: (sql, type) => (type === 'binary' ? `to_base64(${sql})` : `CAST(${sql} AS VARCHAR)`),
  fromText: (sql, type) => (type === 'binary' ? `from_base64(${sql})` : `CAST(${sql} AS ${duckdbType(type)})`),
  json: (text) => `${text}::JSON`,
  triedJson: (text) => `TRY_CAST(${text} AS JSON)`,
  jsonMember: (json, step) => `(${json} ->> ${typeof step === 'number' ? quoteText(`$[${step}]`) : jsonPointer(step)})`,
  jsonText: (sql) => `(${sql} ->> '$')`,
  textList: (texts) => `to_json([${texts.join(', ')}])::VARCHAR`,
  jsonObject: (pairs) =>
    // A patch takes two values at least.
    pairs.length === 0
      ? `'{}'::JSON`
      : `json_merge_patch('{}'::JSON, ${pairs.map(({ name, value }) => `json_object(${quoteText(name)}, ${value})`).join(', ')})`,
  jsonPair: (first, second) => `[${first}, ${second}]`,
  item: (list, index) => `${list}[${index + 1}]`,
  latest: (first, ...others) => `greatest(${[first, ...others].join(', ')})`,
  matches: (text, pattern) => `regexp_full_match(${text}, ${quoteText(pattern)})`,
  sha256: (text) => `sha256(${text})`,
  countDistinct: (columns) => `count(DISTINCT (${columns.map(quoteName).join(', ')}, 0))`,
  losesDigits: (column, type) =>
    `TRY_CAST(CAST(${column} AS DOUBLE) AS ${duckdbType(type)}) IS DISTINCT FROM ${column}`,
  rowId: () => 't.rowid',
  isRow: (_key, other) => `t.rowid = ${other}.${rid}`,
  // By row ids: an order over whole rows would hold all of them in memory.
  newestRows: ({ target, source, key, order }) => {
    const of = key.map((name) => `t.${quoteName(name)}`).join(', ')
    const meets = key.map((name) => `s.${quoteName(name)} = t.${quoteName(name)}`).join(' AND ')
    const newest =
      `SELECT t.rowid FROM ${target} t SEMI JOIN ${source} s ON ${meets} ` +
      `QUALIFY row_number() OVER (PARTITION BY ${of} ORDER BY ${order}) = 1`
    return `(SELECT *, rowid AS ${rid} FROM ${target} WHERE rowid IN (${newest}))`
  },
  lastKnown: (column, over) => `last_value(${column} IGNORE NULLS) OVER (${over})`,
  factor: 'decimal(38,12)',
}
