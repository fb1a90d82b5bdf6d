/** Comparisons, BETWEEN, IN and LIKE. */
import { coerce } from './cast.ts'
import { booleanType, commonType, floatType, isSemi, numberType, showType, varcharType } from './data-type.ts'
import { errorAt, invalidArgumentTypes } from './snowflake-error.ts'
import { toText } from './to-text.ts'
import { fractionOf, typed, type Typed } from './typed.ts'
import type { Expression } from './expression.ts'
import type { Scope } from './scope.ts'
import type { Translation } from './translation.ts'

type Sides = { readonly left: Expression; readonly right: Expression; readonly start: number }

export function translateComparison(t: Translation, operator: string, sides: Sides, scope: Scope): Typed {
  if (sides.left.kind === 'tuple' && sides.right.kind === 'tuple')
    return compareTuples(t, operator, sides.left, sides.right, scope)
  return compare(t, operator, t.expression(sides.left, scope), t.expression(sides.right, scope), sides.start)
}

export function compare(t: Translation, operator: string, left: Typed, right: Typed, start: number): Typed {
  const [a, b] = comparable(t, left, right, operator, start)
  return typed(`(${a} ${operator} ${b})`, booleanType)
}

function comparable(
  t: Translation,
  left: Typed,
  right: Typed,
  operator: string,
  start: number,
): readonly [string, string] {
  if (left.type.kind === 'NUMBER' && right.type.kind === 'NUMBER') return [left.sql, right.sql]
  // A VARIANT takes the other's type, where it can.
  for (const [variant, other] of [
    [left, right],
    [right, left],
  ] as const)
    if (variant.type.kind === 'VARIANT' && !isSemi(other.type) && other.type.kind !== 'NULL') {
      const to = other.type.kind === 'NUMBER' ? floatType : other.type.kind === 'VARCHAR' ? varcharType() : other.type
      const sql = coerce(t, variant, to).sql
      return variant === left ? [sql, other.sql] : [other.sql, sql]
    }
  const common = commonType(left.type, right.type)
  if (common === null) throw invalidArgumentTypes(operator, [showType(left.type), showType(right.type)], t.place(start))
  const side = (value: Typed) => {
    if (value.type.kind === 'NULL') return 'NULL'
    // Compared as what they say: a text of any length, a number of any scale.
    if (value.type.kind === common.kind) return value.sql
    return common.kind === 'NUMBER' && value.type.kind === 'VARCHAR'
      ? coerce(t, value, numberType(38, Math.max(common.scale, fractionOf(value)))).sql
      : coerce(t, value, common).sql
  }
  return [side(left), side(right)]
}

function compareTuples(
  t: Translation,
  operator: string,
  left: Extract<Expression, { kind: 'tuple' }>,
  right: Extract<Expression, { kind: 'tuple' }>,
  scope: Scope,
): Typed {
  if (left.items.length !== right.items.length || (operator !== '=' && operator !== '<>'))
    throw invalidArgumentTypes(operator, ['ROW', 'ROW'], t.place(left.start))
  const pairs = left.items.map((item, index) => {
    const other = right.items[index]
    return other ? translateComparison(t, '=', { left: item, right: other, start: item.start }, scope).sql : 'TRUE'
  })
  const all = `(${pairs.join(' AND ')})`
  return typed(operator === '=' ? all : `(NOT ${all})`, booleanType)
}

export function translateBetween(
  t: Translation,
  expression: Extract<Expression, { kind: 'between' }>,
  scope: Scope,
): Typed {
  const value = t.expression(expression.value, scope)
  const low = compare(t, '>=', value, t.expression(expression.low, scope), expression.start)
  const high = compare(t, '<=', value, t.expression(expression.high, scope), expression.start)
  const both = `(${low.sql} AND ${high.sql})`
  return typed(expression.negated ? `(NOT ${both})` : both, booleanType)
}

export function translateIn(
  t: Translation,
  expression: Extract<Expression, { kind: 'in' | 'in_query' }>,
  scope: Scope,
): Typed {
  if (expression.kind === 'in_query') return translateInQuery(t, expression, scope)
  const { value, negated } = expression
  const not = negated ? 'NOT ' : ''
  if (value.kind !== 'tuple') {
    const left = t.expression(value, scope)
    const items = expression.list.map((item) => t.expression(item, scope))
    if (items.every((item) => item.type.kind === left.type.kind))
      return typed(`(${left.sql} ${not}IN (${items.map(({ sql }) => sql).join(', ')}))`, booleanType)
    const any = items.map((item) => compare(t, '=', left, item, expression.start).sql)
    return typed(`(${not}(${any.join(' OR ')}))`, booleanType)
  }
  const any = expression.list.map(
    (item) => translateComparison(t, '=', { left: value, right: item, start: item.start }, scope).sql,
  )
  return typed(`(${not}(${any.join(' OR ')}))`, booleanType)
}

function translateInQuery(t: Translation, expression: Extract<Expression, { kind: 'in_query' }>, scope: Scope): Typed {
  const lefts = (expression.value.kind === 'tuple' ? expression.value.items : [expression.value]).map((item) =>
    t.expression(item, scope),
  )
  const query = t.query(expression.query, { ctes: scope.environment.ctes, parent: scope })
  if (query.columns.length !== lefts.length)
    throw errorAt(
      '002020',
      '21S01',
      t.place(expression.start),
      `Invalid argument: the subquery gives ${query.columns.length} columns, expected ${lefts.length}`,
    )
  const alias = t.alias()
  const pairs = query.columns.map((column, index) => {
    const left = lefts[index] ?? typed('NULL', column.type)
    return comparable(t, left, typed(`${alias}.${column.sql}`, column.type), '=', expression.start)
  })
  const left = pairs.map(([sql]) => sql)
  const selected = pairs.map(([, sql]) => sql).join(', ')
  const sql = `(${left.length === 1 ? left[0] : `(${left.join(', ')})`} ${expression.negated ? 'NOT ' : ''}IN (SELECT ${left.length === 1 ? selected : `(${selected})`} FROM (${query.sql}) ${alias}))`
  return typed(sql, booleanType)
}

export function translateLike(t: Translation, expression: Extract<Expression, { kind: 'like' }>, scope: Scope): Typed {
  const value = toText(t, t.expression(expression.value, scope))
  const escape = expression.escape === null ? null : toText(t, t.expression(expression.escape, scope))
  const each = expression.patterns.map((pattern) => {
    const text = toText(t, t.expression(pattern, scope))
    return expression.operator === 'RLIKE'
      ? `regexp_full_match(${value}, ${text}, 'c')`
      : likeSql(value, expression.operator, text, escape)
  })
  const all = `(${each.join(expression.quantifier === 'ALL' ? ' AND ' : ' OR ')})`
  return typed(expression.negated ? `(NOT ${all})` : all, booleanType)
}

/** Without ESCAPE there is no escape at all. */
export const likeSql = (value: string, operator: string, pattern: string, escape: string | null): string =>
  `(${value} ${operator} ${pattern}${escape === null ? '' : ` ESCAPE ${escape}`})`
