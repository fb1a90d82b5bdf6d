import { refuse } from './refusal.ts'

/**
 * The part of SOQL that the simulator understands; everything else is MALFORMED_QUERY, as a slip is at the vendor.
 * https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm
 */
export type Query = {
  readonly count: boolean
  readonly fields: readonly FieldPath[]
  readonly from: string
  readonly where: Condition | null
  readonly orderBy: readonly { readonly field: FieldPath; readonly descending: boolean; readonly nullsLast: boolean }[]
  readonly limit: number | null
  readonly offset: number
  readonly text: string
}

/** `Owner.Name` as its parts; `at` is the offset in the query, for errors. */
export type FieldPath = { readonly parts: readonly string[]; readonly at: number }

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'compare'; readonly field: FieldPath; readonly operator: Operator; readonly value: Literal }
  | { readonly kind: 'in'; readonly field: FieldPath; readonly negated: boolean; readonly values: readonly Literal[] }

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'like'

export type Literal =
  | { readonly kind: 'string' | 'number' | 'date' | 'datetime'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }

type Token = {
  readonly kind: 'word' | 'string' | 'number' | 'date' | 'datetime' | 'symbol' | 'end'
  readonly text: string
  readonly at: number
}

export function parseSoql(text: string): Query {
  const tokens = tokenize(text)
  let next = 0
  const peek = () => tokens[next] ?? end(text)
  const take = () => tokens[next++] ?? end(text)
  const isWord = (word: string) => peek().kind === 'word' && peek().text.toLowerCase() === word
  const isSymbol = (symbol: string) => peek().kind === 'symbol' && peek().text === symbol
  const accept = (test: boolean) => test && (next++, true)
  const need = (test: boolean) => {
    if (!test) throw unexpected(text, peek())
    return take()
  }
  const fieldPath = (): FieldPath => {
    const token = need(peek().kind === 'word' && !reserved.has(peek().text.toLowerCase()))
    return { parts: token.text.split('.'), at: token.at }
  }

  need(isWord('select'))
  const count = isWord('count') && tokens[next + 1]?.text === '('
  const fields: FieldPath[] = []
  if (count) {
    next++
    need(isSymbol('('))
    need(isSymbol(')'))
  } else
    do fields.push(fieldPath())
    while (accept(isSymbol(',')))
  need(isWord('from'))
  const from = need(peek().kind === 'word').text
  const where = accept(isWord('where')) ? disjunction() : null
  const orderBy: { field: FieldPath; descending: boolean; nullsLast: boolean }[] = []
  if (accept(isWord('order'))) {
    need(isWord('by'))
    do {
      const field = fieldPath()
      const descending = accept(isWord('desc'))
      if (!descending) accept(isWord('asc'))
      let nullsLast = false
      if (accept(isWord('nulls'))) {
        nullsLast = isWord('last')
        need(nullsLast || isWord('first'))
      }
      orderBy.push({ field, descending, nullsLast })
    } while (accept(isSymbol(',')))
  }
  const limit = accept(isWord('limit')) ? Number(need(peek().kind === 'number').text) : null
  const offset = accept(isWord('offset')) ? Number(need(peek().kind === 'number').text) : 0
  if (peek().kind !== 'end') throw unexpected(text, peek())
  if (count && orderBy.length > 0)
    throw malformed(text, orderBy[0]?.field.at ?? 0, 'Grouped query cannot have ORDER BY on an ungrouped field')
  return { count, fields, from, where, orderBy, limit, offset, text }

  function disjunction(): Condition {
    const first = condition()
    const word = isWord('and') ? 'and' : isWord('or') ? 'or' : null
    if (!word) return first
    const parts = [first]
    while (accept(isWord(word))) parts.push(condition())
    // SOQL wants parentheses where AND and OR meet.
    if (isWord('and') || isWord('or')) throw unexpected(text, peek())
    return { kind: word, parts }
  }

  function condition(): Condition {
    if (accept(isWord('not'))) return { kind: 'not', part: condition() }
    if (accept(isSymbol('('))) {
      const inner = disjunction()
      need(isSymbol(')'))
      return inner
    }
    const field = fieldPath()
    if (accept(isWord('like'))) return { kind: 'compare', field, operator: 'like', value: literal() }
    const negated = accept(isWord('not'))
    if (negated || isWord('in')) {
      need(isWord('in'))
      need(isSymbol('('))
      const values = [literal()]
      while (accept(isSymbol(','))) values.push(literal())
      need(isSymbol(')'))
      return { kind: 'in', field, negated, values }
    }
    const symbol = need(peek().kind === 'symbol' && operators.has(peek().text)).text
    const operator = operators.get(symbol) ?? '='
    return { kind: 'compare', field, operator, value: literal() }
  }

  function literal(): Literal {
    const token = take()
    const { kind } = token
    if (kind === 'string' || kind === 'number' || kind === 'date' || kind === 'datetime')
      return { kind, text: token.text }
    const word = kind === 'word' ? token.text.toLowerCase() : ''
    if (word === 'null') return { kind: 'null' }
    if (word === 'true' || word === 'false') return { kind: 'boolean', value: word === 'true' }
    throw unexpected(text, token)
  }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(tokenPattern, 'y')
  for (let at = 0; at < text.length;) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (!match)
      throw malformed(text, at, text[at] === "'" ? 'unterminated string literal' : `unexpected token: '${text[at]}'`)
    const kind = (['string', 'datetime', 'date', 'number', 'word', 'symbol'] as const).find(
      (name) => match.groups?.[name] !== undefined,
    )
    if (kind) tokens.push({ kind, text: kind === 'string' ? unescape(match[0].slice(1, -1), text, at) : match[0], at })
    at = pattern.lastIndex
  }
  return tokens
}

function unescape(inner: string, text: string, at: number): string {
  return inner.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (whole, letter: string) => {
    if (letter.startsWith('u') && letter.length === 5) return String.fromCharCode(Number.parseInt(letter.slice(1), 16))
    const plain = escapes[letter]
    if (plain === undefined)
      throw malformed(
        text,
        at,
        `Illegal string literal: Invalid string literal '${inner}'. Illegal character sequence '${whole}' in string literal.`,
      )
    return plain
  })
}

/** The query's line, a caret, and where: as the vendor shows it. */
export function at(text: string, offset: number): string {
  const before = text.slice(Math.max(0, offset - 30), offset).replace(/\s/g, ' ')
  const row = text.slice(0, offset).split('\n').length
  const column = offset - text.lastIndexOf('\n', offset - 1)
  return `\n${before}${text.slice(offset, offset + 20).replace(/\s/g, ' ')}\n${' '.repeat(before.length)}^\nERROR at Row:${row}:Column:${column}\n`
}

const malformed = (text: string, offset: number, what: string) =>
  refuse(400, 'MALFORMED_QUERY', at(text, offset) + what)
const unexpected = (text: string, token: Token) =>
  token.kind === 'end'
    ? refuse(400, 'MALFORMED_QUERY', 'unexpected token: <EOF>')
    : malformed(text, token.at, `unexpected token: '${token.text}'`)
const end = (text: string): Token => ({ kind: 'end', text: '<EOF>', at: text.length })

const tokenPattern =
  /(?<space>\s+)|(?<string>'(?:[^'\\]|\\.)*')|(?<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))|(?<date>\d{4}-\d\d-\d\d)|(?<number>[+-]?\d+(?:\.\d+)?)|(?<word>[A-Za-z_][\w.]*)|(?<symbol><=|>=|<>|!=|[=<>(),])/
    .source
const reserved = new Set(['select', 'from', 'where', 'and', 'or', 'not', 'order', 'limit', 'in', 'like'])
const operators = new Map<string, Operator>([
  ['=', '='],
  ['!=', '!='],
  ['<>', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
])
const escapes: { readonly [letter: string]: string } = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '"': '"',
  "'": "'",
  '\\': '\\',
  _: '\\_',
  '%': '\\%',
}
