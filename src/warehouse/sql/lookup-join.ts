import { isNumber, type LogicalType } from '../../model/logical-type.ts'
import type { LookupJoin } from '../lookup-join.ts'
import type { Dialect } from './dialect.ts'
import { withoutScale } from './key-text.ts'
import { withoutZeros } from './plain-number.ts'

/** Every row of the model once, whatever is in the other ones: several matches give no value, and their count. */
export function joinLookups(db: Dialect, model: string, lookups: readonly LookupJoin[]): string {
  if (lookups.length === 0) return model
  const added = lookups.flatMap((lookup, index) => [
    `${side(index)}."#value" AS ${db.quote(lookup.value)}`,
    `CASE WHEN ${lookup.by.map(({ ours }) => `m.${db.quote(ours.name)} IS NULL`).join(' OR ')} THEN NULL ` +
      `ELSE coalesce(${side(index)}."#rows", 0) END AS ${db.quote(lookup.matches)}`,
  ])
  return `SELECT m.*, ${added.join(', ')} FROM (${model}) m ${lookups.map((lookup, index) => joined(db, lookup, index)).join(' ')}`
}

function joined(db: Dialect, { query, by, column }: LookupJoin, index: number): string {
  const theirs = by.map((pair) => comparable(db, db.quote(pair.theirs.name), pair.theirs.type, pair.ours.type))
  const keys = theirs.map((sql, at) => `${sql} AS "#key${at}"`)
  const on = by.map(
    ({ ours, theirs: { type } }, at) =>
      `${comparable(db, `m.${db.quote(ours.name)}`, ours.type, type)} = ${side(index)}."#key${at}"`,
  )
  return (
    `LEFT JOIN (SELECT ${keys.join(', ')}, CASE WHEN count(*) = 1 THEN any_value(${db.quote(column)}) END AS "#value", ` +
    `CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (${query}) q GROUP BY ${theirs.join(', ')}) ${side(index)} ON ${on.join(' AND ')}`
  )
}

/** Beside a column of another type its text, the same on every warehouse: one for each value, so that no row is met twice. */
function comparable(db: Dialect, sql: string, type: LogicalType, other: LogicalType): string {
  if (type === other) return sql
  const value = db.cast(sql, type)
  if (type === 'double') return db.converted(value, type, 'string')
  // `19.90` is what a decimal was written as.
  if (type === 'string' && isNumber(other))
    return `CASE WHEN ${db.matches(sql, '-?[0-9]+[.][0-9]+')} THEN ${withoutZeros(sql)} ELSE ${sql} END`
  // A text in it stands there in quotes.
  return type === 'json' ? db.jsonText(value) : withoutScale(db, db.asText(value, type), type)
}

const side = (index: number) => `l${index}`
