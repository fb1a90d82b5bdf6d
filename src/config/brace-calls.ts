/** What stands between double braces in a model: calls, with their arguments split and the calls within them. */
import { readSqlTokens, type SqlToken } from './sql-tokens.ts'

export type Call = {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly args: readonly Argument[]
}

export type Argument = {
  readonly start: number
  readonly end: number
  /** Without comments: whatever follows it must not become a part of one. */
  readonly tokens: readonly SqlToken[]
  readonly calls: readonly Call[]
}

export type Brace = {
  readonly start: number
  readonly end: number
  /** `literal`: inside of quotes, where nothing is replaced. `broken`: not closed, or not one call. */
  readonly content: Call | 'literal' | 'broken'
  /** The tokens before and after it. */
  readonly before: SqlToken | undefined
  readonly after: readonly SqlToken[]
}

/** Every pair of double braces outside of comments, in order. `isCall`: the names that are calls inside of an argument. */
export function findBraces(
  sql: string,
  { escapes, isCall }: { readonly escapes: boolean; readonly isCall: (name: string) => boolean },
): readonly Brace[] {
  if (!sql.includes('{{')) return []
  const tokens = readSqlTokens(sql, { escapes }).filter(({ kind }) => kind !== 'comment')
  const found: Brace[] = []
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]
    if (!token) break
    const around = { before: tokens[index - 1], after: tokens.slice(index + 1, index + 1) }
    const quoted = token.kind === 'string' || token.kind === 'identifier' ? token.text.indexOf('{{') : -1
    if (quoted !== -1) {
      const start = token.start + quoted
      found.push({ ...around, start, end: token.end, content: 'literal' })
    } else if (token.text === '{{') {
      const close = closingBraces(tokens, index)
      if (close === -1) {
        const lineEnd = sql.indexOf('\n', token.start)
        found.push({ ...around, start: token.start, end: lineEnd === -1 ? sql.length : lineEnd, content: 'broken' })
        continue
      }
      const inner = tokens.slice(index + 1, close)
      const call = readCall(inner, 0, isCall)
      found.push({
        start: token.start,
        end: tokens[close]?.end ?? sql.length,
        content: call?.next === inner.length ? call.call : 'broken',
        before: tokens[index - 1],
        after: tokens.slice(close + 1, close + 4),
      })
      index = close
    }
  }
  return found
}

/** The `}}` that belongs to the `{{`; -1: the next `{{` comes first. */
function closingBraces(tokens: readonly SqlToken[], open: number): number {
  let depth = 0
  for (let index = open + 1; index < tokens.length; index++) {
    const text = tokens[index]?.text
    if (text === '{{') return -1
    if (text === '(') depth++
    if (text === ')') depth--
    if (text === '}}' && depth <= 0) return index
  }
  return -1
}

/** `name(argument, …)` from a token on. undefined: there is no such thing, or it is not closed. */
function readCall(
  tokens: readonly SqlToken[],
  at: number,
  isCall: (name: string) => boolean,
): { readonly call: Call; readonly next: number } | undefined {
  const name = tokens[at]
  if (name?.kind !== 'word' || tokens[at + 1]?.text !== '(') return undefined
  const args: Argument[] = []
  let part: SqlToken[] = []
  let calls: Call[] = []
  let depth = 0
  for (let index = at + 2; index < tokens.length; index++) {
    const token = tokens[index]
    if (!token) break
    const closes = token.text === ')' && depth === 0
    if (closes || (token.text === ',' && depth === 0)) {
      const start = part[0]?.start ?? token.start
      args.push({ start, end: part.at(-1)?.end ?? token.start, tokens: part, calls })
      part = []
      calls = []
      if (!closes) continue
      const isEmpty = args.length === 1 && args[0]?.tokens.length === 0
      return {
        call: { name: name.text, start: name.start, end: token.end, args: isEmpty ? [] : args },
        next: index + 1,
      }
    }
    if (opening.includes(token.text)) depth++
    if (closing.includes(token.text)) depth--
    const nested =
      token.kind === 'word' && isCall(token.text) && tokens[index - 1]?.text !== '.'
        ? readCall(tokens, index, isCall)
        : undefined
    if (nested) {
      calls.push(nested.call)
      part.push(...tokens.slice(index, nested.next))
      index = nested.next - 1
    } else part.push(token)
  }
  return undefined
}

const opening = ['(', '[', '{']
const closing = [')', ']', '}']
