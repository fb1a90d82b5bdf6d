/** The grammar of FROM: tables, subqueries, table functions and joins. */
import { startsQuery } from './read-order.ts'
import { readAlias, readName, readNamePath } from './read-name.ts'
import { readValues } from './read-values.ts'
import type { Alias, FromNode } from './query-node.ts'
import type { Expression } from './expression.ts'
import type { TokenReader } from './token-reader.ts'

export function readFrom(reader: TokenReader): FromNode {
  let left = readJoined(reader)
  while (reader.takeSymbol(',')) {
    const right = readJoined(reader)
    left = { kind: 'join', join: 'CROSS', natural: false, left, right, on: null, using: null }
  }
  return left
}

function readJoined(reader: TokenReader): FromNode {
  let left = readItem(reader)
  for (;;) {
    const kind = readJoinWords(reader)
    if (kind === null) return left
    const right = readItem(reader)
    const on = kind.join !== 'CROSS' && !kind.natural && reader.takeWord('ON') ? reader.readExpression() : null
    const using =
      on === null && kind.join !== 'CROSS' && reader.takeWord('USING')
        ? reader.listInParentheses(() => readName(reader))
        : null
    left = { kind: 'join', ...kind, left, right, on, using }
  }
}

type JoinWords = { readonly join: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS'; readonly natural: boolean }

function readJoinWords(reader: TokenReader): JoinWords | null {
  const natural = reader.takeWord('NATURAL')
  if (reader.takeWord('JOIN')) return { join: 'INNER', natural }
  for (const join of ['INNER', 'CROSS'] as const) if (reader.takeWord(join, 'JOIN')) return { join, natural }
  for (const join of ['LEFT', 'RIGHT', 'FULL'] as const)
    if (reader.takeWord(join)) {
      reader.takeWord('OUTER')
      reader.expectWord('JOIN')
      return { join, natural }
    }
  if (natural) throw reader.unexpected()
  return null
}

function readItem(reader: TokenReader): FromNode {
  const lateral = reader.takeWord('LATERAL')
  if (reader.isSymbol('(')) return readParentheses(reader, lateral)
  const { start } = reader.token
  if (reader.takeWord('TABLE')) {
    reader.expectSymbol('(')
    const call = readFunction(reader, start)
    reader.expectSymbol(')')
    return { ...call, alias: readTableAlias(reader) }
  }
  if (reader.isWord('VALUES')) return derived(reader, false)
  const path = readNamePath(reader)
  const last = path.at(-1)
  if (last && reader.isSymbol('(')) {
    if (!lateral && last.value !== 'FLATTEN') throw reader.unexpected()
    const call = readArguments(reader)
    return {
      kind: 'function',
      name: last.value,
      path: path.slice(0, -1),
      ...call,
      alias: readTableAlias(reader),
      start,
    }
  }
  if (lateral) throw reader.unexpected()
  return { kind: 'table', name: path, alias: readTableAlias(reader), start }
}

function readParentheses(reader: TokenReader, lateral: boolean): FromNode {
  if (startsQuery(reader, 0) || reader.ahead(1).value === 'VALUES') {
    reader.expectSymbol('(')
    const query = reader.readQuery()
    reader.expectSymbol(')')
    return { kind: 'subquery', query, alias: readTableAlias(reader), lateral }
  }
  reader.expectSymbol('(')
  const inner = readFrom(reader)
  reader.expectSymbol(')')
  return inner
}

function derived(reader: TokenReader, lateral: boolean): FromNode {
  const body = readValues(reader)
  const query = { ctes: [], body, order: [], orderAll: null, limit: null, offset: null }
  return { kind: 'subquery', query, alias: readTableAlias(reader), lateral }
}

type FunctionNode = Extract<FromNode, { readonly kind: 'function' }>

function readFunction(reader: TokenReader, start: number): FunctionNode {
  const path = readNamePath(reader)
  return {
    kind: 'function',
    name: path.at(-1)?.value ?? '',
    path: path.slice(0, -1),
    ...readArguments(reader),
    alias: null,
    start,
  }
}

function readArguments(reader: TokenReader): Pick<FunctionNode, 'args' | 'named'> {
  reader.expectSymbol('(')
  const args: Expression[] = []
  const named: { name: string; value: Expression }[] = []
  if (!reader.isSymbol(')'))
    do {
      if (reader.ahead(1).kind === 'symbol' && reader.ahead(1).value === '=>') {
        const key = reader.next().value
        reader.next()
        named.push({ name: key, value: reader.readExpression() })
      } else args.push(reader.readExpression())
    } while (reader.takeSymbol(','))
  reader.expectSymbol(')')
  return { args, named }
}

function readTableAlias(reader: TokenReader): Alias | null {
  const name = readAlias(reader)
  if (name === null) return null
  const columns = reader.isSymbol('(') ? reader.listInParentheses(() => readName(reader).value) : null
  return { name, columns }
}
