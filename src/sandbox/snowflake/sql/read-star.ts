/** What may follow a *: ILIKE, EXCLUDE, REPLACE, RENAME, in this order. https://docs.snowflake.com/en/sql-reference/sql/select */
import { readName } from './read-name.ts'
import type { Name, Star } from './expression.ts'
import type { TokenReader } from './token-reader.ts'

export function readStarTail(reader: TokenReader, table: readonly Name[]): Star {
  const like = reader.takeWord('ILIKE') ? reader.expectString() : null
  const exclude = reader.takeWord('EXCLUDE') ? oneOrMore(reader, () => readName(reader)) : []
  const replace = reader.takeWord('REPLACE')
    ? oneOrMore(reader, () => {
        const value = reader.readExpression()
        reader.expectWord('AS')
        return { value, name: readName(reader) }
      })
    : []
  const rename = reader.takeWord('RENAME')
    ? oneOrMore(reader, () => {
        const from = readName(reader)
        reader.expectWord('AS')
        return { from, to: readName(reader) }
      })
    : []
  return { kind: 'star', table, like, exclude, replace, rename }
}

function oneOrMore<T>(reader: TokenReader, read: () => T): readonly T[] {
  return reader.isSymbol('(') ? reader.listInParentheses(read) : [read()]
}
