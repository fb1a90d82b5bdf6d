/** A Snowflake expression as a DuckDB expression with its Snowflake type. */
import { castExplicitly, castTrying } from './cast.ts'
import { booleanType, typeOf } from './data-type.ts'
import { condition, unify } from './unify.ts'
import { resolveColumn, type Scope } from './scope.ts'
import { errorAt, syntaxError } from './snowflake-error.ts'
import { intervalText } from './interval-text.ts'
import { translateArithmetic } from './translate-arithmetic.ts'
import { translateCall } from './translate-call.ts'
import { arrayOf, objectOf, translatePath } from './translate-semi.ts'
import { translateBetween, translateComparison, translateIn, translateLike } from './translate-predicate.ts'
import { bindValue, variableValue } from './translate-variable.ts'
import { nullValue, numberConstant, textConstant, typed, type Typed } from './typed.ts'
import type { Expression } from './expression.ts'
import type { Translation } from './translation.ts'

export function translateExpression(t: Translation, expression: Expression, scope: Scope): Typed {
  switch (expression.kind) {
    case 'number':
      return numberConstant(expression.text)
    case 'string':
      return textConstant(expression.text)
    case 'null':
      return nullValue
    case 'boolean':
      return typed(expression.value ? 'TRUE' : 'FALSE', booleanType)
    case 'column':
      return translateColumn(t, expression, scope)
    case 'positional': {
      const name = `$${expression.index}`
      const parts = [...(expression.table === null ? [] : [expression.table]), name]
      const relation = scope.relations.find(({ alias }) => expression.table === null || alias === expression.table)
      const column = relation?.columns[expression.index - 1]
      // Only a staged file has columns of that name; of others they are counted.
      if (relation && column && !relation.columns.some((other) => other.name === name))
        return typed(column.sql, column.type)
      return resolveColumn(
        scope,
        parts.map((value) => ({ value, quoted: false })),
        t.place(expression.start),
      )
    }
    case 'variable':
    case 'session_variable':
      return variableValue(t, expression.kind, expression.name, expression.start)
    case 'bind':
      return bindValue(t, expression.index)
    case 'call':
      return translateCall(t, expression, scope)
    case 'cast': {
      const value = t.expression(expression.value, scope)
      const place = t.place(expression.start)
      return expression.isTry
        ? castTrying(t, value, typeOf(expression.type), place)
        : castExplicitly(t, value, typeOf(expression.type), place)
    }
    case 'unary':
      if (expression.operator === 'NOT') return typed(`(NOT ${condition(t, expression.value, scope)})`, booleanType)
      return translateArithmetic(t, expression, scope)
    case 'binary':
      return translateBinary(t, expression, scope)
    case 'between':
      return translateBetween(t, expression, scope)
    case 'in':
    case 'in_query':
      return translateIn(t, expression, scope)
    case 'like':
      return translateLike(t, expression, scope)
    case 'is': {
      const not = expression.negated ? 'NOT ' : ''
      if (expression.what === 'NULL')
        return typed(`(${t.expression(expression.value, scope).sql} IS ${not}NULL)`, booleanType)
      return typed(`(${condition(t, expression.value, scope)} IS ${not}${expression.what})`, booleanType)
    }
    case 'distinct_from':
      return translateComparison(t, expression.negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM', expression, scope)
    case 'case':
      return translateCase(t, expression, scope)
    case 'query':
      return translateScalarQuery(t, expression, scope)
    case 'exists': {
      const { sql } = t.query(expression.query, { ctes: scope.environment.ctes, parent: scope })
      return typed(`EXISTS (${sql})`, booleanType)
    }
    case 'path':
      return translatePath(t, expression, scope)
    case 'array':
      return arrayOf(
        t,
        expression.items.map((item) => t.expression(item, scope)),
      )
    case 'object':
      return objectOf(
        t,
        expression.entries.map(({ key, value }) => [textConstant(key), t.expression(value, scope)] as const),
        true,
      )
    case 'interval':
      return typed(`INTERVAL ${intervalText(expression.text)}`, { kind: 'INTERVAL' })
    case 'tuple':
      return typed(`(${expression.items.map((item) => t.expression(item, scope).sql).join(', ')})`, booleanType)
    case 'star':
    case 'default':
      throw syntaxError(t.place(expression.start), t.text(expression))
    default:
      return expression satisfies never
  }
}

function translateColumn(t: Translation, expression: Extract<Expression, { kind: 'column' }>, scope: Scope): Typed {
  const [only] = expression.parts
  const variables = t.context.variables
  // In a block's expressions a variable needs no colon; a column of that name goes before it.
  if (variables && expression.parts.length === 1 && only && variables.has(only.value) && scope.relations.length === 0)
    return variableValue(t, 'variable', only.value, expression.start)
  return resolveColumn(scope, expression.parts, t.place(expression.start))
}

function translateBinary(t: Translation, expression: Extract<Expression, { kind: 'binary' }>, scope: Scope): Typed {
  switch (expression.operator) {
    case 'AND':
    case 'OR': {
      // A thousand of them in a row are no thousand levels.
      const conditions = operandsOf(expression.operator, expression).map((operand) => condition(t, operand, scope))
      return typed(`(${conditions.join(` ${expression.operator} `)})`, booleanType)
    }
    case '=':
    case '<>':
    case '<':
    case '>':
    case '<=':
    case '>=':
      return translateComparison(t, expression.operator, expression, scope)
    default:
      return translateArithmetic(t, expression, scope)
  }
}

function operandsOf(operator: string, expression: Expression): readonly Expression[] {
  const operands: Expression[] = []
  let left = expression
  while (left.kind === 'binary' && left.operator === operator) {
    operands.push(left.right)
    left = left.left
  }
  return [left, ...operands.toReversed()]
}

function translateCase(t: Translation, expression: Extract<Expression, { kind: 'case' }>, scope: Scope): Typed {
  const { operand } = expression
  const whens = expression.whens.map(({ when }) =>
    operand === null
      ? condition(t, when, scope)
      : translateComparison(t, '=', { left: operand, right: when, start: when.start }, scope).sql,
  )
  const results = expression.whens.map(({ result }) => t.expression(result, scope))
  const otherwise = expression.otherwise === null ? nullValue : t.expression(expression.otherwise, scope)
  const { values, type } = unify(t, [...results, otherwise])
  const cases = whens.map((when, index) => `WHEN ${when} THEN ${values[index]}`)
  return typed(`CASE ${cases.join(' ')} ELSE ${values.at(-1)} END`, type)
}

function translateScalarQuery(t: Translation, expression: Extract<Expression, { kind: 'query' }>, scope: Scope): Typed {
  const { sql, columns } = t.query(expression.query, { ctes: scope.environment.ctes, parent: scope })
  const [column] = columns
  if (!column || columns.length > 1)
    throw errorAt(
      '000939',
      '22023',
      t.place(expression.start),
      'too many columns in a subquery that is used as a value: expected 1',
    )
  return typed(`(${sql})`, column.type)
}
