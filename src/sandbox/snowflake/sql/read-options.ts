/** KEY = value, as statements about files, stages and warehouses have them. */
import type { TokenReader } from './token-reader.ts'

export type Options = Readonly<Record<string, string>>

/** As long as `KEY =` follows. */
export function readOptions(reader: TokenReader): Options {
  const options: Record<string, string> = {}
  while (reader.token.kind === 'word' && reader.ahead(1).kind === 'symbol' && reader.ahead(1).value === '=') {
    const key = reader.next().value
    reader.next()
    // Of a stage's FILE_FORMAT the parts are kept as the stage's own.
    if (isNested(reader)) Object.assign(options, readNested(reader))
    else options[key] = readOption(reader)
    reader.takeSymbol(',')
  }
  return options
}

const isNested = (reader: TokenReader) =>
  reader.isSymbol('(') &&
  reader.ahead(1).kind === 'word' &&
  reader.ahead(2).kind === 'symbol' &&
  reader.ahead(2).value === '='

/** A word is folded, a text stays; a list in parentheses is its items with commas. */
function readOption(reader: TokenReader): string {
  if (reader.isSymbol('(')) return reader.listInParentheses(() => readOption(reader)).join(',')
  const { kind } = reader.token
  if (kind === 'symbol' || kind === 'end') throw reader.unexpected()
  return reader.next().value
}

export function readNested(reader: TokenReader): Options {
  reader.expectSymbol('(')
  const options = readOptions(reader)
  reader.expectSymbol(')')
  return options
}
