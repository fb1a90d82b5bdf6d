import type { Engine } from './engine.ts'
import type { RecordHistoryView } from '../record-history.ts'

/**
 * What a record was at any time: one row per record and interval between two changes of any tracked field, half-open
 * [valid_from, valid_to), each column with the value that its field's own history has then.
 */
export function recordHistorySql(db: Engine, { schema, fieldHistory, keyKind, columns }: RecordHistoryView): string {
  const isKey = keyKind === null ? 'false' : `kind = ${db.text(keyKind)}`
  // A change to nothing has to stay apart from no change; of two kinds of one instant the greater text is the key's.
  const held = `CASE WHEN ${isKey} THEN '1' ELSE '0' END || CASE WHEN to_value IS NULL THEN 'n' ELSE 'v' || to_value END`
  const fields = columns.flatMap((column) => column.fields)
  const changes =
    `SELECT record_id, valid_from, ${columns.map(({ name, fields: of }) => `max(CASE WHEN field IN (${texts(db, of)}) THEN held END) AS ${db.quote(name)}`).join(', ')} ` +
    `FROM (SELECT record_id, valid_from, field, ${held} AS held FROM ${db.relation(schema, fieldHistory)} ` +
    // Of several changes of one instant only the last holds.
    `WHERE field IN (${texts(db, fields)}) AND valid_from IS NOT NULL AND (valid_to IS NULL OR valid_to > valid_from)) f GROUP BY record_id, valid_from`
  const upTo = 'PARTITION BY record_id ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'
  const filled =
    `SELECT record_id, valid_from, lead(valid_from) OVER (PARTITION BY record_id ORDER BY valid_from) AS valid_to, ` +
    `${columns.map(({ name }) => `${db.lastKnown(db.quote(name), upTo)} AS ${db.quote(name)}`).join(', ')} FROM changes`
  return (
    `WITH changes AS (${changes}), filled AS (${filled}) SELECT record_id, valid_from, valid_to, valid_to IS NULL AS is_current, ` +
    `${columns.map(({ name }) => `CASE WHEN substr(${db.quote(name)}, 2, 1) = 'v' THEN substr(${db.quote(name)}, 3) END AS ${db.quote(name)}`).join(', ')} FROM filled`
  )
}

const texts = (db: Engine, of: readonly string[]): string => of.map(db.text).join(', ')
