/** DECLARE: variables and exceptions. https://docs.snowflake.com/en/sql-reference/snowflake-scripting/declare */
import { readName, readTypeWords } from '../read-name.ts'
import { showType, typeOf } from '../data-type.ts'
import { unsupported } from '../snowflake-error.ts'
import type { Declaration } from './block.ts'
import type { TokenReader } from '../token-reader.ts'

export function readDeclarations(reader: TokenReader): readonly Declaration[] {
  const declarations: Declaration[] = []
  while (!reader.isWord('BEGIN')) {
    declarations.push(readDeclaration(reader))
    reader.expectSymbol(';')
  }
  return declarations
}

function readDeclaration(reader: TokenReader): Declaration {
  const { value: name } = readName(reader)
  if (reader.takeWord('EXCEPTION')) {
    if (!reader.takeSymbol('(')) return { kind: 'exception', name, number: -20_000, message: '' }
    const isNegative = reader.takeSymbol('-')
    const number = reader.expectInteger() * (isNegative ? -1 : 1)
    const message = reader.takeSymbol(',') ? reader.expectString() : ''
    reader.expectSymbol(')')
    if (number < -20_999 || number > -20_000) throw reader.unexpected()
    return { kind: 'exception', name, number, message }
  }
  if (reader.isWord('CURSOR') || reader.isWord('RESULTSET')) throw unsupported(`${reader.token.value} in a block`)
  return { kind: 'variable', name, ...readTyped(reader) }
}

/** `TYPE DEFAULT x`, `TYPE := x`, `:= x`, `TYPE`. */
export function readTyped(reader: TokenReader): { readonly type: string | null; readonly value: string | null } {
  const isValue = () => reader.isWord('DEFAULT') || reader.isSymbol(':=')
  const type = isValue() || reader.isSymbol(';') ? null : showType(typeOf(readTypeWords(reader)))
  if (!isValue()) return { type, value: null }
  reader.next()
  return { type, value: reader.expressionText() }
}
