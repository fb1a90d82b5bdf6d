import { quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import type { FieldHistoryView } from '../field-history.ts'
import { latestFirst } from './scd2.ts'

/**
 * What any tracked field was at any time: one row per record, field and interval, half-open [valid_from, valid_to).
 * The first interval, before the first change, takes its value from the change's old value; a field that never changed
 * has its present value since the record was created. `changed_by` is null for those.
 */
export function fieldHistorySql(view: FieldHistoryView): string {
  const { history, parent, who, schema } = view
  const h = (column: string) => `h.${quoteName(column)}`
  const kind = history.kind === null ? `''` : h(history.kind)
  const changes =
    `SELECT ${h(history.record)} AS record_id, ${h(history.field)} AS field, ${kind} AS kind, ` +
    `CAST(${h(history.from)} AS VARCHAR) AS from_value, CAST(${h(history.to)} AS VARCHAR) AS to_value, ` +
    `${h(history.at)} AS changed_at, ${h(history.by)} AS changed_by_id, ` +
    `lead(${h(history.at)}) OVER w AS next_at, row_number() OVER w AS nth ` +
    `FROM ${rowsOf(schema, history)} h WHERE h._deleted_at IS NULL ` +
    `WINDOW w AS (PARTITION BY ${h(history.record)}, ${h(history.field)}, ${kind} ORDER BY ${h(history.at)}, ${h(history.key)})`
  const p = `FROM ${rowsOf(schema, parent)} p`
  const createdAt = `p.${quoteName(parent.createdAt)}`
  const key = `p.${quoteName(parent.key)}`
  const never = Object.entries(view.tracked).map(
    ([field, column]) =>
      `SELECT ${key} AS record_id, ${quoteText(field)} AS field, '' AS kind, NULL AS from_value, CAST(p.${quoteName(column)} AS VARCHAR) AS value, ` +
      `CAST(NULL AS VARCHAR) AS changed_by_id, ${createdAt} AS valid_from, CAST(NULL AS TIMESTAMP) AS valid_to ${p} ` +
      `WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.record_id = ${key} AND c.field = ${quoteText(field)})`,
  )
  const intervals = [
    `SELECT record_id, field, kind, from_value, to_value AS value, changed_by_id, changed_at AS valid_from, next_at AS valid_to FROM changes`,
    `SELECT c.record_id, c.field, c.kind, NULL, c.from_value, NULL, ${createdAt}, c.changed_at FROM changes c JOIN ${rowsOf(schema, parent)} p ON ${key} = c.record_id WHERE c.nth = 1 AND c.changed_at > ${createdAt}`,
    ...never,
  ]
  const name = who ? `LEFT JOIN ${rowsOf(schema, who)} u ON u.${quoteName(who.key)} = i.changed_by_id` : ''
  return (
    `WITH changes AS (${changes}), intervals AS (${intervals.join(' UNION ALL ')}) ` +
    `SELECT i.record_id, i.field, i.kind, i.from_value, i.value AS to_value, i.valid_from, i.valid_to, i.valid_to IS NULL AS is_current, ` +
    `i.changed_by_id, ${who ? `u.${quoteName(who.name)}` : 'CAST(NULL AS VARCHAR)'} AS changed_by FROM intervals i ${name}`
  )
}

/** Of a table of intervals the latest of each key: what it holds of a row that was deleted, too. */
function rowsOf(
  schema: string,
  { table, key, hasIntervals }: { readonly table: string; readonly key: string; readonly hasIntervals?: boolean },
): string {
  const rows = relation(schema, table)
  if (!hasIntervals) return rows
  return `(SELECT * FROM ${rows} QUALIFY row_number() OVER (PARTITION BY ${quoteName(key)} ORDER BY ${latestFirst}) = 1)`
}
