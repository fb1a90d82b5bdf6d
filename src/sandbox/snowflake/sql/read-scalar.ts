/** An expression of a scripting block as a query of one row and one column. */
import { emptyScope } from './scope.ts'
import { openReader } from './grammar.ts'
import { openTranslation } from './rules.ts'
import { showType } from './data-type.ts'
import type { Query, SqlContext } from './statement.ts'

export function readExpression(text: string, context: SqlContext): Query {
  const reader = openReader(text)
  const t = openTranslation(text, context)
  const node = reader.readExpression()
  reader.expectEnd()
  const value = t.expression(node, emptyScope())
  const type = value.type.kind === 'NULL' ? 'VARCHAR(16777216)' : showType(value.type)
  return { kind: 'query', sql: `SELECT ${value.sql} AS "VALUE"`, columns: [{ name: 'VALUE', type }], reads: t.reads }
}
