/** The statements of a block. https://docs.snowflake.com/en/sql-reference-snowflake-scripting */
import { readName } from '../read-name.ts'
import { readTyped } from './read-declaration.ts'
import { unsupported } from '../snowflake-error.ts'
import type { Block, BlockStatement } from './block.ts'
import type { TokenReader } from '../token-reader.ts'

type ReadBlock = (reader: TokenReader) => Block

/** Up to what ends it: END, EXCEPTION, WHEN, ELSE, ELSEIF. */
export function readBody(reader: TokenReader, readBlock: ReadBlock): readonly BlockStatement[] {
  const statements: BlockStatement[] = []
  while (!reader.isAnyWord(ends)) {
    if (reader.atEnd) throw reader.unexpected()
    statements.push(readOne(reader, readBlock))
    reader.expectSymbol(';')
  }
  return statements
}

const ends: ReadonlySet<string> = new Set(['END', 'EXCEPTION', 'WHEN', 'ELSE', 'ELSEIF', 'UNTIL'])

function readOne(reader: TokenReader, readBlock: ReadBlock): BlockStatement {
  if (reader.isWord('DECLARE') || (reader.isWord('BEGIN') && !isTransaction(reader)))
    return { kind: 'block', block: readBlock(reader) }
  if (reader.takeWord('LET')) return { kind: 'let', name: readName(reader).value, ...readTyped(reader, reader.sql) }
  if (reader.takeWord('IF')) return readIf(reader, readBlock)
  if (reader.takeWord('WHILE')) return readWhile(reader, readBlock)
  if (reader.takeWord('FOR')) return readFor(reader, readBlock)
  if (reader.takeWord('LOOP')) {
    const body = readBody(reader, readBlock)
    reader.expectWord('END', 'LOOP')
    return { kind: 'loop', body }
  }
  if (reader.isWord('CASE') || reader.isWord('REPEAT') || reader.isWord('OPEN') || reader.isWord('FETCH'))
    throw unsupported(`${reader.token.value} in a block`)
  if (reader.takeWord('BREAK') || reader.takeWord('EXIT')) return { kind: 'break' }
  if (reader.takeWord('CONTINUE') || reader.takeWord('ITERATE')) return { kind: 'continue' }
  if (reader.takeWord('NULL')) return { kind: 'null' }
  if (reader.takeWord('RAISE')) return { kind: 'raise', name: reader.isSymbol(';') ? null : readName(reader).value }
  if (reader.takeWord('RETURN')) return { kind: 'return', value: reader.isSymbol(';') ? null : expressionText(reader) }
  if (reader.isWord('EXECUTE', 'IMMEDIATE') && reader.ahead(2).kind !== 'string') {
    reader.expectWord('EXECUTE', 'IMMEDIATE')
    reader.takeSymbol(':')
    return { kind: 'execute', expression: expressionText(reader) }
  }
  if (reader.ahead(1).kind === 'symbol' && reader.ahead(1).value === ':=') {
    const { value: name } = readName(reader)
    reader.next()
    return { kind: 'assign', name, value: expressionText(reader) }
  }
  return readSql(reader)
}

const isTransaction = (reader: TokenReader) => ['TRANSACTION', 'WORK', 'NAME', ';'].includes(reader.ahead(1).value)

function expressionText(reader: TokenReader): string {
  const { start } = reader.token
  reader.readExpression()
  return reader.text(start, reader.previousEnd)
}

/** Any other statement, as it stands, up to its semicolon; INTO :a, :b of a SELECT apart. */
function readSql(reader: TokenReader): BlockStatement {
  const { start } = reader.token
  const isSelect = reader.isWord('SELECT') || reader.isWord('WITH')
  let depth = 0
  let into: { readonly names: readonly string[]; readonly start: number; readonly end: number } | null = null
  while (!(depth === 0 && reader.isSymbol(';'))) {
    if (reader.atEnd) throw reader.unexpected()
    if (reader.isSymbol('(')) depth++
    if (reader.isSymbol(')')) depth--
    if (isSelect && depth === 0 && reader.isWord('INTO')) {
      const from = reader.next().start
      const names = reader.list(() => {
        reader.takeSymbol(':')
        return readName(reader).value
      })
      into = { names, start: from, end: reader.previousEnd }
    } else reader.next()
  }
  const end = reader.previousEnd
  if (into === null) return { kind: 'sql', text: reader.text(start, end), into: null }
  // Blanks in its place, so that errors stand where they were.
  const gap = reader.text(into.start, into.end).replaceAll(/[^\n]/g, ' ')
  return { kind: 'sql', text: `${reader.text(start, into.start)}${gap}${reader.text(into.end, end)}`, into: into.names }
}

function readIf(reader: TokenReader, readBlock: ReadBlock): BlockStatement {
  const branches: { condition: string; body: readonly BlockStatement[] }[] = []
  do {
    const condition = expressionText(reader)
    reader.expectWord('THEN')
    branches.push({ condition, body: readBody(reader, readBlock) })
  } while (reader.takeWord('ELSEIF'))
  const otherwise = reader.takeWord('ELSE') ? readBody(reader, readBlock) : []
  reader.expectWord('END', 'IF')
  return { kind: 'if', branches, otherwise }
}

function readWhile(reader: TokenReader, readBlock: ReadBlock): BlockStatement {
  const condition = expressionText(reader)
  const word = reader.takeWord('DO') ? 'WHILE' : 'LOOP'
  if (word === 'LOOP') reader.expectWord('LOOP')
  const body = readBody(reader, readBlock)
  reader.expectWord('END', word)
  return { kind: 'while', condition, body }
}

function readFor(reader: TokenReader, readBlock: ReadBlock): BlockStatement {
  const { value: name } = readName(reader)
  reader.expectWord('IN')
  const reverse = reader.takeWord('REVERSE')
  const from = expressionText(reader)
  if (!reader.takeWord('TO')) throw unsupported('FOR over a cursor')
  const to = expressionText(reader)
  const word = reader.takeWord('DO') ? 'FOR' : 'LOOP'
  if (word === 'LOOP') reader.expectWord('LOOP')
  const body = readBody(reader, readBlock)
  reader.expectWord('END', word)
  return { kind: 'for', name, from, to, reverse, body }
}
