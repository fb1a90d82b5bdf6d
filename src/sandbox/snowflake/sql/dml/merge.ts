/**
 * MERGE, by way of a table of what is to be done: which row of the target, which clause, and the new row. So the counts are
 * Snowflake's, a row that two source rows match is found before anything is written, and a large one takes no more memory
 * than delete and insert.
 */
import { assign } from '../cast.ts'
import { duckdbType } from '../data-type.ts'
import { condition } from '../unify.ts'
import { emptyEnvironment, scopeOf, type Scope } from '../scope.ts'
import { dml, scratch } from './dml.ts'
import { readAlias } from '../read-name.ts'
import { readClauses, type MergeClause } from './read-merge.ts'
import { readFrom } from '../read-from.ts'
import { translateFrom } from '../translate-from.ts'
import { readTarget, type Target, type TargetColumn, targetRelation } from './target.ts'
import { snowflakeError } from '../snowflake-error.ts'
import type { Check, Dml } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readMerge(reader: TokenReader, t: Translation): Dml {
  reader.expectWord('MERGE', 'INTO')
  const target = readTarget(reader, t)
  const alias = reader.isWord('USING') ? null : readAlias(reader)
  reader.expectWord('USING')
  const sourceNode = readFrom(reader)
  reader.expectWord('ON')
  const onNode = reader.readExpression()
  const clauses = readClauses(reader, target)
  reader.expectEnd()
  const source = translateFrom(t, sourceNode, emptyEnvironment, [])
  const own = t.alias()
  const relation = targetRelation(target, own, alias)
  const both = scopeOf([relation, ...source.relations])
  const on = condition(t, onNode, both)
  // What is inserted has no row of the target beside it.
  const scopes = { insert: scopeOf(source.relations), update: both, delete: both }
  const inserts = clauses.some(({ kind }) => kind === 'insert')
  const changes = clauses.some(({ kind }) => kind !== 'insert')
  const join = inserts ? 'LEFT JOIN' : 'JOIN'
  const rows = target.columns.map((column, index) => `${newValue(t, clauses, scopes, column, own)} AS v${index}`)
  const work = `SELECT ${own}.rowid AS rid, ${actionSql(t, clauses, scopes, own)} AS action, ${rows.join(', ')} FROM ${source.sql} ${join} ${target.sql} AS ${own} ON ${on}`
  const names = target.columns.map(({ sql }) => sql).join(', ')
  const news = target.columns.map((_, index) => `v${index}`).join(', ')
  const actions = (...kinds: readonly MergeClause['kind'][]) =>
    clauses.flatMap(({ kind }, index) => (kinds.includes(kind) ? [index] : [])).join(', ') || '-1'
  // Snowflake tells only of what the statement could have done.
  const countOf = (kind: MergeClause['kind']) =>
    clauses.some((clause) => clause.kind === kind)
      ? ({ kind: 'query', sql: `SELECT count(*) FROM ${scratch} WHERE action IN (${actions(kind)})` } as const)
      : null
  return dml({
    verb: 'merge',
    target: target.name,
    reads: t.reads,
    keeps: `SELECT * FROM (${work}) WHERE action IS NOT NULL`,
    checks: changes ? [duplicateCheck(target, actions('update', 'delete'))] : [],
    sql: [
      ...(changes
        ? [
            `DELETE FROM ${target.sql} WHERE rowid IN (SELECT rid FROM ${scratch} WHERE action IN (${actions('update', 'delete')}))`,
          ]
        : []),
      `INSERT INTO ${target.sql} (${names}) SELECT ${news} FROM ${scratch} WHERE action IN (${actions('update', 'insert')})`,
    ],
    counts: { inserted: countOf('insert'), updated: countOf('update'), deleted: countOf('delete') },
  })
}

type Scopes = Readonly<Record<MergeClause['kind'], Scope>>

/** Which clause takes the row: the first whose condition holds. */
function actionSql(t: Translation, clauses: readonly MergeClause[], scopes: Scopes, own: string): string {
  const cases = clauses.map((clause, index) => {
    const side = `${own}.rowid IS ${clause.kind === 'insert' ? '' : 'NOT '}NULL`
    const more = clause.condition === null ? '' : ` AND ${condition(t, clause.condition, scopes[clause.kind])}`
    return `WHEN ${side}${more} THEN ${index}`
  })
  return `CASE ${cases.join(' ')} END`
}

function newValue(
  t: Translation,
  clauses: readonly MergeClause[],
  scopes: Scopes,
  column: TargetColumn,
  own: string,
): string {
  const cases = clauses.flatMap((clause, index) => {
    if (clause.kind === 'delete') return []
    const expression =
      clause.kind === 'update'
        ? clause.set.find((assignment) => assignment.column.name === column.name)?.value
        : clause.values[clause.columns.findIndex(({ name }) => name === column.name)]
    if (expression) return [`WHEN ${index} THEN ${assign(t, t.expression(expression, scopes[clause.kind]), column)}`]
    if (clause.kind === 'update') return [`WHEN ${index} THEN ${own}.${column.sql}`]
    return column.defaultSql === null ? [] : [`WHEN ${index} THEN ${column.defaultSql}`]
  })
  return cases.length === 0 ? `CAST(NULL AS ${duckdbType(column.type)})` : `CASE action ${cases.join(' ')} END`
}

/** A row of the target that more than one source row would update or delete. */
function duplicateCheck(target: Target, actions: string): Check {
  const doubled = `SELECT rid FROM ${scratch} WHERE action IN (${actions}) GROUP BY rid HAVING count(*) > 1 LIMIT 1`
  const cells = target.columns.map(({ sql, type }) => {
    const text = `CAST(${sql} AS VARCHAR)`
    return `coalesce(${type.kind === 'NUMBER' || type.kind === 'FLOAT' || type.kind === 'BOOLEAN' ? text : `'"' || ${text} || '"'`}, 'NULL')`
  })
  return {
    sql: `SELECT array_to_string([${cells.join(', ')}], ', ') FROM ${target.sql} WHERE rowid IN (${doubled})`,
    error: ([values]) =>
      snowflakeError('100090', '42P18', `Duplicate row detected during DML action\nRow Values: [${values ?? ''}]`),
  }
}
