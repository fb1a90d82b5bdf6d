import { quoteName, quoteText, relation } from '../../duckdb/sql-text.ts'
import type { RecordHistoryView } from '../record-history.ts'

/**
 * What a record was at any time: one row per record and interval between two changes of any tracked field, half-open
 * [valid_from, valid_to), each column with the value that its field's own history has then.
 */
export function recordHistorySql({ schema, fieldHistory, keyKind, columns }: RecordHistoryView): string {
  const isKey = keyKind === null ? 'false' : `kind = ${quoteText(keyKind)}`
  // A change to nothing has to stay apart from no change; of two kinds of one instant the greater text is the key's.
  const held = `CASE WHEN ${isKey} THEN '1' ELSE '0' END || CASE WHEN to_value IS NULL THEN 'n' ELSE 'v' || to_value END`
  const fields = columns.flatMap((column) => column.fields)
  const changes =
    `SELECT record_id, valid_from, ${columns.map(({ name, fields: of }) => `max(CASE WHEN field IN (${texts(of)}) THEN held END) AS ${quoteName(name)}`).join(', ')} ` +
    `FROM (SELECT record_id, valid_from, field, ${held} AS held FROM ${relation(schema, fieldHistory)} ` +
    // Of several changes of one instant only the last holds.
    `WHERE field IN (${texts(fields)}) AND valid_from IS NOT NULL AND (valid_to IS NULL OR valid_to > valid_from)) f GROUP BY record_id, valid_from`
  const upTo = 'PARTITION BY record_id ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'
  const filled =
    `SELECT record_id, valid_from, lead(valid_from) OVER (PARTITION BY record_id ORDER BY valid_from) AS valid_to, ` +
    `${columns.map(({ name }) => `last_value(${quoteName(name)} IGNORE NULLS) OVER (${upTo}) AS ${quoteName(name)}`).join(', ')} FROM changes`
  return (
    `WITH changes AS (${changes}), filled AS (${filled}) SELECT record_id, valid_from, valid_to, valid_to IS NULL AS is_current, ` +
    `${columns.map(({ name }) => `CASE WHEN substr(${quoteName(name)}, 2, 1) = 'v' THEN substr(${quoteName(name)}, 3) END AS ${quoteName(name)}`).join(', ')} FROM filled`
  )
}

const texts = (of: readonly string[]): string => of.map(quoteText).join(', ')
