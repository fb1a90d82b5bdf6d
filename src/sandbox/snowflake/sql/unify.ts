/** Values of one type, and conditions. */
import { coerce } from './cast.ts'
import { booleanType, commonType, type DataType, showType } from './data-type.ts'
import { compilationError, errorAt } from './snowflake-error.ts'
import { nullValue, type Typed } from './typed.ts'
import type { Expression } from './expression.ts'
import type { Scope } from './scope.ts'
import type { Translation } from './translation.ts'

/** Values in the one type that holds them all. */
export function unify(
  t: Translation,
  values: readonly Typed[],
): { readonly values: readonly string[]; readonly type: DataType } {
  let type: DataType = nullValue.type
  for (const value of values) {
    const common = commonType(type, value.type)
    if (common === null)
      throw compilationError(
        '002016',
        '22000',
        `Can not convert parameter '${value.sql.slice(0, 40)}' of type [${showType(value.type)}] into expected type [${showType(type)}]`,
      )
    type = common
  }
  return {
    values: values.map((value) =>
      value.type.kind === 'NULL' && type.kind === 'NULL' ? 'NULL' : coerce(t, value, type).sql,
    ),
    type,
  }
}

/** An expression that has to be a BOOLEAN. */
export function condition(t: Translation, expression: Expression, scope: Scope): string {
  const value = t.expression(expression, scope)
  if (value.type.kind === 'DATE' || value.type.kind.startsWith('TIME'))
    throw errorAt(
      '001044',
      '42P13',
      t.place(expression.start),
      `Invalid data type [${showType(value.type)}] for predicate '${t.text(expression)}'`,
    )
  return coerce(t, value, booleanType).sql
}
