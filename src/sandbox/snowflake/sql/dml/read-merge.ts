/** The grammar of MERGE. https://docs.snowflake.com/en/sql-reference/sql/merge */
import { readAssignments, type Assignment } from './read-assignments.ts'
import { readName } from '../read-name.ts'
import { type Target, targetColumn, type TargetColumn } from './target.ts'
import { compilationError, wrongValueCount } from '../snowflake-error.ts'
import type { Expression } from '../expression.ts'
import type { TokenReader } from '../token-reader.ts'

export type MergeClause = { readonly condition: Expression | null } & (
  | { readonly kind: 'update'; readonly set: readonly Assignment[] }
  | { readonly kind: 'delete' }
  | { readonly kind: 'insert'; readonly columns: readonly TargetColumn[]; readonly values: readonly Expression[] }
)

export function readClauses(reader: TokenReader, target: Target): readonly MergeClause[] {
  const clauses: MergeClause[] = []
  while (reader.takeWord('WHEN')) clauses.push(readClause(reader, target))
  if (clauses.length === 0) throw reader.unexpected()
  checkOrder(clauses)
  return clauses
}

function readClause(reader: TokenReader, target: Target): MergeClause {
  const isNot = reader.takeWord('NOT')
  reader.expectWord('MATCHED')
  const condition = reader.takeWord('AND') ? reader.readExpression() : null
  reader.expectWord('THEN')
  if (isNot) return { condition, ...readInsertClause(reader, target) }
  if (reader.takeWord('DELETE')) return { kind: 'delete', condition }
  reader.expectWord('UPDATE', 'SET')
  return { kind: 'update', condition, set: readAssignments(reader, target) }
}

function readInsertClause(reader: TokenReader, target: Target) {
  reader.expectWord('INSERT')
  const place = reader.place(reader.token.start)
  const columns = reader.isSymbol('(')
    ? reader.listInParentheses(() => {
        let name = readName(reader).value
        while (reader.takeSymbol('.')) name = readName(reader).value
        return targetColumn(target, name, place)
      })
    : target.columns
  reader.expectWord('VALUES')
  const values = reader.listInParentheses(() => reader.readExpression())
  if (values.length !== columns.length) throw wrongValueCount(columns.length, values.length)
  return { kind: 'insert', columns, values } as const
}

/** A clause without AND takes everything: none of its side may follow. */
function checkOrder(clauses: readonly MergeClause[]): void {
  for (const isInsert of [true, false]) {
    const side = clauses.filter(({ kind }) => (kind === 'insert') === isInsert)
    if (side.slice(0, -1).some(({ condition }) => condition === null))
      throw compilationError(
        '002026',
        '42601',
        'Unreachable MERGE clause: a WHEN clause without a condition has to be the last of its kind.',
      )
  }
}
