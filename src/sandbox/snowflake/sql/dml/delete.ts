/** DELETE. https://docs.snowflake.com/en/sql-reference/sql/delete */
import { condition } from '../unify.ts'
import { emptyEnvironment, scopeOf } from '../scope.ts'
import { dml } from './dml.ts'
import { readAlias } from '../read-name.ts'
import { readFrom } from '../read-from.ts'
import { readTarget, targetRelation } from './target.ts'
import { translateFrom } from '../translate-from.ts'
import type { Dml } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readDelete(reader: TokenReader, t: Translation): Dml {
  reader.expectWord('DELETE', 'FROM')
  const target = readTarget(reader, t)
  const alias = reader.isWord('USING') ? null : readAlias(reader)
  const own = t.alias()
  const relation = targetRelation(target, own, alias)
  const usingNode = reader.takeWord('USING') ? readFrom(reader) : null
  const whereNode = reader.takeWord('WHERE') ? reader.readExpression() : null
  reader.expectEnd()
  const using = usingNode === null ? null : translateFrom(t, usingNode, emptyEnvironment, [relation])
  const scope = scopeOf([relation, ...(using?.relations ?? [])], emptyEnvironment, using?.merged)
  const where = whereNode === null ? '' : ` WHERE ${condition(t, whereNode, scope)}`
  const sql =
    using === null
      ? `DELETE FROM ${target.sql} AS ${own}${where}`
      : `DELETE FROM ${target.sql} WHERE rowid IN (SELECT ${own}.rowid FROM ${target.sql} AS ${own} CROSS JOIN ${using.sql}${where})`
  const counts = { deleted: { kind: 'changed', statement: 0 } } as const
  return dml({ verb: 'delete', target: target.name, reads: t.reads, sql: [sql], counts })
}
