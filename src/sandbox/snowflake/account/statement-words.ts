/** What statements about users, roles, grants and warehouses are made of, beside what every statement is. */
import { unknownProperty } from '../run/failures.ts'
import type { ObjectName } from '../sql/statement.ts'
import type { TokenReader } from '../sql/token-reader.ts'

/** The next word, folded. */
export function readWord(reader: TokenReader): string {
  if (reader.token.kind !== 'word') throw reader.unexpected()
  return reader.next().value
}

/** One to three parts. A reserved word is a name, too. */
export function readParts(reader: TokenReader): readonly string[] {
  const parts = [readPart(reader)]
  while (reader.takeSymbol('.')) parts.push(readPart(reader))
  return parts
}

function readPart(reader: TokenReader): string {
  const { kind } = reader.token
  if (kind !== 'word' && kind !== 'quoted') throw reader.unexpected()
  return reader.next().value
}

export type Properties = { readonly [key: string]: string }

/**
 * `KEY = value`, to the end of the statement; keys in upper case, and of those that the kind of object has.
 * `some`: there has to be one.
 */
export function readProperties(
  reader: TokenReader,
  kind: string,
  known: readonly string[],
  { some = false }: { readonly some?: boolean } = {},
): Properties {
  const found: { [key: string]: string } = {}
  while (!isDone(reader) || (some && Object.keys(found).length === 0)) {
    const key = readWord(reader)
    reader.expectSymbol('=')
    if (!known.includes(key)) throw unknownProperty(key, kind)
    found[key] = readValue(reader)
    reader.takeSymbol(',')
  }
  return found
}

/** A list in parentheses is its items with commas; a name keeps its dots. */
function readValue(reader: TokenReader): string {
  if (!reader.takeSymbol('(')) {
    if (reader.atEnd) throw reader.unexpected()
    const first = reader.next().value
    return [first, ...(reader.takeSymbol('.') ? readParts(reader) : [])].join('.')
  }
  const items: string[] = []
  while (!reader.takeSymbol(')')) {
    if (reader.atEnd) throw reader.unexpected()
    if (!reader.takeSymbol(',')) items.push(reader.next().value)
  }
  return items.join(',')
}

export const isDone = (reader: TokenReader): boolean =>
  reader.atEnd || (reader.isSymbol(';') && reader.ahead(1).kind === 'end')

/** One to three parts, with the session's place before them. */
export function completeName(
  parts: readonly string[],
  on: string,
  place: { readonly database: string | null; readonly schema: string | null },
): ObjectName {
  const [one = '', two, three] = parts
  if (on === 'DATABASE' || on === 'WAREHOUSE' || on === 'ACCOUNT' || on === 'ROLE' || on === 'USER')
    return { database: null, schema: null, name: one }
  if (on === 'SCHEMA')
    return two === undefined
      ? { database: place.database, schema: null, name: one }
      : { database: one, schema: null, name: two }
  if (three !== undefined) return { database: one, schema: two ?? null, name: three }
  if (two !== undefined) return { database: place.database, schema: one, name: two }
  return { database: place.database, schema: place.schema, name: one }
}
