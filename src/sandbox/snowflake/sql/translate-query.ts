/** Queries: WITH, set operators, ORDER BY and LIMIT around what SELECT gives. */
import { coerce } from './cast.ts'
import { commonType, isAlike, showType, varcharType } from './data-type.ts'
import { directionSql } from './order-sql.ts'
import { checkedPosition } from './order-position.ts'
import { renamed } from './rename-columns.ts'
import { translateSelect } from './translate-select.ts'
import { translateValues } from './translate-values.ts'
import { compilationError, errorAt, invalidIdentifier } from './snowflake-error.ts'
import { emptyScope, type Cte, type Environment, type Relation } from './scope.ts'
import { typed } from './typed.ts'
import type { Cte as CteNode, QueryNode, SetNode } from './query-node.ts'
import type { Expression, OrderItem } from './expression.ts'
import type { Translation } from './translation.ts'

export function translateQuery(t: Translation, query: QueryNode, outer: Environment): Relation {
  const { environment, withSql } = translateCtes(t, query.ctes, outer)
  const limits = limitSql(t, query, environment)
  if (query.body.kind === 'select') {
    const { sql, columns } = translateSelect(t, query.body, environment, query)
    return { sql: `${withSql}${sql}${limits}`, columns }
  }
  const body = translateSet(t, query.body, environment)
  if (query.order.length === 0 && query.orderAll === null && limits === '')
    return { ...body, sql: `${withSql}${body.sql}` }
  const order =
    query.orderAll === null
      ? query.order.map((item) => `${outputPosition(t, item, body)} ${directionSql(item)}`)
      : body.columns.map(
          (_, index) => `${index + 1} ${directionSql(query.orderAll ?? { descending: false, nulls: null })}`,
        )
  const orderText = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`
  return { sql: `${withSql}SELECT * FROM (${body.sql}) ${t.alias()}${orderText}${limits}`, columns: body.columns }
}

/** After UNION and the like only what comes out can be sorted by. */
function outputPosition(t: Translation, item: OrderItem, relation: Relation): number {
  const place = t.place(item.value.start)
  if (item.value.kind === 'number') return checkedPosition(Number(item.value.text), relation.columns.length)
  const name = item.value.kind === 'column' ? (item.value.parts.at(-1)?.value ?? '') : t.text(item.value)
  const index = relation.columns.findIndex((column) => column.name === name)
  if (index === -1) throw invalidIdentifier(name, place)
  return index + 1
}

function limitSql(t: Translation, query: QueryNode, environment: Environment): string {
  const number = (expression: Expression) => {
    if (expression.kind === 'null') return 'NULL'
    const value = t.expression(expression, emptyScope(environment))
    const text = value.constant ?? ''
    if (!/^\d+$/.test(text))
      throw errorAt(
        '002023',
        '22000',
        t.place(expression.start),
        `Invalid row count '${t.text(expression)}' in limit clause`,
      )
    return text
  }
  const top = query.body.kind === 'select' ? query.body.top : null
  const limit = query.limit === null ? (top === null ? '' : ` LIMIT ${top}`) : ` LIMIT ${number(query.limit)}`
  return `${limit}${query.offset === null ? '' : ` OFFSET ${number(query.offset)}`}`
}

function translateCtes(
  t: Translation,
  nodes: readonly CteNode[],
  outer: Environment,
): { environment: Environment; withSql: string } {
  if (nodes.length === 0) return { environment: outer, withSql: '' }
  const ctes = new Map<string, Cte>(outer.ctes)
  const texts: string[] = []
  let isRecursive = false
  for (const node of nodes) {
    const alias = t.alias()
    const environment: Environment = { ctes, parent: outer.parent }
    const recursive = node.recursive ? translateRecursive(t, node, alias, environment) : null
    isRecursive ||= recursive !== null
    const relation = recursive ?? t.query(node.query, { ctes: new Map(ctes), parent: outer.parent })
    const named = renamed(t, relation, node.columns, node.name)
    ctes.set(node.name, { sql: alias, columns: named.columns })
    texts.push(`${alias} AS (${named.sql})`)
  }
  return {
    environment: { ctes, parent: outer.parent },
    withSql: `WITH ${isRecursive ? 'RECURSIVE ' : ''}${texts.join(', ')} `,
  }
}

/** The first part tells the columns, which the second reads. */
function translateRecursive(t: Translation, node: CteNode, alias: string, environment: Environment): Relation | null {
  const { body } = node.query
  if (body.kind !== 'set' || body.operator !== 'UNION ALL') return null
  const first = typedColumns(renamed(t, translateSet(t, body.left, environment), node.columns, node.name))
  const ctes = new Map(environment.ctes).set(node.name, { sql: alias, columns: first.columns })
  const second = translateSet(t, body.right, { ctes, parent: environment.parent })
  const [a, b] = unified(t, first, second)
  return { sql: `${a} UNION ALL ${b}`, columns: first.columns }
}

/** A column that is NULL in the first part is a text for the second. */
const typedColumns = (relation: Relation): Relation => ({
  ...relation,
  columns: relation.columns.map((column) =>
    column.type.kind === 'NULL' ? { ...column, type: varcharType() } : column,
  ),
})

function translateSet(t: Translation, node: SetNode, environment: Environment): Relation {
  switch (node.kind) {
    case 'select':
      return translateSelect(t, node, environment, { order: [], orderAll: null })
    case 'values':
      return translateValues(t, node.rows, environment)
    case 'nested':
      return { ...t.query(node.query, environment) }
    default: {
      const left = translateSet(t, node.left, environment)
      const right = translateSet(t, node.right, environment)
      if (left.columns.length !== right.columns.length)
        throw compilationError(
          '001789',
          '42601',
          `invalid number of result columns for set operator input branches, expected ${left.columns.length}, got ${right.columns.length} in branch {2}`,
        )
      const [a, b, columns] = unified(t, left, right)
      return { sql: `(${a}) ${node.operator} (${b})`, columns }
    }
  }
}

/** Both sides with the same types. */
function unified(t: Translation, left: Relation, right: Relation): readonly [string, string, Relation['columns']] {
  const columns = left.columns.map((column, index) => {
    const other = right.columns[index]?.type ?? column.type
    const type = commonType(column.type, other)
    if (type === null)
      throw compilationError(
        '002016',
        '22000',
        `Can not convert parameter '${column.name}' of type [${showType(other)}] into expected type [${showType(column.type)}]`,
      )
    return { ...column, type: type.kind === 'NULL' ? varcharType() : type }
  })
  const side = (relation: Relation) => {
    const alias = t.alias()
    const items = relation.columns.map((column, index) => {
      const to = columns[index]?.type ?? column.type
      return `${coerce(t, typed(`${alias}.${column.sql}`, column.type), to).sql} AS ${columns[index]?.sql ?? column.sql}`
    })
    const isSame = relation.columns.every(({ type }, index) => isAlike(type, columns[index]?.type ?? type))
    return isSame ? relation.sql : `SELECT ${items.join(', ')} FROM (${relation.sql}) ${alias}`
  }
  return [side(left), side(right), columns]
}
