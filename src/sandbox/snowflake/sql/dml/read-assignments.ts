/** SET a = …, t.b = … */
import { errorAt } from '../snowflake-error.ts'
import { readName } from '../read-name.ts'
import { type Target, targetColumn, type TargetColumn } from './target.ts'
import type { Expression } from '../expression.ts'
import type { TokenReader } from '../token-reader.ts'

export type Assignment = { readonly column: TargetColumn; readonly value: Expression }

export function readAssignments(reader: TokenReader, target: Target): readonly Assignment[] {
  const assignments: Assignment[] = []
  do {
    const place = reader.place(reader.token.start)
    let name = readName(reader).value
    while (reader.takeSymbol('.')) name = readName(reader).value
    const column = targetColumn(target, name, place)
    if (assignments.some((other) => other.column === column))
      throw errorAt('002025', '42S21', place, `duplicate column name '${name}'`)
    reader.expectSymbol('=')
    assignments.push({ column, value: reader.readExpression() })
  } while (reader.takeSymbol(','))
  return assignments
}
