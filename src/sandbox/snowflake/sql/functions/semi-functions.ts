/** https://docs.snowflake.com/en/sql-reference/functions-semistructured */
import { coerce, variantOf } from '../cast.ts'
import {
  arrayType,
  booleanType,
  type DataType,
  floatType,
  isSemi,
  numberType,
  objectType,
  varcharType,
  variantType,
} from '../data-type.ts'
import { arrayOf, getSql, objectOf } from '../translate-semi.ts'
import { pathKeys } from '../variant-path.ts'
import { type Rules, scalar } from './function-rule.ts'
import { textConstant, textSql, typed, type Typed } from '../typed.ts'
import { unsupported } from '../snowflake-error.ts'
import type { CallSite } from '../call-site.ts'

const text = varcharType()

export const semiFunctions: Rules = [
  scalar('PARSE_JSON', 1, 2, (call) => parsed(call, 'sf_parse_json')),
  scalar('TRY_PARSE_JSON', 1, 2, (call) => parsed(call, 'sf_try_parse_json')),
  scalar('CHECK_JSON', 1, 1, (call) =>
    typed(
      `CASE WHEN json_valid(${call.text(0)}) THEN NULL WHEN ${call.text(0)} IS NOT NULL THEN 'invalid JSON' END`,
      text,
    ),
  ),
  scalar('TO_JSON', 1, 1, (call) => typed(`CAST(${variantOf(call.t, call.value(0))} AS VARCHAR)`, text)),
  scalar('TO_VARIANT', 1, 1, (call) => typed(variantOf(call.t, call.value(0)), variantType)),
  scalar('TO_OBJECT', 1, 1, (call) => typed(`sf_to_object(${semi(call, 0)})`, objectType)),
  scalar('TO_ARRAY', 1, 1, (call) => coerce(call.t, call.value(0), arrayType)),
  scalar('OBJECT_CONSTRUCT', 0, 10_000, (call) => constructObject(call, false)),
  scalar('OBJECT_CONSTRUCT_KEEP_NULL', 0, 10_000, (call) => constructObject(call, true)),
  scalar('ARRAY_CONSTRUCT', 0, 10_000, (call) => arrayOf(call.t, call.values)),
  scalar('ARRAY_CONSTRUCT_COMPACT', 0, 10_000, (call) =>
    typed(
      `sf_array(list_filter([${call.values.map((value) => `CAST(${variantOf(call.t, value)} AS VARCHAR)`).join(', ')}], lambda item: item IS NOT NULL))`,
      arrayType,
    ),
  ),
  scalar('GET', 2, 2, (call) => typed(getSql(call.t, semi(call, 0), call.value(1)), variantType)),
  scalar('GET_PATH', 2, 2, (call) => {
    const steps = pathKeys(call.constant(1))
    return typed(
      steps.reduce<string>(
        (sql, step) => (typeof step === 'number' ? `sf_at(${sql}, ${step})` : `sf_key(${sql}, ${textSql(step)})`),
        semi(call, 0),
      ),
      variantType,
    )
  }),
  scalar('OBJECT_KEYS', 1, 1, (call) => typed(`CAST(to_json(json_keys(${semi(call, 0)})) AS JSON)`, arrayType)),
  scalar('OBJECT_DELETE', 2, 10_000, (call) => {
    const gone = call.node.args.slice(1).map((_, index) => call.text(index + 1))
    return typed(rebuilt(semi(call, 0), `k NOT IN (${gone.join(', ')})`, null), objectType)
  }),
  scalar('OBJECT_INSERT', 3, 4, (call) => {
    const [object, key] = [semi(call, 0), call.text(1)]
    const entry = `to_json(${key}) || ':' || CAST(${variantOf(call.t, call.value(2))} AS VARCHAR)`
    const isThere = `sf_key(${object}, ${key}) IS NOT NULL AND NOT coalesce(${call.count === 4 ? call.boolean(3) : 'FALSE'}, FALSE)`
    const refusal = `sf_error('100087', '22000', 'Duplicate field key ''' || ${key} || '''')`
    return typed(`CASE WHEN ${isThere} THEN ${refusal} ELSE ${rebuilt(object, `k <> ${key}`, entry)} END`, objectType)
  }),
  scalar('ARRAY_SIZE', 1, 1, (call) =>
    typed(
      `CASE WHEN json_type(${semi(call, 0)}) = 'ARRAY' THEN json_array_length(${semi(call, 0)}) END`,
      numberType(9, 0),
    ),
  ),
  scalar('ARRAY_CONTAINS', 2, 2, (call) => {
    // The value has to be a VARIANT; the array is the second argument.
    if (!isSemi(call.value(0).type)) throw call.wrongTypes()
    return typed(
      `list_contains(sf_text_list(sf_items(${semi(call, 1)})), CAST(${call.value(0).sql} AS VARCHAR))`,
      booleanType,
    )
  }),
  scalar('ARRAY_APPEND', 2, 2, (call) => appended(call, semi(call, 0), variantOf(call.t, call.value(1)))),
  scalar('ARRAY_CAT', 2, 2, (call) => typed(`sf_array(list_concat(${items(call, 0)}, ${items(call, 1)}))`, arrayType)),
  scalar('ARRAY_DISTINCT', 1, 1, (call) => typed(`sf_array(list_distinct(${items(call, 0)}))`, arrayType)),
  scalar('ARRAY_TO_STRING', 2, 2, (call) =>
    typed(
      `array_to_string(list_transform(sf_items(${semi(call, 0)}), lambda item: coalesce(sf_variant_text(item), '')), ${textSql(call.constant(1))})`,
      text,
    ),
  ),
  scalar('TYPEOF', 1, 1, (call) =>
    typed(
      `CASE json_type(${semi(call, 0)}) WHEN 'VARCHAR' THEN 'VARCHAR' WHEN 'NULL' THEN 'NULL_VALUE' WHEN 'UBIGINT' THEN 'INTEGER' WHEN 'BIGINT' THEN 'INTEGER' WHEN 'HUGEINT' THEN 'INTEGER' WHEN 'DOUBLE' THEN 'DECIMAL' ELSE json_type(${semi(call, 0)}) END`,
      text,
    ),
  ),
  scalar('IS_NULL_VALUE', 1, 1, (call) => typed(`(json_type(${semi(call, 0)}) = 'NULL')`, booleanType)),
  scalar('STRIP_NULL_VALUE', 1, 1, (call) =>
    typed(`CASE WHEN json_type(${semi(call, 0)}) <> 'NULL' THEN ${semi(call, 0)} END`, variantType),
  ),
  ...isOf('IS_ARRAY', `'ARRAY'`),
  ...isOf('IS_OBJECT', `'OBJECT'`),
  ...isOf('IS_VARCHAR IS_CHAR', `'VARCHAR'`),
  ...isOf('IS_BOOLEAN', `'BOOLEAN'`),
  ...isOf('IS_INTEGER', `'BIGINT', 'UBIGINT'`),
  ...isOf('IS_DECIMAL IS_DOUBLE IS_REAL', `'BIGINT', 'UBIGINT', 'DOUBLE'`),
  ...asType('AS_VARCHAR AS_CHAR', `'VARCHAR'`, text),
  ...asType('AS_BOOLEAN', `'BOOLEAN'`, booleanType),
  ...asType('AS_INTEGER', `'BIGINT', 'UBIGINT'`, numberType()),
  ...asType('AS_DOUBLE AS_REAL', `'BIGINT', 'UBIGINT', 'DOUBLE'`, floatType),
  ...asType('AS_OBJECT', `'OBJECT'`, objectType),
  ...asType('AS_ARRAY', `'ARRAY'`, arrayType),
]

/** 's', or nothing, refuses a name that stands twice in an object; with 'd' the last one counts. */
function parsed(call: CallSite, macro: string): Typed {
  const mode = call.count === 2 ? call.constant(1) : 's'
  if (mode !== 's' && mode !== 'd') throw unsupported(`${call.node.name} with ${mode}`)
  return typed(`${macro}${mode === 'd' ? '_d' : ''}(${call.text(0)})`, variantType)
}

/** The argument has to be a VARIANT, an OBJECT or an ARRAY. */
function semi(call: CallSite, index: number): string {
  const value = call.value(index)
  if (value.type.kind === 'NULL') return 'CAST(NULL AS JSON)'
  if (!isSemi(value.type)) throw call.wrongTypes()
  return value.sql
}

const items = (call: CallSite, index: number) => `sf_text_list(sf_items(${semi(call, index)}))`

const appended = (call: CallSite, array: string, item: string): Typed =>
  typed(`sf_array(list_append(sf_text_list(sf_items(${array})), CAST(${item} AS VARCHAR)))`, arrayType)

/** An object again from its entries, less some, and one more. */
const rebuilt = (object: string, kept: string, more: string | null): string => {
  const entries = `list_transform(list_filter(json_keys(${object}), lambda k: ${kept}), lambda k: to_json(k) || ':' || CAST(sf_key(${object}, k) AS VARCHAR))`
  return `sf_object(${more === null ? entries : `list_append(${entries}, ${more})`})`
}

function constructObject(call: CallSite, keepNull: boolean): Typed {
  const [first] = call.node.args
  if (first?.kind === 'star' && call.count === 1) {
    const columns = call.scope.relations.flatMap(({ columns: all }) => all)
    return objectOf(
      call.t,
      columns.map((column) => [textConstant(column.name), typed(column.sql, column.type)] as const),
      keepNull,
    )
  }
  if (call.count % 2 !== 0) throw call.wrongTypes()
  const entries = Array.from(
    { length: call.count / 2 },
    (_, index) => [call.value(2 * index), call.value(2 * index + 1)] as const,
  )
  if (entries.some(([key]) => key.type.kind !== 'VARCHAR' && key.type.kind !== 'NULL')) throw call.wrongTypes()
  return objectOf(call.t, entries, keepNull)
}

function isOf(names: string, types: string): Rules {
  return [scalar(names, 1, 1, (call) => typed(`(json_type(${semi(call, 0)}) IN (${types}))`, booleanType))]
}

function asType(names: string, types: string, to: DataType): Rules {
  return [
    scalar(names, 1, 1, (call) => {
      const value = semi(call, 0)
      return coerce(call.t, typed(`CASE WHEN json_type(${value}) IN (${types}) THEN ${value} END`, variantType), to)
    }),
  ]
}
