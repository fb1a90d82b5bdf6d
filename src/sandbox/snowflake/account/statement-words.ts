/** A small reader for what is said of users, roles, grants and warehouses. */
import { syntaxError } from '../sql/snowflake-error.ts'
import type { ObjectName } from '../sql/statement.ts'
import { placeOf, tokenize, type Token } from '../sql/tokenize.ts'

export type Words = {
  readonly is: (...words: readonly string[]) => boolean
  readonly take: (...words: readonly string[]) => boolean
  readonly expect: (...words: readonly string[]) => void
  readonly takeSymbol: (symbol: string) => boolean
  /** The next word, folded. */
  readonly word: () => string
  readonly isEnd: () => boolean
  /** One to three parts. */
  readonly name: () => readonly string[]
  /** `KEY = value` to the end, or as far as they go; keys in upper case. */
  readonly properties: () => { readonly [key: string]: string }
  readonly unexpected: () => never
}

export function readWords(sql: string): Words {
  const tokens = tokenize(sql)
  let at = 0
  const ahead = (count = 0): Token =>
    tokens[at + count] ?? { kind: 'end', value: '<EOF>', start: sql.length, end: sql.length }
  const unexpected = (): never => {
    const { start, end, kind } = ahead()
    throw syntaxError(placeOf(sql, start), kind === 'end' ? '<EOF>' : sql.slice(start, end))
  }
  const is = (...words: readonly string[]) =>
    words.every((word, index) => ahead(index).kind === 'word' && ahead(index).value === word)
  const take = (...words: readonly string[]) => {
    if (!is(...words)) return false
    at += words.length
    return true
  }
  const takeSymbol = (symbol: string) => {
    if (ahead().kind !== 'symbol' || ahead().value !== symbol) return false
    at++
    return true
  }
  const identifier = () => {
    if (ahead().kind !== 'word' && ahead().kind !== 'quoted') unexpected()
    return tokens[at++]?.value ?? ''
  }
  const value = () => {
    if (takeSymbol('(')) {
      const parts: string[] = []
      while (!takeSymbol(')')) {
        if (ahead().kind === 'end') unexpected()
        if (!takeSymbol(',')) parts.push(tokens[at++]?.value ?? '')
      }
      return parts.join(',')
    }
    if (ahead().kind === 'end') unexpected()
    const first = tokens[at++]?.value ?? ''
    // Values such as DB.SCHEMA.NAME.
    let rest = ''
    while (takeSymbol('.')) rest += `.${identifier()}`
    return first + rest
  }
  return {
    is,
    take,
    expect: (...words) => {
      for (const word of words) if (!take(word)) unexpected()
    },
    takeSymbol,
    word: () => {
      if (ahead().kind !== 'word') unexpected()
      return tokens[at++]?.value ?? ''
    },
    isEnd: () => ahead().kind === 'end' || (ahead().value === ';' && ahead(1).kind === 'end'),
    name: () => {
      const parts = [identifier()]
      while (takeSymbol('.')) parts.push(identifier())
      return parts
    },
    properties: () => {
      const found: { [key: string]: string } = {}
      while (ahead().kind === 'word' && ahead(1).kind === 'symbol' && ahead(1).value === '=') {
        const key = identifier()
        takeSymbol('=')
        found[key] = value()
        takeSymbol(',')
      }
      return found
    },
    unexpected,
  }
}

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
