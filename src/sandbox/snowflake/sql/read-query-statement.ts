import { showType, varcharType } from './data-type.ts'
import { emptyEnvironment } from './scope.ts'
import type { Query } from './statement.ts'
import type { TokenReader } from './token-reader.ts'
import type { Translation } from './translation.ts'

export function readQueryStatement(reader: TokenReader, t: Translation): Query | null {
  if (!reader.isWord('SELECT') && !reader.isWord('WITH') && !reader.isSymbol('(') && !reader.isWord('VALUES'))
    return null
  const node = reader.readQuery()
  // What is no SQL at all is said before what is not there.
  reader.expectEnd()
  const { sql, columns } = t.query(node, emptyEnvironment)
  return {
    kind: 'query',
    sql,
    columns: columns.map(({ name, type }) => ({ name, type: showType(type.kind === 'NULL' ? varcharType() : type) })),
    reads: t.reads,
  }
}
