/** ORDER BY, and what the rules of expressions share. */
import type { ExpressionNode, OrderItem } from './expression.ts'
import type { TokenReader } from './token-reader.ts'

export function readOrder(reader: TokenReader): readonly OrderItem[] {
  return reader.list(() => {
    const value = reader.readExpression()
    return { value, ...readDirection(reader) }
  })
}

export function readDirection(reader: TokenReader): Omit<OrderItem, 'value'> {
  const descending = reader.takeWord('DESC')
  if (!descending) reader.takeWord('ASC')
  if (!reader.takeWord('NULLS')) return { descending, nulls: null }
  if (reader.takeWord('FIRST')) return { descending, nulls: 'FIRST' }
  reader.expectWord('LAST')
  return { descending, nulls: 'LAST' }
}

export const startsQuery = (reader: TokenReader, ahead: number): boolean => {
  let at = ahead
  while (reader.ahead(at).kind === 'symbol' && reader.ahead(at).value === '(') at++
  const token = reader.ahead(at)
  return token.kind === 'word' && (token.value === 'SELECT' || token.value === 'WITH')
}

export const spanned = <T extends ExpressionNode>(
  reader: TokenReader,
  start: number,
  node: T,
): T & { readonly start: number; readonly end: number } => ({ ...node, start, end: reader.previousEnd })
