/** A block, by itself or in a text. https://docs.snowflake.com/en/sql-reference/sql/execute-immediate */
import { openReader } from '../grammar.ts'
import { opensTransaction } from '../split-statements.ts'
import { readBlock } from './read-block.ts'
import type { Block } from './block.ts'
import type { Statement } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'

export function readBlockStatement(reader: TokenReader): Statement | null {
  if (reader.takeWord('EXECUTE', 'IMMEDIATE')) return readImmediate(reader)
  if (!reader.isWord('DECLARE') && !reader.isWord('BEGIN')) return null
  return { kind: 'block', block: readBlock(reader) }
}

function readImmediate(reader: TokenReader): Statement {
  const after = reader.ahead(1)
  if (reader.token.kind === 'string' && (after.kind === 'end' || after.value === ';')) {
    const text = reader.next().value
    const inner = openReader(text)
    if (inner.isWord('DECLARE') || (inner.isWord('BEGIN') && !opensTransaction(inner.ahead(1)))) {
      const block = readBlock(inner)
      inner.expectEnd()
      return { kind: 'block', block }
    }
    return single({ kind: 'sql', text, into: null })
  }
  return single({ kind: 'execute', expression: reader.expressionText() })
}

const single = (statement: Block['body'][number]): Statement => ({
  kind: 'block',
  block: { declarations: [], body: [statement], handlers: [] },
})
