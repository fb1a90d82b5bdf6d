import { quoteName } from '../../duckdb/sql-text.ts'
import type { LookupJoin } from '../lookup-join.ts'

/** Every row of the model once, whatever is in the other ones: several matches give no value, and their count. */
export function joinLookups(model: string, lookups: readonly LookupJoin[]): string {
  if (lookups.length === 0) return model
  const added = lookups.flatMap((lookup, index) => [
    `${side(index)}."#value" AS ${quoteName(lookup.value)}`,
    `CASE WHEN ${lookup.by.map(({ ours }) => `m.${quoteName(ours)} IS NULL`).join(' OR ')} THEN NULL ` +
      `ELSE coalesce(${side(index)}."#rows", 0) END AS ${quoteName(lookup.matches)}`,
  ])
  return `SELECT m.*, ${added.join(', ')} FROM (${model}) m ${lookups.map(joined).join(' ')}`
}

function joined({ query, by, column }: LookupJoin, index: number): string {
  const theirs = by.map((pair) => comparable(quoteName(pair.theirs), pair.asText))
  const keys = theirs.map((sql, at) => `${sql} AS "#key${at}"`)
  const on = by.map(
    (pair, at) => `${comparable(`m.${quoteName(pair.ours)}`, pair.asText)} = ${side(index)}."#key${at}"`,
  )
  return (
    `LEFT JOIN (SELECT ${keys.join(', ')}, CASE WHEN count(*) = 1 THEN first(${quoteName(column)}) END AS "#value", ` +
    `CAST(least(count(*), 2) AS BIGINT) AS "#rows" FROM (${query}) GROUP BY ${theirs.join(', ')}) ${side(index)} ON ${on.join(' AND ')}`
  )
}

const comparable = (sql: string, asText: boolean) => (asText ? `CAST(${sql} AS VARCHAR)` : sql)
const side = (index: number) => `l${index}`
