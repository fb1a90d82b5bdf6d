/** UPDATE. Of several source rows that match one row Snowflake takes any. https://docs.snowflake.com/en/sql-reference/sql/update */
import { assign } from '../cast.ts'
import { condition } from '../unify.ts'
import { emptyEnvironment, scopeOf } from '../scope.ts'
import { dml, scratch } from './dml.ts'
import { readAlias } from '../read-name.ts'
import { readAssignments } from './read-assignments.ts'
import { readFrom } from '../read-from.ts'
import { readTarget, targetRelation } from './target.ts'
import { translateFrom } from '../translate-from.ts'
import type { Dml } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readUpdate(reader: TokenReader, t: Translation): Dml {
  reader.expectWord('UPDATE')
  const target = readTarget(reader, t)
  const alias = reader.isWord('SET') ? null : readAlias(reader)
  reader.expectWord('SET')
  const assignments = readAssignments(reader, target)
  const own = t.alias()
  const relation = targetRelation(target, own, alias)
  const fromNode = reader.takeWord('FROM') ? readFrom(reader) : null
  const whereNode = reader.takeWord('WHERE') ? reader.readExpression() : null
  reader.expectEnd()
  const from = fromNode === null ? null : translateFrom(t, fromNode, emptyEnvironment, [relation])
  const scope = scopeOf([relation, ...(from?.relations ?? [])], emptyEnvironment, from?.merged)
  const where = whereNode === null ? '' : ` WHERE ${condition(t, whereNode, scope)}`
  const values = assignments.map(({ column, value }) => ({
    column,
    sql: assign(t, t.expression(value, scope), column),
  }))
  const common = { verb: 'update', target: target.name, reads: t.reads } as const
  if (from === null) {
    const set = values.map(({ column, sql }) => `${column.sql} = ${sql}`).join(', ')
    return dml({
      ...common,
      sql: [`UPDATE ${target.sql} AS ${own} SET ${set}${where}`],
      counts: { updated: { kind: 'changed', statement: 0 }, multiJoined: { kind: 'query', sql: 'SELECT 0' } },
    })
  }
  const row = values.map(({ sql }, index) => `v${index} := ${sql}`).join(', ')
  const matches = `SELECT ${own}.rowid AS rid, struct_pack(${row}) AS v FROM ${target.sql} AS ${own} CROSS JOIN ${from.sql}${where}`
  const set = values.map(({ column }, index) => `${column.sql} = m.v.v${index}`).join(', ')
  return dml({
    ...common,
    keeps: `SELECT rid, first(v) AS v, count(*) AS matches FROM (${matches}) GROUP BY rid`,
    sql: [`UPDATE ${target.sql} AS ${own} SET ${set} FROM ${scratch} m WHERE ${own}.rowid = m.rid`],
    counts: {
      updated: { kind: 'query', sql: `SELECT count(*) FROM ${scratch}` },
      multiJoined: { kind: 'query', sql: `SELECT count(*) FROM ${scratch} WHERE matches > 1` },
    },
  })
}
