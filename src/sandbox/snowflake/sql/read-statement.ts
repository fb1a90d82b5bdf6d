/** One statement of Snowflake SQL, translated for DuckDB. The shapes are in statement.ts. */
import { emptyStatement, unsupported } from './snowflake-error.ts'
import { openReader } from './grammar.ts'
import { openTranslation } from './rules.ts'
import { readBlockStatement } from './scripting/read-block-statement.ts'
import { readCopy } from './copy/read-copy.ts'
import { readFileStatement } from './copy/read-file-statement.ts'
import { readDdl } from './ddl/read-ddl.ts'
import { readDml } from './dml/read-dml.ts'
import { readQueryStatement } from './read-query-statement.ts'
import { readSessionStatement } from './read-session-statement.ts'
import { readShow } from './read-show.ts'
import type { SqlContext, Statement } from './statement.ts'

export type * from './statement.ts'
export { splitStatements } from './split-statements.ts'
export { readExpression } from './read-scalar.ts'

export function readStatement(sql: string, context: SqlContext): Statement {
  const file = readFileStatement(sql, context)
  if (file) return file
  const reader = openReader(sql)
  if (reader.atEnd || reader.isSymbol(';')) throw emptyStatement()
  if (reader.takeWord('EXPLAIN')) {
    if (reader.takeWord('USING')) reader.next()
    return { kind: 'explain', statement: readStatement(sql.slice(reader.token.start), context) }
  }
  const t = openTranslation(sql, context)
  const statement =
    readQueryStatement(reader, t) ??
    readDml(reader, t) ??
    readDdl(reader, t) ??
    readSessionStatement(reader, t) ??
    readCopy(reader, t) ??
    readShow(reader, t) ??
    readBlockStatement(reader)
  if (statement === null) {
    if (reader.isWord('CALL') || reader.isWord('GRANT') || reader.isWord('REVOKE'))
      throw unsupported(reader.token.value)
    throw reader.unexpected()
  }
  reader.expectEnd()
  return statement
}
