/** Semi-structured values: paths, arrays, objects. https://docs.snowflake.com/en/user-guide/querying-semistructured */
import { coerce, variantOf } from './cast.ts'
import { arrayType, isSemi, numberType, objectType, showType, variantType } from './data-type.ts'
import { invalidArgumentTypes } from './snowflake-error.ts'
import { toText } from './to-text.ts'
import { textSql, typed, type Typed } from './typed.ts'
import type { Expression } from './expression.ts'
import type { Scope } from './scope.ts'
import type { Translation } from './translation.ts'

export function translatePath(t: Translation, expression: Extract<Expression, { kind: 'path' }>, scope: Scope): Typed {
  const columnOfFile = readFileColumn(expression, scope)
  const value = columnOfFile?.value ?? t.expression(expression.value, scope)
  const keys = columnOfFile?.keys ?? expression.keys
  if (keys.length === 0) return value
  if (!isSemi(value.type) && value.type.kind !== 'NULL')
    throw invalidArgumentTypes('GET', [showType(value.type), 'VARCHAR'], t.place(expression.start))
  return typed(
    keys.reduce<string>((sql, key) => stepInto(t, sql, key, scope), variantOf(t, value)),
    variantType,
  )
}

function stepInto(t: Translation, sql: string, key: string | Expression, scope: Scope): string {
  if (typeof key === 'string') return `sf_key(${sql}, ${textSql(key)})`
  const step = t.expression(key, scope)
  return getSql(t, sql, step)
}

export function getSql(t: Translation, sql: string, step: Typed): string {
  return step.type.kind === 'VARCHAR'
    ? `sf_key(${sql}, ${step.sql})`
    : `sf_at(${sql}, ${coerce(t, step, numberType()).sql})`
}

/** A Parquet file's row is $1; its columns are read without making an object of them first. */
function readFileColumn(expression: Extract<Expression, { kind: 'path' }>, scope: Scope) {
  if (expression.value.kind !== 'positional' || expression.value.index !== 1) return null
  const [key, ...keys] = expression.keys
  const [relation] = scope.relations
  if (typeof key !== 'string' || !relation?.columns.some(({ name }) => name === '$1')) return null
  const column = relation.columns.find(({ name }) => name === `$1:${key}`)
  if (column) return { value: typed(column.sql, column.type), keys }
  return relation.columns.some(({ name }) => name.startsWith('$1:'))
    ? { value: typed('CAST(NULL AS JSON)', variantType), keys: [] }
    : null
}

export function arrayOf(t: Translation, items: readonly Typed[]): Typed {
  // In an ARRAY a NULL is undefined, which is written as null here.
  const texts = items.map((item) => `coalesce(CAST(${variantOf(t, item)} AS VARCHAR), 'null')`)
  return typed(
    texts.length === 0 ? `CAST('[]' AS JSON)` : `CAST('[' || ${texts.join(` || ',' || `)} || ']' AS JSON)`,
    arrayType,
  )
}

/** OBJECT_CONSTRUCT leaves out what is NULL. */
export function objectOf(t: Translation, entries: readonly (readonly [Typed, Typed])[], keepNull: boolean): Typed {
  if (entries.length === 0) return typed(`CAST('{}' AS JSON)`, objectType)
  const texts = entries.map(([key, value]) => {
    const json = `CAST(${variantOf(t, value)} AS VARCHAR)`
    const entry = `to_json(${toText(t, key)}) || ':' || ${keepNull ? `coalesce(${json}, 'null')` : json}`
    return keepNull ? `CASE WHEN ${toText(t, key)} IS NOT NULL THEN ${entry} END` : entry
  })
  // What is NULL gives no entry, and array_to_string leaves it out.
  return typed(
    `CAST('{' || array_to_string(list_filter([${texts.join(', ')}], lambda entry: entry IS NOT NULL), ',') || '}' AS JSON)`,
    objectType,
  )
}
