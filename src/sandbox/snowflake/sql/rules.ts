import { Translation } from './translation.ts'
import { translateExpression } from './translate-expression.ts'
import { translateQuery } from './translate-query.ts'
import type { ObjectName, SqlContext } from './statement.ts'

const rules = { expression: translateExpression, query: translateQuery }

export const openTranslation = (sql: string, context: SqlContext): Translation => new Translation(context, sql, rules)

/**
 * The query of a view: it tells the time, and what there is, when it is read, not when it was made, and finds its tables in the view's own schema.
 * https://docs.snowflake.com/en/sql-reference/sql/create-view#usage-notes
 */
export function ofView(t: Translation, { database, schema }: ObjectName): Translation {
  const { now: _, hidden: __, ...context } = t.context
  return openTranslation(t.sql, { ...context, database, schema })
}
