/** SQL as far as models need it: what is a comment or a literal, and what is code. */
export type SqlToken = {
  readonly kind: 'word' | 'number' | 'string' | 'identifier' | 'comment' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
}

/** In order; blanks are left out. What is never closed goes to the end. Where `escapes`, a backslash in a string begins one and `//` a comment, as on Snowflake. */
export function readSqlTokens(sql: string, { escapes }: { readonly escapes: boolean }): readonly SqlToken[] {
  const tokens: SqlToken[] = []
  let at = 0
  while (at < sql.length) {
    const blanks = matchAt(/\s+/y, sql, at)
    if (blanks > 0) {
      at += blanks
      continue
    }
    const kind = kindAt(sql, at, escapes)
    const end = endOf(sql, at, { kind, escapes })
    tokens.push({ kind, text: sql.slice(at, end), start: at, end })
    at = end
  }
  return tokens
}

function kindAt(sql: string, at: number, escapes: boolean): SqlToken['kind'] {
  const character = sql[at] ?? ''
  const pair = sql.slice(at, at + 2)
  if (pair === '--' || pair === '/*' || (escapes && pair === '//')) return 'comment'
  if (character === "'" || pair === '$$') return 'string'
  if (character === '"') return 'identifier'
  if (/[0-9]/.test(character)) return 'number'
  return wordStart.test(character) ? 'word' : 'symbol'
}

type Kind = { readonly kind: SqlToken['kind']; readonly escapes: boolean }

function endOf(sql: string, at: number, { kind, escapes }: Kind): number {
  switch (kind) {
    case 'comment':
      return sql.startsWith('/*', at) ? indexAfter(sql, '*/', at + 2) : at + matchAt(/.*/y, sql, at)
    case 'string':
      return sql[at] === '$' ? indexAfter(sql, '$$', at + 2) : closingQuote(sql, at, escapes)
    case 'identifier':
      return closingQuote(sql, at, false)
    case 'number':
      return at + (matchAt(/[0-9][\w.]*/y, sql, at) || 1)
    case 'word':
      return at + (matchAt(/[\p{L}_][\p{L}\p{N}_$]*/uy, sql, at) || 1)
    case 'symbol':
      return at + (matchAt(symbols, sql, at) || 1)
  }
}

/** A quote that stands twice is one of the text. */
function closingQuote(sql: string, at: number, escapes: boolean): number {
  const quote = sql[at] ?? ''
  let end = at + 1
  while (end < sql.length) {
    if (escapes && sql[end] === '\\') end += 2
    else if (sql[end] !== quote) end++
    else if (sql[end + 1] === quote) end += 2
    else return end + 1
  }
  return sql.length
}

function indexAfter(sql: string, text: string, from: number): number {
  const found = sql.indexOf(text, from)
  return found === -1 ? sql.length : found + text.length
}

function matchAt(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at
  return pattern.exec(sql)?.[0].length ?? 0
}

const wordStart = /[\p{L}_]/u
const symbols = /->>|->|::|\|\||\/\/|<=|>=|<>|!=|=>|\{\{|\}\}/y
