/** What an expression is made of: constants, columns, calls, subqueries. */
import { readOrder, spanned, startsQuery } from './read-order.ts'
import { readNameAfterDot, readTypeWords, reserved } from './read-name.ts'
import { readStarTail } from './read-star.ts'
import type { Call, Expression, Name, Window } from './expression.ts'
import type { TokenReader } from './token-reader.ts'

export function readPrimary(reader: TokenReader): Expression {
  const token = reader.token
  const { start } = token
  switch (token.kind) {
    case 'number':
      reader.next()
      return spanned(reader, start, { kind: 'number', text: token.value })
    case 'string':
      reader.next()
      return spanned(reader, start, { kind: 'string', text: token.value })
    case 'dollar':
      reader.next()
      if (/^\d+$/.test(token.value))
        return spanned(reader, start, { kind: 'positional', table: null, index: Number(token.value) })
      return spanned(reader, start, { kind: 'session_variable', name: token.value.toUpperCase() })
    case 'symbol':
      return readSymbol(reader)
    case 'quoted':
      return readNamed(reader)
    case 'word':
      return readWord(reader)
    default:
      throw reader.unexpected()
  }
}

function readSymbol(reader: TokenReader): Expression {
  const { start, value } = reader.token
  switch (value) {
    case '(':
      return readParentheses(reader)
    case '*':
      reader.next()
      return spanned(reader, start, readStarTail(reader, []))
    case '?':
      reader.next()
      return spanned(reader, start, { kind: 'bind', index: reader.nextBind() })
    case ':': {
      reader.next()
      const next = reader.next()
      if (next.kind === 'number') return spanned(reader, start, { kind: 'bind', index: Number(next.value) - 1 })
      if (next.kind !== 'word' && next.kind !== 'quoted') throw reader.unexpected(next)
      return spanned(reader, start, { kind: 'variable', name: next.value })
    }
    case '[': {
      reader.next()
      const items = reader.isSymbol(']') ? [] : reader.list(() => reader.readExpression())
      reader.expectSymbol(']')
      return spanned(reader, start, { kind: 'array', items })
    }
    case '{': {
      reader.next()
      const entries = reader.isSymbol('}')
        ? []
        : reader.list(() => {
            const key = reader.expectString()
            reader.expectSymbol(':')
            return { key, value: reader.readExpression() }
          })
      reader.expectSymbol('}')
      return spanned(reader, start, { kind: 'object', entries })
    }
    default:
      throw reader.unexpected()
  }
}

function readParentheses(reader: TokenReader): Expression {
  const { start } = reader.token
  if (startsQuery(reader, 1)) {
    reader.expectSymbol('(')
    const query = reader.readQuery()
    reader.expectSymbol(')')
    return spanned(reader, start, { kind: 'query', query })
  }
  reader.expectSymbol('(')
  const first = reader.readExpression()
  if (!reader.isSymbol(',')) {
    reader.expectSymbol(')')
    return { ...first, start, end: reader.previousEnd }
  }
  const items = [first]
  while (reader.takeSymbol(',')) items.push(reader.readExpression())
  reader.expectSymbol(')')
  return spanned(reader, start, { kind: 'tuple', items })
}

function readWord(reader: TokenReader): Expression {
  const { start, value } = reader.token
  switch (value) {
    case 'NULL':
      reader.next()
      return spanned(reader, start, { kind: 'null' })
    case 'TRUE':
    case 'FALSE':
      reader.next()
      return spanned(reader, start, { kind: 'boolean', value: value === 'TRUE' })
    case 'CASE':
      return readCase(reader)
    case 'CAST':
    case 'TRY_CAST': {
      reader.next()
      reader.expectSymbol('(')
      const inner = reader.readExpression()
      reader.expectWord('AS')
      const type = readTypeWords(reader)
      reader.expectSymbol(')')
      return spanned(reader, start, { kind: 'cast', value: inner, type, isTry: value === 'TRY_CAST' })
    }
    case 'EXISTS': {
      reader.next()
      reader.expectSymbol('(')
      const query = reader.readQuery()
      reader.expectSymbol(')')
      return spanned(reader, start, { kind: 'exists', query })
    }
    case 'DEFAULT':
      reader.next()
      return spanned(reader, start, { kind: 'default' })
    case 'CURRENT_DATE':
    case 'CURRENT_TIME':
    case 'CURRENT_TIMESTAMP':
    case 'LOCALTIME':
    case 'LOCALTIMESTAMP':
    case 'CURRENT_USER':
      if (isOpening(reader, 1)) return readNamed(reader)
      reader.next()
      return spanned(reader, start, { ...noCall, name: value })
    default:
  }
  if (reader.ahead(1).kind === 'string') {
    const typed = readTypedConstant(reader)
    if (typed) return typed
  }
  return readNamed(reader)
}

/** DATE '2026-11-20', INTERVAL '1 day', X'41'. */
function readTypedConstant(reader: TokenReader): Expression | null {
  const { start, value } = reader.token
  if (value === 'INTERVAL') {
    reader.next()
    return spanned(reader, start, { kind: 'interval', text: reader.expectString() })
  }
  if (value === 'X' && reader.ahead(1).start === reader.token.end) {
    reader.next()
    const text = reader.next()
    const inner: Expression = { kind: 'string', text: text.value, start: text.start, end: text.end }
    return spanned(reader, start, { kind: 'cast', value: inner, type: { name: 'BINARY', args: [] }, isTry: false })
  }
  if (!/^(DATE|TIME|TIMESTAMP(_NTZ|_LTZ|_TZ)?)$/.test(value)) return null
  reader.next()
  const text = reader.next()
  const inner: Expression = { kind: 'string', text: text.value, start: text.start, end: text.end }
  return spanned(reader, start, { kind: 'cast', value: inner, type: { name: value, args: [] }, isTry: false })
}

function readCase(reader: TokenReader): Expression {
  const { start } = reader.next()
  const operand = reader.isWord('WHEN') ? null : reader.readExpression()
  const whens: { when: Expression; result: Expression }[] = []
  while (reader.takeWord('WHEN')) {
    const when = reader.readExpression()
    reader.expectWord('THEN')
    whens.push({ when, result: reader.readExpression() })
  }
  if (whens.length === 0) throw reader.unexpected()
  const otherwise = reader.takeWord('ELSE') ? reader.readExpression() : null
  reader.expectWord('END')
  return spanned(reader, start, { kind: 'case', operand, whens, otherwise })
}

const isOpening = (reader: TokenReader, ahead: number) =>
  reader.ahead(ahead).kind === 'symbol' && reader.ahead(ahead).value === '('

/** A column, t.*, t.$1 or a call. */
function readNamed(reader: TokenReader): Expression {
  const { start, kind, value } = reader.token
  if (isOpening(reader, 1) && (kind === 'quoted' || !reserved.has(value) || callable.has(value))) {
    reader.next()
    return readCall(reader, start, value, [])
  }
  if (kind === 'word' && reserved.has(value)) throw reader.unexpected()
  reader.next()
  const parts: Name[] = [{ value, quoted: kind === 'quoted' }]
  while (reader.isSymbol('.')) {
    reader.next()
    if (reader.takeSymbol('*')) return spanned(reader, start, readStarTail(reader, parts))
    if (reader.token.kind === 'dollar')
      return spanned(reader, start, { kind: 'positional', table: value, index: Number(reader.next().value) })
    const name = readNameAfterDot(reader)
    if (reader.isSymbol('(')) return readCall(reader, start, name.value, parts)
    parts.push(name)
  }
  return spanned(reader, start, { kind: 'column', parts })
}

/** Reserved words that are functions too. */
const callable: ReadonlySet<string> = new Set(
  'LEFT RIGHT LIKE ILIKE RLIKE INSERT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER LOCALTIME LOCALTIMESTAMP'.split(
    ' ',
  ),
)

function readCall(reader: TokenReader, start: number, name: string, path: readonly Name[]): Expression {
  reader.expectSymbol('(')
  const args: Expression[] = []
  const named: { name: string; value: Expression }[] = []
  const distinct = reader.takeWord('DISTINCT')
  if (!distinct) reader.takeWord('ALL')
  if (!reader.isSymbol(')'))
    do {
      if (reader.ahead(1).kind === 'symbol' && reader.ahead(1).value === '=>') {
        const key = reader.next().value
        reader.next()
        named.push({ name: key, value: readArgument(reader) })
      } else args.push(readArgument(reader))
      if (name === 'EXTRACT' && args.length === 1 && reader.takeWord('FROM')) args.push(reader.readExpression())
      if (name === 'POSITION' && args.length === 1 && reader.takeWord('IN')) args.push(reader.readExpression())
    } while (reader.takeSymbol(','))
  let nulls = readNulls(reader)
  reader.expectSymbol(')')
  nulls = readNulls(reader) ?? nulls
  const withinGroup = readWithinGroup(reader)
  const over = reader.takeWord('OVER') ? readWindow(reader) : null
  return spanned(reader, start, { kind: 'call', name, path, args, named, distinct, withinGroup, nulls, over })
}

function readArgument(reader: TokenReader): Expression {
  if (!startsQuery(reader, 0)) return reader.readExpression()
  if (!reader.isSymbol('(')) {
    const { start } = reader.token
    return spanned(reader, start, { kind: 'query', query: reader.readQuery() })
  }
  return reader.readExpression()
}

function readNulls(reader: TokenReader): Call['nulls'] {
  if (reader.takeWord('IGNORE', 'NULLS')) return 'IGNORE'
  return reader.takeWord('RESPECT', 'NULLS') ? 'RESPECT' : null
}

function readWithinGroup(reader: TokenReader): Call['withinGroup'] {
  if (!reader.takeWord('WITHIN', 'GROUP')) return null
  reader.expectSymbol('(')
  reader.expectWord('ORDER', 'BY')
  const order = readOrder(reader)
  reader.expectSymbol(')')
  return order
}

function readWindow(reader: TokenReader): Window {
  reader.expectSymbol('(')
  const partition = reader.takeWord('PARTITION', 'BY') ? reader.list(() => reader.readExpression()) : []
  const order = reader.takeWord('ORDER', 'BY') ? readOrder(reader) : []
  const frame = reader.isWord('ROWS') || reader.isWord('RANGE') ? readFrame(reader) : null
  reader.expectSymbol(')')
  return { partition, order, frame }
}

function readFrame(reader: TokenReader): string {
  const unit = reader.next().value
  if (!reader.takeWord('BETWEEN')) return `${unit} ${readBound(reader)}`
  const from = readBound(reader)
  reader.expectWord('AND')
  return `${unit} BETWEEN ${from} AND ${readBound(reader)}`
}

function readBound(reader: TokenReader): string {
  if (reader.takeWord('CURRENT', 'ROW')) return 'CURRENT ROW'
  const size = reader.takeWord('UNBOUNDED') ? 'UNBOUNDED' : String(reader.expectInteger())
  if (reader.takeWord('PRECEDING')) return `${size} PRECEDING`
  reader.expectWord('FOLLOWING')
  return `${size} FOLLOWING`
}

const noCall: Call = {
  kind: 'call',
  name: '',
  path: [],
  args: [],
  named: [],
  distinct: false,
  withinGroup: null,
  nulls: null,
  over: null,
}
