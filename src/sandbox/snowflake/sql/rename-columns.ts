/** A query whose columns are called what a list of names says: of a WITH clause, of a view. */
import { compilationError } from './snowflake-error.ts'
import { distinctNames } from './names.ts'
import type { Relation } from './scope.ts'
import type { Translation } from './translation.ts'

export function renamed(t: Translation, relation: Relation, names: readonly string[] | null, what: string): Relation {
  if (names === null) return relation
  if (names.length !== relation.columns.length)
    throw compilationError(
      '002057',
      '42601',
      `View definition for '${what}' declared ${names.length} column(s), but view query produces ${relation.columns.length} column(s).`,
    )
  const sqlNames = distinctNames(names)
  const columns = relation.columns.map((column, index) => ({
    name: names[index] ?? '',
    sql: sqlNames[index] ?? '',
    type: column.type,
  }))
  const items = relation.columns.map((column, index) => `${column.sql} AS ${sqlNames[index]}`)
  return { sql: `SELECT ${items.join(', ')} FROM (${relation.sql}) ${t.alias()}`, columns }
}
