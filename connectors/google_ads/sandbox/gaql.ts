/** The vendor's query language, as much of it as is served. https://developers.google.com/google-ads/api/docs/query/grammar */
import { isRefusal, refuseQuery, type Refusal } from './refusal.ts'

export type Query = {
  readonly select: readonly string[]
  /** '' in a query of fields, which has no FROM. */
  readonly from: string
  readonly where: readonly Condition[]
  readonly orderBy: readonly { readonly field: string; readonly isDescending: boolean }[]
  readonly limit: number | null
}

export type Condition = { readonly field: string; readonly operator: string; readonly values: readonly Value[] }
export type Value = { readonly text: string; readonly isString: boolean }

type Token = { readonly kind: 'word' | 'string' | 'number' | 'mark'; readonly text: string }

export function parseGaql(text: string, of: 'rows' | 'fields'): Query | Refusal {
  const tokens = cutTokens(text)
  if (isRefusal(tokens)) return tokens
  try {
    return readQuery(createReader(tokens), of)
  } catch (error) {
    if (error instanceof SyntaxRefusal) return error.refusal
    throw error
  }
}

function cutTokens(text: string): readonly Token[] | Refusal {
  const tokens: Token[] = []
  const pattern =
    /\s+|'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|([A-Za-z_][\w.]*)|(-?\d+(?:\.\d+)?)|(<=|>=|!=|[=<>(),])/gy
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    if (!match)
      return /['"]/.test(text[at] ?? '')
        ? refuseQuery('STRING_NOT_TERMINATED', 'Error in query: a string is not terminated.')
        : refuseQuery('BAD_SYMBOL', `Error in query: unexpected symbol ${text[at]}.`)
    const [, single, double, word, number, mark] = match
    const string = single ?? double
    if (string !== undefined) tokens.push({ kind: 'string', text: string.replace(/\\(.)/gs, '$1') })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark })
  }
  return tokens
}

type Reader = ReturnType<typeof createReader>

function createReader(tokens: readonly Token[]) {
  let at = 0
  const peek = () => tokens[at]
  const isWord = (word: string) => peek()?.kind === 'word' && peek()?.text.toUpperCase() === word
  const take = (): Token => {
    const token = tokens[at++]
    if (!token) fail('UNEXPECTED_END_OF_QUERY', 'Error in query: unexpected end of query.')
    return token
  }
  return {
    peek,
    take,
    isWord,
    /** Takes the words if they stand here. */
    words: (...expected: readonly string[]): boolean => {
      const found = expected.every((word, index) => tokens[at + index]?.text.toUpperCase() === word)
      if (found) at += expected.length
      return found
    },
    mark: (mark: string): boolean => {
      if (peek()?.kind !== 'mark' || peek()?.text !== mark) return false
      at++
      return true
    },
  }
}

/** Thrown inside of the parser only. */
class SyntaxRefusal extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

function fail(code: string, message: string): never {
  throw new SyntaxRefusal(refuseQuery(code, message))
}

function readQuery(reader: Reader, of: 'rows' | 'fields'): Query {
  if (!reader.words('SELECT')) fail('EXPECTED_SELECT', 'Error in query: expected SELECT.')
  const select = readList(reader, () => readName(reader))
  let from = ''
  if (of === 'fields' && reader.isWord('FROM'))
    fail('UNEXPECTED_FROM_CLAUSE', 'Error in query: a query of fields has no FROM clause.')
  if (of === 'rows') {
    if (!reader.words('FROM')) fail('EXPECTED_FROM', 'Error in query: expected FROM.')
    from = readName(reader)
  }
  const where: Condition[] = []
  if (reader.words('WHERE')) {
    where.push(readCondition(reader))
    while (reader.words('AND')) where.push(readCondition(reader))
  }
  const orderBy: { field: string; isDescending: boolean }[] = []
  if (reader.words('ORDER')) {
    if (!reader.words('BY')) fail('EXPECTED_BY', 'Error in query: expected BY.')
    orderBy.push(
      ...readList(reader, () => {
        const field = readName(reader)
        const isDescending = reader.words('DESC')
        if (!isDescending) reader.words('ASC')
        return { field, isDescending }
      }),
    )
  }
  let limit: number | null = null
  if (reader.words('LIMIT')) {
    const { text, kind } = reader.take()
    if (kind !== 'number' || !/^\d+$/.test(text)) fail('BAD_LIMIT_VALUE', `Error in query: bad limit ${text}.`)
    limit = Number(text)
    if (limit < 1) fail('LIMIT_VALUE_TOO_LOW', 'Error in query: the limit is too low.')
  }
  const rest = reader.peek()
  if (rest) fail('UNEXPECTED_INPUT', `Error in query: unexpected input ${rest.text}.`)
  return { select, from, where, orderBy, limit }
}

function readCondition(reader: Reader): Condition {
  const field = readName(reader)
  if (reader.words('IS', 'NOT', 'NULL')) return { field, operator: 'IS NOT NULL', values: [] }
  if (reader.words('IS', 'NULL')) return { field, operator: 'IS NULL', values: [] }
  if (reader.words('BETWEEN')) {
    const low = readValue(reader)
    if (!reader.words('AND')) fail('EXPECTED_VALUE_WITH_BETWEEN_OPERATOR', 'Error in query: expected AND.')
    return { field, operator: 'BETWEEN', values: [low, readValue(reader)] }
  }
  if (reader.words('DURING')) return { field, operator: 'DURING', values: [readValue(reader)] }
  for (const words of [['NOT', 'IN'], ['IN'], ['CONTAINS', 'ANY'], ['CONTAINS', 'ALL'], ['CONTAINS', 'NONE']])
    if (reader.words(...words)) {
      if (!reader.mark('(')) fail('EXPECTED_LIST', 'Error in query: expected a list.')
      const values = readList(reader, () => readValue(reader))
      if (!reader.mark(')')) fail('EXPECTED_LIST', 'Error in query: expected the end of a list.')
      return { field, operator: words.join(' '), values }
    }
  for (const words of [['NOT', 'LIKE'], ['LIKE']])
    if (reader.words(...words)) return { field, operator: words.join(' '), values: [readValue(reader)] }
  const { text, kind } = reader.take()
  if (kind !== 'mark' || !/^(=|!=|<|<=|>|>=)$/.test(text)) fail('BAD_OPERATOR', `Error in query: bad operator ${text}.`)
  return { field, operator: text, values: [readValue(reader)] }
}

function readList<T>(reader: Reader, read: () => T): readonly T[] {
  const items = [read()]
  while (reader.mark(',')) items.push(read())
  return items
}

function readName(reader: Reader): string {
  const { kind, text } = reader.take()
  if (kind !== 'word') fail('BAD_FIELD_NAME', `Error in query: bad field name ${text}.`)
  return text
}

function readValue(reader: Reader): Value {
  const { kind, text } = reader.take()
  if (kind === 'mark') fail('BAD_VALUE', `Error in query: bad value ${text}.`)
  return { text, isString: kind === 'string' }
}
