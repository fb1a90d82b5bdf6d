/** Several statements in one text, at the semicolons between them: not in texts, comments or $$…$$, nor inside a block. */
import { type Token, tokenize } from './tokenize.ts'

export function splitStatements(sql: string): readonly string[] {
  const statements: string[] = []
  let start = 0
  let depth = 0
  let previous: Token | undefined
  const tokens = tokenize(sql)
  let isBlock = false
  for (const [index, token] of tokens.entries()) {
    const first = sql.slice(start, token.start).trim() === ''
    const next = tokens[index + 1]
    if (token.kind === 'word') {
      if (first) isBlock = token.value === 'DECLARE' || (token.value === 'BEGIN' && !opensTransaction(next))
      if (isBlock) depth += opens(token, previous, next) - (token.value === 'END' ? 1 : 0)
      if (isBlock && token.value === 'END' && depth === 0) isBlock = false
    }
    const ends = token.kind === 'end' || (token.kind === 'symbol' && token.value === ';' && !isBlock)
    if (ends) {
      const text = sql.slice(start, token.start).trim()
      if (text !== '') statements.push(text)
      start = token.end
      depth = 0
    }
    previous = token
  }
  return statements
}

/** BEGIN; and BEGIN TRANSACTION open a transaction, any other a block. */
export const opensTransaction = (next: Token | undefined): boolean =>
  next === undefined || next.kind === 'end' || ['TRANSACTION', 'WORK', 'NAME', ';'].includes(next.value)

function opens(token: Token, previous: Token | undefined, next: Token | undefined): number {
  if (token.value === 'BEGIN') return opensTransaction(next) ? 0 : 1
  if (token.value === 'CASE') return previous?.value === 'END' ? 0 : 1
  // END IF, END LOOP close what IF and LOOP opened; their own END is counted.
  if (['IF', 'LOOP', 'WHILE', 'FOR', 'REPEAT'].includes(token.value)) {
    if (previous?.value === 'END' || next?.value === 'EXISTS' || next?.value === 'NOT') return 0
    return token.value === 'LOOP' && previous?.value !== ';' && previous?.value !== 'BEGIN' ? 0 : 1
  }
  return 0
}
