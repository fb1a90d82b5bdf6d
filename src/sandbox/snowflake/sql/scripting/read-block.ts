/** Snowflake Scripting: the grammar of blocks. Statements and expressions stay text. https://docs.snowflake.com/en/sql-reference-snowflake-scripting */
import { readName } from '../read-name.ts'
import { opensTransaction } from '../split-statements.ts'
import { readDeclarations, readTyped } from './read-declaration.ts'
import { unsupported } from '../snowflake-error.ts'
import type { Block, BlockStatement } from './block.ts'
import type { TokenReader } from '../token-reader.ts'

export function readBlock(reader: TokenReader): Block {
  const declarations = reader.takeWord('DECLARE') ? readDeclarations(reader) : []
  reader.expectWord('BEGIN')
  const body = readBody(reader)
  const handlers = []
  if (reader.takeWord('EXCEPTION'))
    while (reader.takeWord('WHEN')) {
      const names = [reader.next().value]
      while (reader.takeWord('OR')) names.push(reader.next().value)
      reader.expectWord('THEN')
      handlers.push({ names, body: readBody(reader) })
    }
  reader.expectWord('END')
  return { declarations, body, handlers }
}

/** Up to what ends it: END, EXCEPTION, WHEN, ELSE, ELSEIF. */
function readBody(reader: TokenReader): readonly BlockStatement[] {
  const statements: BlockStatement[] = []
  while (!reader.isAnyWord(ends)) {
    if (reader.atEnd) throw reader.unexpected()
    statements.push(readOne(reader))
    reader.expectSymbol(';')
  }
  return statements
}

const ends: ReadonlySet<string> = new Set(['END', 'EXCEPTION', 'WHEN', 'ELSE', 'ELSEIF', 'UNTIL'])

function readOne(reader: TokenReader): BlockStatement {
  if (reader.isWord('DECLARE') || (reader.isWord('BEGIN') && !opensTransaction(reader.ahead(1))))
    return { kind: 'block', block: readBlock(reader) }
  if (reader.takeWord('LET')) return { kind: 'let', name: readName(reader).value, ...readTyped(reader) }
  if (reader.takeWord('IF')) return readIf(reader)
  if (reader.takeWord('WHILE')) return readWhile(reader)
  if (reader.takeWord('FOR')) return readFor(reader)
  if (reader.takeWord('LOOP')) {
    const body = readBody(reader)
    reader.expectWord('END', 'LOOP')
    return { kind: 'loop', body }
  }
  if (reader.isWord('CASE') || reader.isWord('REPEAT') || reader.isWord('OPEN') || reader.isWord('FETCH'))
    throw unsupported(`${reader.token.value} in a block`)
  if (reader.takeWord('BREAK') || reader.takeWord('EXIT')) return { kind: 'break' }
  if (reader.takeWord('CONTINUE') || reader.takeWord('ITERATE')) return { kind: 'continue' }
  if (reader.takeWord('NULL')) return { kind: 'null' }
  if (reader.takeWord('RAISE')) return { kind: 'raise', name: reader.isSymbol(';') ? null : readName(reader).value }
  if (reader.takeWord('RETURN')) return { kind: 'return', value: reader.isSymbol(';') ? null : reader.expressionText() }
  if (reader.isWord('EXECUTE', 'IMMEDIATE') && reader.ahead(2).kind !== 'string') {
    reader.expectWord('EXECUTE', 'IMMEDIATE')
    reader.takeSymbol(':')
    return { kind: 'execute', expression: reader.expressionText() }
  }
  if (reader.ahead(1).kind === 'symbol' && reader.ahead(1).value === ':=') {
    const { value: name } = readName(reader)
    reader.next()
    return { kind: 'assign', name, value: reader.expressionText() }
  }
  return readSql(reader)
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

function readIf(reader: TokenReader): BlockStatement {
  const branches: { condition: string; body: readonly BlockStatement[] }[] = []
  do {
    const condition = reader.expressionText()
    reader.expectWord('THEN')
    branches.push({ condition, body: readBody(reader) })
  } while (reader.takeWord('ELSEIF'))
  const otherwise = reader.takeWord('ELSE') ? readBody(reader) : []
  reader.expectWord('END', 'IF')
  return { kind: 'if', branches, otherwise }
}

function readWhile(reader: TokenReader): BlockStatement {
  const condition = reader.expressionText()
  return { kind: 'while', condition, body: readLoop(reader, 'WHILE') }
}

function readFor(reader: TokenReader): BlockStatement {
  const { value: name } = readName(reader)
  reader.expectWord('IN')
  const reverse = reader.takeWord('REVERSE')
  const from = reader.expressionText()
  if (!reader.takeWord('TO')) throw unsupported('FOR over a cursor')
  const to = reader.expressionText()
  return { kind: 'for', name, from, to, reverse, body: readLoop(reader, 'FOR') }
}

/** DO … END WHILE, or LOOP … END LOOP. */
function readLoop(reader: TokenReader, own: 'WHILE' | 'FOR'): readonly BlockStatement[] {
  const word = reader.takeWord('DO') ? own : 'LOOP'
  if (word === 'LOOP') reader.expectWord('LOOP')
  const body = readBody(reader)
  reader.expectWord('END', word)
  return body
}
