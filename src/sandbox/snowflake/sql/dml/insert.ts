/** INSERT. https://docs.snowflake.com/en/sql-reference/sql/insert */
import { assign } from '../cast.ts'
import { compilationError, unsupported, wrongValueCount } from '../snowflake-error.ts'
import { emptyEnvironment, emptyScope } from '../scope.ts'
import { dml, scratch } from './dml.ts'
import { isSemi } from '../data-type.ts'
import { readName } from '../read-name.ts'
import { readTarget, targetColumn, type TargetColumn } from './target.ts'
import { typed } from '../typed.ts'
import type { Dml } from '../statement.ts'
import type { QueryNode, SetNode } from '../query-node.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readInsert(reader: TokenReader, t: Translation): Dml {
  reader.expectWord('INSERT')
  const overwrite = reader.takeWord('OVERWRITE')
  if (reader.isWord('ALL') || reader.isWord('FIRST')) throw unsupported('INSERT ALL')
  reader.expectWord('INTO')
  const target = readTarget(reader, t)
  const place = reader.place(reader.token.start)
  const named = isColumnList(reader)
    ? reader.listInParentheses(() => targetColumn(target, readName(reader).value, place))
    : null
  const query = withoutDefaults(reader.readQuery(), named ?? target.columns)
  reader.expectEnd()
  const columns = query.columns
  const relation = t.query(query.node, emptyEnvironment)
  if (relation.columns.length !== columns.length) throw wrongValueCount(columns.length, relation.columns.length)
  checkValues(t, query.node)
  const own = t.alias()
  const items = columns.map((column, index) => {
    const from = relation.columns[index]
    return `${from ? assign(t, typed(`${own}.${from.sql}`, from.type), column) : 'NULL'} AS v${index}`
  })
  const names = columns.map(({ sql }) => sql).join(', ')
  const rows = `SELECT ${items.join(', ')} FROM (${relation.sql}) ${own}`
  // What is overwritten may be what is read.
  const sql = overwrite
    ? [`DELETE FROM ${target.sql}`, `INSERT INTO ${target.sql} (${names}) SELECT * FROM ${scratch}`]
    : [`INSERT INTO ${target.sql} (${names}) ${rows}`]
  return dml({
    verb: 'insert',
    target: target.name,
    reads: t.reads,
    overwrite,
    keeps: overwrite ? rows : null,
    sql,
    counts: { inserted: { kind: 'changed', statement: sql.length - 1 } },
  })
}

/** (a, b) and not (SELECT …). */
function isColumnList(reader: TokenReader): boolean {
  if (!reader.isSymbol('(')) return false
  let ahead = 1
  while (reader.ahead(ahead).kind === 'symbol' && reader.ahead(ahead).value === '(') ahead++
  const token = reader.ahead(ahead)
  return !(token.kind === 'word' && ['SELECT', 'WITH', 'VALUES'].includes(token.value))
}

/** VALUES (1, DEFAULT): a column that says DEFAULT in every row is left to the table. */
function withoutDefaults(
  node: QueryNode,
  columns: readonly TargetColumn[],
): { node: QueryNode; columns: readonly TargetColumn[] } {
  if (node.body.kind !== 'values') return { node, columns }
  const { rows } = node.body
  const left = columns.map((_, index) => rows.filter((row) => row[index]?.kind === 'default').length)
  if (left.every((count) => count === 0)) return { node, columns }
  if (left.some((count) => count !== 0 && count !== rows.length))
    throw unsupported('DEFAULT in some rows of VALUES only')
  const keeps = (_: unknown, index: number) => left[index] === 0
  const body: SetNode = { kind: 'values', rows: rows.map((row) => row.filter(keeps)) }
  return { node: { ...node, body }, columns: columns.filter(keeps) }
}

/** VALUES takes constants; what makes a VARIANT needs a SELECT. */
function checkValues(t: Translation, node: QueryNode): void {
  if (node.body.kind !== 'values') return
  for (const row of node.body.rows)
    for (const cell of row)
      if (
        cell.kind === 'query' ||
        ((cell.kind === 'call' || cell.kind === 'cast' || cell.kind === 'array' || cell.kind === 'object') &&
          isSemi(t.expression(cell, emptyScope()).type))
      )
        throw compilationError('002014', '22000', `Invalid expression [${t.text(cell)}] in VALUES clause`)
}
