/** The grammar of expressions, from OR down to the operators that bind most. */
import { readTypeWords } from './read-name.ts'
import { readPrimary } from './read-primary.ts'
import { spanned, startsQuery } from './read-order.ts'
import { syntaxError } from './snowflake-error.ts'
import type { Expression } from './expression.ts'
import type { TokenReader } from './token-reader.ts'

export function readExpression(reader: TokenReader): Expression {
  let left = readAnd(reader)
  while (reader.takeWord('OR')) left = binary(reader, 'OR', left, readAnd(reader))
  return left
}

function readAnd(reader: TokenReader): Expression {
  let left = readNot(reader)
  while (reader.takeWord('AND')) left = binary(reader, 'AND', left, readNot(reader))
  return left
}

function readNot(reader: TokenReader): Expression {
  const start = reader.token.start
  if (!reader.takeWord('NOT')) return readComparison(reader)
  return spanned(reader, start, { kind: 'unary', operator: 'NOT', value: readNot(reader) })
}

function readComparison(reader: TokenReader): Expression {
  let left = readSum(reader)
  for (;;) {
    const token = reader.token
    if (token.kind === 'symbol' && comparisons.has(token.value)) {
      reader.next()
      left = binary(reader, token.value === '!=' ? '<>' : token.value, left, readQuantified(reader))
    } else if (token.kind === 'word') {
      const further = readPredicate(reader, left)
      if (further === null) return left
      left = further
    } else return left
  }
}

const comparisons: ReadonlySet<string> = new Set(['=', '<>', '!=', '<', '>', '<=', '>='])

/** = ANY (SELECT …) is refused: the sandbox has IN for it. */
function readQuantified(reader: TokenReader): Expression {
  if (reader.isWord('ANY') || reader.isWord('ALL')) throw reader.unexpected()
  return readSum(reader)
}

function readPredicate(reader: TokenReader, value: Expression): Expression | null {
  if (reader.isWord('IS')) return readIs(reader, value)
  const negated = reader.isWord('NOT')
  const word = negated ? reader.ahead(1).value : reader.token.value
  if (!predicates.has(word)) return null
  // Of POSITION('a' IN 'b') the call takes care.
  if (word === 'IN' && !negated && reader.ahead(1).value !== '(') return null
  if (negated) reader.next()
  reader.next()
  const { start } = value
  if (word === 'BETWEEN') {
    const low = readSum(reader)
    reader.expectWord('AND')
    return spanned(reader, start, { kind: 'between', value, low, high: readSum(reader), negated })
  }
  if (word === 'IN') return readIn(reader, value, negated)
  const operator = word === 'LIKE' || word === 'ILIKE' ? word : 'RLIKE'
  const quantifier = reader.takeWord('ANY') ? 'ANY' : reader.takeWord('ALL') ? 'ALL' : null
  const patterns = quantifier === null ? [readSum(reader)] : reader.listInParentheses(() => readExpression(reader))
  const escape = reader.takeWord('ESCAPE') ? readSum(reader) : null
  return spanned(reader, start, { kind: 'like', operator, quantifier, value, patterns, escape, negated })
}

const predicates: ReadonlySet<string> = new Set(['BETWEEN', 'IN', 'LIKE', 'ILIKE', 'RLIKE', 'REGEXP'])

function readIs(reader: TokenReader, value: Expression): Expression {
  reader.expectWord('IS')
  const negated = reader.takeWord('NOT')
  const { start } = value
  if (reader.takeWord('DISTINCT', 'FROM'))
    return spanned(reader, start, { kind: 'distinct_from', left: value, right: readSum(reader), negated })
  for (const what of ['NULL', 'TRUE', 'FALSE'] as const)
    if (reader.takeWord(what)) return spanned(reader, start, { kind: 'is', value, what, negated })
  throw reader.unexpected()
}

function readIn(reader: TokenReader, value: Expression, negated: boolean): Expression {
  if (!reader.isSymbol('(')) throw reader.unexpected()
  const { start } = value
  if (startsQuery(reader, 1)) {
    reader.expectSymbol('(')
    const query = reader.readQuery()
    reader.expectSymbol(')')
    return spanned(reader, start, { kind: 'in_query', value, query, negated })
  }
  const list = reader.listInParentheses(() => readExpression(reader))
  return spanned(reader, start, { kind: 'in', value, list, negated })
}

function readSum(reader: TokenReader): Expression {
  let left = readProduct(reader)
  while (reader.isSymbol('+') || reader.isSymbol('-') || reader.isSymbol('||'))
    left = binary(reader, reader.next().value, left, readProduct(reader))
  return left
}

function readProduct(reader: TokenReader): Expression {
  let left = readSigned(reader)
  while (reader.isSymbol('*') || reader.isSymbol('/') || reader.isSymbol('%'))
    left = binary(reader, reader.next().value, left, readSigned(reader))
  return left
}

function readSigned(reader: TokenReader): Expression {
  const { start, value } = reader.token
  if (!reader.isSymbol('-') && !reader.isSymbol('+')) return readPostfix(reader)
  reader.next()
  const inner = readSigned(reader)
  if (value === '-' && inner.kind === 'number' && !inner.text.startsWith('-'))
    return spanned(reader, start, { kind: 'number', text: `-${inner.text}` })
  return spanned(reader, start, { kind: 'unary', operator: value === '-' ? '-' : '+', value: inner })
}

/** `::TYPE`, `:path.to[0]`, `[0]`. */
function readPostfix(reader: TokenReader): Expression {
  let value = readPrimary(reader)
  const { start } = value
  for (;;) {
    if (reader.takeSymbol('::'))
      value = spanned(reader, start, { kind: 'cast', value, type: readTypeWords(reader), isTry: false })
    else if (reader.isSymbol(':') && isKey(reader, 1)) {
      reader.next()
      value = spanned(reader, start, { kind: 'path', value, keys: readKeys(reader) })
    } else if (reader.isSymbol('[') || (value.kind === 'path' && reader.isSymbol('.') && isKey(reader, 1)))
      value = spanned(reader, start, { kind: 'path', value, keys: readSteps(reader) })
    else return value
  }
}

const isKey = (reader: TokenReader, ahead: number) =>
  reader.ahead(ahead).kind === 'word' || reader.ahead(ahead).kind === 'quoted'

function readKeys(reader: TokenReader): readonly (string | Expression)[] {
  return [readKey(reader), ...readSteps(reader)]
}

/** A key is told apart by case, as it is written, quoted or not. */
function readKey(reader: TokenReader): string {
  const token = reader.token
  if (token.kind !== 'word' && token.kind !== 'quoted') throw reader.unexpected()
  reader.next()
  return token.kind === 'quoted' ? token.value : reader.text(token.start, token.end)
}

function readSteps(reader: TokenReader): readonly (string | Expression)[] {
  const keys: (string | Expression)[] = []
  for (;;) {
    if (reader.isSymbol('.') && isKey(reader, 1)) {
      reader.next()
      keys.push(readKey(reader))
    } else if (reader.takeSymbol('[')) {
      keys.push(readExpression(reader))
      reader.expectSymbol(']')
    } else return keys
  }
}

function binary(reader: TokenReader, operator: string, left: Expression, right: Expression): Expression {
  // A * stands alone.
  for (const side of [left, right]) if (side.kind === 'star') throw syntaxError(reader.place(side.start), '*')
  return spanned(reader, left.start, { kind: 'binary', operator, left, right })
}
