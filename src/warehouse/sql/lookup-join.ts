import type { Dialect } from './dialect.ts'
import type { LookupJoin } from '../lookup-join.ts'

/** Every row of the model once, whatever is in the other ones: several matches give no value, and their count. */
export function joinLookups(db: Dialect, model: string, lookups: readonly LookupJoin[]): string {
  if (lookups.length === 0) return model
  const added = lookups.flatMap((lookup, index) => [
    `${side(index)}."#value" AS ${db.quote(lookup.value)}`,
    `CASE WHEN ${lookup.by.map(({ ours }) => `m.${db.quote(ours)} IS NULL`).join(' OR ')} THEN NULL ` +
      `ELSE coalesce(${side(index)}."#rows", 0) END AS ${db.quote(lookup.matches)}`,
  ])
  return `SELECT m.*, ${added.join(', ')} FROM (${model}) m ${lookups.map((lookup, index) => joined(db, lookup, index)).join(' ')}`
}

function joined(db: Dialect, { query, by, column }: LookupJoin, index: number): string {
  const theirs = by.map((pair) => comparable(db.quote(pair.theirs), pair.asText))
  const keys = theirs.map((sql, at) => `${sql} AS "#key${at}"`)
  const on = by.map((pair, at) => `${comparable(`m.${db.quote(pair.ours)}`, pair.asText)} = ${side(index)}."#key${at}"`)
  return (
    `LEFT JOIN (SELECT ${keys.join(', ')}, CASE WHEN count(*) = 1 THEN any_value(${db.quote(column)}) END AS "#value", ` +
    `CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (${query}) q GROUP BY ${theirs.join(', ')}) ${side(index)} ON ${on.join(' AND ')}`
  )
}

const comparable = (sql: string, asText: boolean) => (asText ? `CAST(${sql} AS VARCHAR)` : sql)
const side = (index: number) => `l${index}`
