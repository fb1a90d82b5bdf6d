/** The grammar of queries. https://docs.snowflake.com/en/sql-reference/constructs */
import { readDirection, readOrder } from './read-order.ts'
import { readAlias, readName } from './read-name.ts'
import { readFrom } from './read-from.ts'
import { readValues } from './read-values.ts'
import type { Cte, GroupBy, QueryNode, Select, SelectItem, SetNode } from './query-node.ts'
import type { Expression } from './expression.ts'
import type { TokenReader } from './token-reader.ts'

export function readQuery(reader: TokenReader): QueryNode {
  const ctes = reader.takeWord('WITH') ? readCtes(reader) : []
  const body = readSet(reader)
  const { order, orderAll } = readOrderBy(reader)
  const { limit, offset } = readLimit(reader)
  return { ctes, body, order, orderAll, limit, offset }
}

function readCtes(reader: TokenReader): readonly Cte[] {
  const recursive = reader.takeWord('RECURSIVE')
  return reader.list(() => {
    const { value: name } = readName(reader)
    const columns = reader.isSymbol('(') ? reader.listInParentheses(() => readName(reader).value) : null
    reader.expectWord('AS')
    reader.expectSymbol('(')
    const query = readQuery(reader)
    reader.expectSymbol(')')
    return { name, columns, query, recursive }
  })
}

function readSet(reader: TokenReader): SetNode {
  let left = readIntersect(reader)
  for (;;) {
    const { start } = reader.token
    if (reader.takeWord('UNION')) {
      const all = reader.takeWord('ALL')
      if (!all) reader.takeWord('DISTINCT')
      left = { kind: 'set', operator: all ? 'UNION ALL' : 'UNION', left, right: readIntersect(reader), start }
    } else if (reader.takeWord('EXCEPT') || reader.takeWord('MINUS'))
      left = { kind: 'set', operator: 'EXCEPT', left, right: readIntersect(reader), start }
    else return left
  }
}

function readIntersect(reader: TokenReader): SetNode {
  let left = readTerm(reader)
  for (;;) {
    const { start } = reader.token
    if (!reader.takeWord('INTERSECT')) return left
    left = { kind: 'set', operator: 'INTERSECT', left, right: readTerm(reader), start }
  }
}

function readTerm(reader: TokenReader): SetNode {
  if (reader.takeSymbol('(')) {
    const query = readQuery(reader)
    reader.expectSymbol(')')
    return { kind: 'nested', query }
  }
  if (reader.isWord('VALUES')) return readValues(reader)
  return readSelect(reader)
}

function readSelect(reader: TokenReader): Select {
  const { start } = reader.token
  reader.expectWord('SELECT')
  const distinct = reader.takeWord('DISTINCT')
  if (!distinct) reader.takeWord('ALL')
  const top = reader.isWord('TOP') && reader.ahead(1).kind === 'number' ? (reader.next(), reader.expectInteger()) : null
  const items = reader.list(() => readItem(reader))
  const from = reader.takeWord('FROM') ? readFrom(reader) : null
  const where = reader.takeWord('WHERE') ? reader.readExpression() : null
  const group = reader.takeWord('GROUP', 'BY') ? readGroup(reader) : null
  const having = reader.takeWord('HAVING') ? reader.readExpression() : null
  const qualify = reader.takeWord('QUALIFY') ? reader.readExpression() : null
  return { kind: 'select', distinct, top, items, from, where, group, having, qualify, start }
}

function readItem(reader: TokenReader): SelectItem {
  const { start } = reader.token
  const value = reader.readExpression()
  const text = reader.text(start, reader.previousEnd)
  return { value, alias: value.kind === 'star' ? null : readAlias(reader), text }
}

function readGroup(reader: TokenReader): GroupBy {
  if (reader.takeWord('ALL')) return { kind: 'all' }
  const word =
    reader.isWord('ROLLUP') || reader.isWord('CUBE')
      ? reader.token.value
      : reader.isWord('GROUPING', 'SETS')
        ? 'GROUPING SETS'
        : null
  if (word === null) return { kind: 'list', items: reader.list(() => reader.readExpression()) }
  reader.expectWord(...word.split(' '))
  const sets = reader.listInParentheses(() => readGroupSet(reader))
  return { kind: 'sets', word: word === 'ROLLUP' || word === 'CUBE' ? word : 'GROUPING SETS', sets }
}

function readGroupSet(reader: TokenReader): readonly Expression[] {
  if (reader.isSymbol('(') && reader.ahead(1).value === ')' && reader.ahead(1).kind === 'symbol') {
    reader.next()
    reader.next()
    return []
  }
  const item = reader.readExpression()
  return item.kind === 'tuple' ? item.items : [item]
}

function readOrderBy(reader: TokenReader): Pick<QueryNode, 'order' | 'orderAll'> {
  if (!reader.takeWord('ORDER', 'BY')) return { order: [], orderAll: null }
  if (reader.takeWord('ALL')) return { order: [], orderAll: readDirection(reader) }
  return { order: readOrder(reader), orderAll: null }
}

function readLimit(reader: TokenReader): Pick<QueryNode, 'limit' | 'offset'> {
  let limit: Expression | null = null
  let offset: Expression | null = null
  if (reader.takeWord('LIMIT')) limit = reader.readExpression()
  if (reader.takeWord('OFFSET')) {
    offset = reader.readExpression()
    if (!reader.takeWord('ROWS')) reader.takeWord('ROW')
  }
  if (limit === null && reader.takeWord('FETCH')) {
    if (!reader.takeWord('FIRST')) reader.takeWord('NEXT')
    limit = reader.readExpression()
    if (!reader.takeWord('ROWS')) reader.takeWord('ROW')
    reader.takeWord('ONLY')
  }
  return { limit, offset }
}
