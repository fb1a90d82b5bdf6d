/** Snowflake SQL cut into tokens. https://docs.snowflake.com/en/sql-reference/data-types-text#string-constants */
import { parseError, type Place, syntaxError } from './snowflake-error.ts'

export type Token = {
  readonly kind: 'word' | 'quoted' | 'number' | 'string' | 'symbol' | 'dollar' | 'stage' | 'end'
  /** A word folded to upper case; of a string what it means; of a stage what stands after the @. */
  readonly value: string
  readonly start: number
  readonly end: number
}

export function tokenize(sql: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at = skipBlanks(sql, at)
    if (at >= sql.length) break
    const token = readToken(sql, at)
    tokens.push(token)
    at = token.end
  }
  tokens.push({ kind: 'end', value: '<EOF>', start: sql.length, end: sql.length })
  return tokens
}

export function placeOf(sql: string, offset: number): Place {
  let line = 1
  let start = 0
  for (let next = sql.indexOf('\n'); next !== -1 && next < offset; next = sql.indexOf('\n', next + 1)) {
    line++
    start = next + 1
  }
  return { line, position: offset - start }
}

function skipBlanks(sql: string, from: number): number {
  let at = from
  for (;;) {
    blanks.lastIndex = at
    at += blanks.exec(sql)?.[0].length ?? 0
    const two = sql.slice(at, at + 2)
    if (two === '--' || two === '//') {
      const end = sql.indexOf('\n', at)
      at = end === -1 ? sql.length : end
    } else if (two === '/*') {
      const end = sql.indexOf('*/', at + 2)
      if (end === -1) throw parseError(placeOf(sql, at), '<EOF>')
      at = end + 2
    } else return at
  }
}

function readToken(sql: string, start: number): Token {
  const first = sql[start] ?? ''
  if (first === "'") return readString(sql, start)
  if (first === '"') return readQuoted(sql, start)
  if (first === '@') return match(sql, start, 'stage', stages, 1)
  if (first === '$')
    return sql[start + 1] === '$' ? readDollarText(sql, start) : match(sql, start, 'dollar', dollars, 1)
  if (/[0-9]/.test(first) || (first === '.' && /[0-9]/.test(sql[start + 1] ?? '')))
    return match(sql, start, 'number', numbers, 0)
  words.lastIndex = start
  const word = words.exec(sql)?.[0]
  if (word !== undefined) return { kind: 'word', value: fold(word), start, end: start + word.length }
  return match(sql, start, 'symbol', symbols, 0)
}

const fold = (word: string) => word.toUpperCase()

function match(sql: string, start: number, kind: Token['kind'], pattern: RegExp, skip: number): Token {
  pattern.lastIndex = start
  const text = pattern.exec(sql)?.[0]
  if (text === undefined) throw parseError(placeOf(sql, start), String.fromCodePoint(sql.codePointAt(start) ?? 0))
  return { kind, value: text.slice(skip), start, end: start + text.length }
}

function readString(sql: string, start: number): Token {
  strings.lastIndex = start
  const text = strings.exec(sql)?.[0]
  if (text === undefined) throw syntaxError(placeOf(sql, start), sql.slice(start, start + 200))
  const inner = text.slice(1, -1)
  return { kind: 'string', value: meaning(inner), start, end: start + text.length }
}

function meaning(inner: string): string {
  const halved = inner.includes("'") && !inner.includes('\\') ? inner.replaceAll("''", "'") : inner
  if (!inner.includes('\\')) return halved
  return inner.replace(
    /''|\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3][0-7]{2}|0)|([^]))/g,
    (all: string, u?: string, x?: string, octal?: string, other?: string) => {
      if (all === "''") return "'"
      if (u !== undefined || x !== undefined) return String.fromCharCode(Number.parseInt(u ?? x ?? '', 16))
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
      return escapes[other ?? ''] ?? other ?? ''
    },
  )
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

function readQuoted(sql: string, start: number): Token {
  quoted.lastIndex = start
  const text = quoted.exec(sql)?.[0]
  if (text === undefined) throw syntaxError(placeOf(sql, start), sql.slice(start, start + 200))
  return { kind: 'quoted', value: text.slice(1, -1).replaceAll('""', '"'), start, end: start + text.length }
}

function readDollarText(sql: string, start: number): Token {
  const end = sql.indexOf('$$', start + 2)
  if (end === -1) throw syntaxError(placeOf(sql, start), sql.slice(start, start + 200))
  return { kind: 'string', value: sql.slice(start + 2, end), start, end: end + 2 }
}

const blanks = /\s+/y
const words = /[\p{L}_][\p{L}\p{N}_$]*/uy
const numbers = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const dollars = /\$[A-Za-z0-9_]+/y
const strings = /'(?:[^'\\]|''|\\[^])*'/y
const quoted = /"(?:[^"]|"")*"/y
const symbols = /::|\|\||<=|>=|<>|!=|=>|:=|->|[-+*/%(),.;:=<>[\]{}?!^&|~]/y
/** `@~/a`, `@%table/path`, `@"S".%"T"/path/x.parquet`: up to a blank, a comma, a parenthesis or a semicolon. */
const stages = /@(?:"(?:[^"]|"")*"|[^\s,();"'])*/y
