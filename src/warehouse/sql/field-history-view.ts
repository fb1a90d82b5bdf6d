import { isNumber, type LogicalType } from '../../model/logical-type.ts'
import type { Column } from '../../model/table.ts'
import type { Engine } from './engine.ts'
import type { FieldHistoryView } from '../field-history.ts'
import { plainInstant } from './plain-instant.ts'
import { plainNumber } from './plain-number.ts'
import { latestFirst } from './scd2.ts'

/**
 * What any tracked field was at any time: one row per record, field and interval, half-open [valid_from, valid_to).
 * The first interval, before the first change, takes its value from the change's old value; a field that never changed
 * has its present value since the record was created. `changed_by` is null for those.
 */
/** @param parentColumns as they are stored: their present values are shown as the same text on every warehouse */
export function fieldHistorySql(db: Engine, view: FieldHistoryView, parentColumns: readonly Column[]): string {
  const { history, parent, who, schema } = view
  const h = (column: string) => `h.${db.quote(column)}`
  const kind = history.kind === null ? `''` : h(history.kind)
  const named = h(history.field)
  const otherNames = Object.entries(view.otherNames ?? {})
  const means = otherNames.map(([name, field]) => `WHEN ${db.text(name)} THEN ${db.text(field)}`).join(' ')
  const field = means ? `CASE ${named} ${means} ELSE ${named} END` : named
  // One that has no value tells that something happened, and not what.
  const hasValue = means
    ? ` AND (${named} NOT IN (${otherNames.map(([name]) => db.text(name)).join(', ')}) OR ${h(history.from)} IS NOT NULL OR ${h(history.to)} IS NOT NULL)`
    : ''
  const { leftOut = [] } = view
  const isIn =
    leftOut.length > 0 ? ` AND (${named} IS NULL OR ${named} NOT IN (${leftOut.map(db.text).join(', ')}))` : ''
  const inOrder = `PARTITION BY ${h(history.record)}, ${field}, ${kind} ORDER BY ${h(history.at)}, ${h(history.key)}`
  const changes =
    `SELECT ${h(history.record)} AS record_id, ${field} AS field, ${kind} AS kind, ` +
    `CAST(${h(history.from)} AS VARCHAR) AS from_value, CAST(${h(history.to)} AS VARCHAR) AS to_value, ` +
    `${h(history.at)} AS changed_at, ${history.by === null ? 'CAST(NULL AS VARCHAR)' : h(history.by)} AS changed_by_id, ` +
    `lead(${h(history.at)}) OVER (${inOrder}) AS next_at, row_number() OVER (${inOrder}) AS nth ` +
    `FROM ${rowsOf(db, schema, history)} h WHERE h._deleted_at IS NULL${hasValue}${isIn}`
  const p = `FROM ${rowsOf(db, schema, parent)} p`
  const createdAt = `p.${db.quote(parent.createdAt)}`
  const key = `p.${db.quote(parent.key)}`
  const typeOf = (column: string) => parentColumns.find(({ name }) => name === column)?.type ?? 'string'
  const never = Object.entries(view.tracked).map(
    ([tracked, column]) =>
      `SELECT ${key} AS record_id, ${db.text(tracked)} AS field, '' AS kind, NULL AS from_value, ${db.asText(`p.${db.quote(column)}`, typeOf(column))} AS value, ` +
      `CAST(NULL AS VARCHAR) AS changed_by_id, ${createdAt} AS valid_from, CAST(NULL AS ${db.type('timestamp')}) AS valid_to ${p} ` +
      `WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.record_id = ${key} AND c.field = ${db.text(tracked)})`,
  )
  const intervals = [
    `SELECT record_id, field, kind, from_value, to_value AS value, changed_by_id, changed_at AS valid_from, next_at AS valid_to FROM changes`,
    `SELECT c.record_id, c.field, c.kind, NULL, c.from_value, NULL, ${createdAt}, c.changed_at FROM changes c JOIN ${rowsOf(db, schema, parent)} p ON ${key} = c.record_id WHERE c.nth = 1 AND c.changed_at > ${createdAt}`,
    ...never,
  ]
  const ofType = (is: (type: LogicalType) => boolean): string =>
    Object.entries(view.tracked)
      .flatMap(([tracked, column]) => (is(typeOf(column)) ? [db.text(tracked)] : []))
      .join(', ')
  // The vendor writes a number or an instant of a change in its own way, and the parent's column in that of its type.
  const plain = [
    { fields: ofType(isNumber), text: plainNumber },
    { fields: ofType((type) => type === 'timestamp'), text: plainInstant },
  ].filter(({ fields }) => fields !== '')
  const shown = (value: string): string =>
    plain.length === 0
      ? value
      : `CASE ${plain.map(({ fields, text }) => `WHEN i.field IN (${fields}) THEN ${text(db, value)}`).join(' ')} ELSE ${value} END`
  const name = who ? `LEFT JOIN ${rowsOf(db, schema, who)} u ON u.${db.quote(who.key)} = i.changed_by_id` : ''
  return (
    `WITH changes AS (${changes}), intervals AS (${intervals.join(' UNION ALL ')}) ` +
    `SELECT i.record_id, i.field, i.kind, ${shown('i.from_value')} AS from_value, ${shown('i.value')} AS to_value, i.valid_from, i.valid_to, i.valid_to IS NULL AS is_current, ` +
    `i.changed_by_id, ${who ? `u.${db.quote(who.name)}` : 'CAST(NULL AS VARCHAR)'} AS changed_by FROM intervals i ${name}`
  )
}

/** Of a table of intervals the latest of each key: what it holds of a row that was deleted, too. */
function rowsOf(
  db: Engine,
  schema: string,
  { table, key, hasIntervals }: { readonly table: string; readonly key: string; readonly hasIntervals?: boolean },
): string {
  const rows = db.relation(schema, table)
  if (!hasIntervals) return rows
  return `(SELECT * FROM ${rows} QUALIFY row_number() OVER (PARTITION BY ${db.quote(key)} ORDER BY ${latestFirst}) = 1)`
}
