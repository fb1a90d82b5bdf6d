/** COMMENT ON: the session keeps it. https://docs.snowflake.com/en/sql-reference/sql/comment */
import { completeName, completeSchema, writtenName } from '../object-name.ts'
import { databaseName, ddl, done } from './statement-parts.ts'
import { objectMissing } from '../snowflake-error.ts'
import { readNamePath } from '../read-name.ts'
import type { Ddl } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readComment(reader: TokenReader, t: Translation): Ddl {
  const ifExists = reader.takeWord('IF', 'EXISTS')
  reader.expectWord('ON')
  const word = reader.next().value
  const path = readNamePath(reader)
  reader.expectWord('IS')
  const comment = reader.expectString()
  const common = { verb: 'comment', message: done, ifExists, comment } as const
  if (word === 'SCHEMA') return ddl({ ...common, objectKind: 'schema', name: completeSchema(t.context, path) })
  if (word === 'DATABASE') return ddl({ ...common, objectKind: 'database', name: databaseName(path[0]?.value ?? '') })
  // COMMENT ON COLUMN t.c: of the table.
  const owner = word === 'COLUMN' ? path.slice(0, -1) : path
  if (word !== 'TABLE' && word !== 'VIEW' && word !== 'COLUMN') throw reader.unexpected()
  const name = completeName(t.context, owner)
  if (t.context.columnsOf(name) === null) throw objectMissing(writtenName(owner), word === 'VIEW' ? 'View' : 'Table')
  return ddl({
    ...common,
    objectKind: word === 'VIEW' ? 'view' : 'table',
    name,
    options: word === 'COLUMN' ? { COLUMN: path.at(-1)?.value ?? '' } : {},
  })
}
