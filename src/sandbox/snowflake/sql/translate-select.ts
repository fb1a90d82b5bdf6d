/** SELECT: names and types of what comes out, and each clause in DuckDB's words. */
import { checkedPosition } from './order-position.ts'
import { condition } from './unify.ts'
import { directionSql } from './order-sql.ts'
import { distinctNames } from './names.ts'
import { errorAt } from './snowflake-error.ts'
import { expandStar } from './translate-star.ts'
import { translateFrom } from './translate-from.ts'
import type { Environment, Relation, Scope } from './scope.ts'
import type { GroupBy, QueryNode, Select } from './query-node.ts'
import type { Expression, OrderItem } from './expression.ts'
import type { Translation } from './translation.ts'
import type { Typed } from './typed.ts'

type Output = { readonly name: string; readonly value: Typed; readonly alias: string | null }

export function translateSelect(
  t: Translation,
  node: Select,
  environment: Environment,
  outer: Pick<QueryNode, 'order' | 'orderAll'>,
): Relation {
  const from = node.from === null ? null : translateFrom(t, node.from, environment, [])
  const scope: Scope = {
    relations: from?.relations ?? [],
    merged: from?.merged ?? [],
    environment,
    aliasOf: aliasesOf(t, node, () => scope),
  }
  const outputs = node.items.flatMap((item): readonly Output[] =>
    item.value.kind === 'star'
      ? expandStar(t, item.value, scope, t.place(item.value.start)).map((column) => ({ ...column, alias: null }))
      : [
          {
            name: item.alias ?? nameOf(item.value, item.text),
            value: t.expression(item.value, scope),
            alias: item.alias,
          },
        ],
  )
  const names = distinctNames(outputs.map(({ name }) => name))
  const columns = outputs.map(({ name, value }, index) => ({
    name,
    sql: names[index] ?? '',
    type: value.type,
  }))
  const items = outputs.map(
    ({ value }, index) => `${value.type.kind === 'NULL' ? 'CAST(NULL AS VARCHAR)' : value.sql} AS ${names[index]}`,
  )
  const clauses = [
    `SELECT ${node.distinct ? 'DISTINCT ' : ''}${items.join(', ')}`,
    from === null ? '' : `FROM ${from.sql}`,
    node.where === null ? '' : `WHERE ${condition(t, node.where, scope)}`,
    node.group === null ? '' : `GROUP BY ${groupSql(t, node.group, scope, outputs)}`,
    node.having === null ? '' : `HAVING ${condition(t, node.having, scope)}`,
    node.qualify === null ? '' : `QUALIFY ${qualifySql(t, node, node.qualify, scope)}`,
    orderClause(t, outer, scope, { outputs, isDistinct: node.distinct }),
  ]
  return { sql: clauses.filter((clause) => clause !== '').join(' '), columns }
}

/** What Snowflake calls a column that the statement does not name: the column, or the expression's own text. */
function nameOf(value: Expression, text: string): string {
  if (value.kind === 'column') return value.parts.at(-1)?.value ?? text
  return text.replaceAll(/"[^"]*"|'[^']*'|[^"']+/g, (part) => (part.startsWith('"') ? part : part.toUpperCase()))
}

/** The select list's own names, for WHERE, GROUP BY, QUALIFY and one another: each stands for its expression. */
function aliasesOf(t: Translation, node: Select, scope: () => Scope): Scope['aliasOf'] {
  const items = new Map<string, Expression>()
  for (const { alias, value } of node.items) if (alias !== null && !items.has(alias)) items.set(alias, value)
  const open = new Set<string>()
  const done = new Map<string, Typed>()
  return (name) => {
    const known = done.get(name)
    if (known) return known
    const expression = items.get(name)
    // An alias in its own expression is a column, which is not there.
    if (!expression || open.has(name)) return null
    open.add(name)
    try {
      const value = t.expression(expression, scope())
      done.set(name, value)
      return value
    } finally {
      open.delete(name)
    }
  }
}

function groupSql(t: Translation, group: GroupBy, scope: Scope, outputs: readonly Output[]): string {
  if (group.kind === 'all') return 'ALL'
  const item = (expression: Expression) =>
    expression.kind === 'number'
      ? String(groupPosition(t, expression, outputs.length))
      : t.expression(expression, scope).sql
  if (group.kind === 'list') return group.items.map(item).join(', ')
  const inner = (expression: Expression) => {
    const position = expression.kind === 'number' ? groupPosition(t, expression, outputs.length) : 0
    return position > 0 ? (outputs[position - 1]?.value.sql ?? '') : t.expression(expression, scope).sql
  }
  const sets = group.sets.map((set) =>
    set.length === 1 && group.word !== 'GROUPING SETS' ? inner(set[0] ?? nothing) : `(${set.map(inner).join(', ')})`,
  )
  return `${group.word} (${sets.join(', ')})`
}

const nothing: Expression = { kind: 'null', start: 0, end: 0 }

function groupPosition(
  t: Translation,
  expression: Extract<Expression, { kind: 'number' | 'string' }>,
  count: number,
): number {
  const position = Number(expression.text)
  if (!Number.isInteger(position) || position < 1 || position > count)
    throw errorAt(
      '000979',
      '42601',
      t.place(expression.start),
      `GROUP BY position ${expression.text} is not in select list`,
    )
  return position
}

function qualifySql(t: Translation, node: Select, qualify: Expression, scope: Scope): string {
  const sql = condition(t, qualify, scope)
  if (!/\bOVER \(/.test(sql) && !node.items.some(({ value }) => value.kind === 'call' && value.over !== null))
    throw errorAt('002303', '42601', t.place(qualify.start), 'found QUALIFY clause but no window function.')
  return sql
}

/** What comes out; of SELECT DISTINCT nothing else can be sorted by. */
type Ordered = { readonly outputs: readonly Output[]; readonly isDistinct: boolean }

function orderClause(
  t: Translation,
  outer: Pick<QueryNode, 'order' | 'orderAll'>,
  scope: Scope,
  ordered: Ordered,
): string {
  const { order, orderAll } = outer
  if (orderAll !== null)
    return `ORDER BY ${ordered.outputs.map((_, index) => `${index + 1} ${directionSql(orderAll)}`).join(', ')}`
  if (order.length === 0) return ''
  return `ORDER BY ${order.map((item) => `${orderItem(t, item, scope, ordered)} ${directionSql(item)}`).join(', ')}`
}

/** A position, the name of what comes out, or any expression. */
function orderItem(t: Translation, { value }: OrderItem, scope: Scope, { outputs, isDistinct }: Ordered): string {
  if (value.kind === 'number') return String(checkedPosition(Number(value.text), outputs.length))
  if (value.kind === 'string' || value.kind === 'null') return `(SELECT ${t.expression(value, scope).sql})`
  if (value.kind === 'column' && value.parts.length === 1) {
    const index = outputs.findIndex(({ name }) => name === value.parts[0]?.value)
    if (index !== -1) return String(index + 1)
  }
  const { sql } = t.expression(value, scope)
  const same = outputs.findIndex((output) => output.value.sql === sql)
  if (same !== -1) return String(same + 1)
  if (isDistinct)
    throw errorAt(
      '000979',
      '42601',
      t.place(value.start),
      `[${t.text(value).toUpperCase()}] is not a valid order by expression`,
    )
  return sql
}
