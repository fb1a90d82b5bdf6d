import { Translation } from './translation.ts'
import { translateExpression } from './translate-expression.ts'
import { translateQuery } from './translate-query.ts'
import type { SqlContext } from './statement.ts'

const rules = { expression: translateExpression, query: translateQuery }

export const openTranslation = (sql: string, context: SqlContext): Translation => new Translation(context, sql, rules)

/** The same with DuckDB's own clock. */
export function withoutClock(t: Translation): Translation {
  const { now: _, ...context } = t.context
  return openTranslation(t.sql, context)
}
