import type { SetNode } from './query-node.ts'
import type { TokenReader } from './token-reader.ts'

export function readValues(reader: TokenReader): SetNode {
  reader.expectWord('VALUES')
  return { kind: 'values', rows: reader.list(() => reader.listInParentheses(() => reader.readExpression())) }
}
