/** A reader of Snowflake SQL with its grammar. */
import { readExpression } from './read-expression.ts'
import { readQuery } from './read-query.ts'
import { TokenReader } from './token-reader.ts'

export const openReader = (sql: string): TokenReader =>
  new TokenReader(sql, { expression: readExpression, query: readQuery })
