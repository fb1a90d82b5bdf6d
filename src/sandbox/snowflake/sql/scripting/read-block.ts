/** Snowflake Scripting: the grammar of blocks. Statements and expressions stay text. */
import { openReader } from '../grammar.ts'
import { readBody } from './read-block-statement.ts'
import { readDeclarations } from './read-declaration.ts'
import type { Block } from './block.ts'
import type { Statement } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readBlockStatement(reader: TokenReader, t: Translation): Statement | null {
  if (reader.takeWord('EXECUTE', 'IMMEDIATE')) return readImmediate(reader)
  if (!reader.isWord('DECLARE') && !reader.isWord('BEGIN')) return null
  return { kind: 'block', block: readBlock(reader, t.sql) }
}

function readImmediate(reader: TokenReader): Statement {
  const { start } = reader.token
  const after = reader.ahead(1)
  if (reader.token.kind === 'string' && (after.kind === 'end' || after.value === ';')) {
    const text = reader.next().value
    const inner = openReader(text)
    if (
      inner.isWord('DECLARE') ||
      (inner.isWord('BEGIN') && !['TRANSACTION', 'WORK', 'NAME', ';', '<EOF>'].includes(inner.ahead(1).value))
    ) {
      const block = readBlock(inner, text)
      inner.expectEnd()
      return { kind: 'block', block }
    }
    return single({ kind: 'sql', text, into: null })
  }
  reader.readExpression()
  return single({ kind: 'execute', expression: reader.text(start, reader.previousEnd) })
}

const single = (statement: Block['body'][number]): Statement => ({
  kind: 'block',
  block: { declarations: [], body: [statement], handlers: [] },
})

export function readBlock(reader: TokenReader, text: string): Block {
  const declarations = reader.takeWord('DECLARE') ? readDeclarations(reader, text) : []
  reader.expectWord('BEGIN')
  const read = (inner: TokenReader) => readBlock(inner, text)
  const body = readBody(reader, read)
  const handlers = []
  if (reader.takeWord('EXCEPTION'))
    while (reader.takeWord('WHEN')) {
      const names = [reader.next().value]
      while (reader.takeWord('OR')) names.push(reader.next().value)
      reader.expectWord('THEN')
      handlers.push({ names, body: readBody(reader, read) })
    }
  reader.expectWord('END')
  return { declarations, body, handlers }
}
