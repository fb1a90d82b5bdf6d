/** https://docs.snowflake.com/en/sql-reference/functions-aggregation */
import { calculateNumbers } from '../translate-arithmetic.ts'
import { arrayType, booleanType, duckdbType, floatType, numberType, objectType, varcharType } from '../data-type.ts'
import { aggregate, type Rules } from './function-rule.ts'
import { toText } from '../to-text.ts'
import { textSql, typed, type Typed } from '../typed.ts'
import { variantOf } from '../cast.ts'
import type { CallSite } from '../call-site.ts'

const count = numberType(18, 0)

export const aggregateFunctions: Rules = [
  aggregate('COUNT', 1, 10_000, countRows),
  aggregate('COUNT_IF', 1, 1, (call) => typed(`count(CASE WHEN ${call.boolean(0)} THEN 1 END)${call.over}`, count)),
  aggregate('SUM', 1, 1, (call) => {
    const { sql, type } = call.numeric(0)
    if (type.kind !== 'NUMBER') return typed(`sum(${call.distinct}${sql})${call.over}`, floatType)
    return typed(
      `sum(${call.distinct}CAST(${sql} AS DECIMAL(${type.precision},${type.scale})))${call.over}`,
      numberType(38, type.scale),
    )
  }),
  aggregate('AVG', 1, 1, average),
  aggregate('MIN', 1, 1, (call) => typed(`min(${call.value(0).sql})${call.over}`, call.value(0).type)),
  aggregate('MAX', 1, 1, (call) => typed(`max(${call.value(0).sql})${call.over}`, call.value(0).type)),
  // The value of that row even if it is NULL.
  aggregate('MAX_BY', 2, 2, (call) =>
    typed(`arg_max_null(${call.value(0).sql}, ${call.value(1).sql})${call.over}`, call.value(0).type),
  ),
  aggregate('MIN_BY', 2, 2, (call) =>
    typed(`arg_min_null(${call.value(0).sql}, ${call.value(1).sql})${call.over}`, call.value(0).type),
  ),
  aggregate('ANY_VALUE', 1, 1, (call) => typed(`any_value(${call.value(0).sql})${call.over}`, call.value(0).type)),
  aggregate('MODE', 1, 1, (call) => typed(`mode(${call.value(0).sql})${call.over}`, call.value(0).type)),
  aggregate('BOOLOR_AGG', 1, 1, (call) => typed(`bool_or(${call.boolean(0)})${call.over}`, booleanType)),
  aggregate('BOOLAND_AGG', 1, 1, (call) => typed(`bool_and(${call.boolean(0)})${call.over}`, booleanType)),
  aggregate('BOOLXOR_AGG', 1, 1, (call) =>
    typed(`(count(CASE WHEN ${call.boolean(0)} THEN 1 END)${call.over} = 1)`, booleanType),
  ),
  aggregate('MEDIAN', 1, 1, (call) => percentile(call, call.numeric(0), '0.5')),
  aggregate('PERCENTILE_CONT', 1, 1, (call) => {
    const [item] = call.node.withinGroup ?? []
    if (!item) throw call.wrongTypes()
    const share = item.descending ? `1 - ${call.constant(0)}` : call.constant(0)
    return percentile(call, call.t.expression(item.value, call.scope), share)
  }),
  ...(
    [
      'STDDEV STDDEV_SAMP:stddev_samp',
      'STDDEV_POP:stddev_pop',
      'VARIANCE VAR_SAMP VARIANCE_SAMP:var_samp',
      'VAR_POP VARIANCE_POP:var_pop',
    ] as const
  ).map((entry) => {
    const [names = '', own = ''] = entry.split(':')
    return aggregate(names, 1, 1, (call) => typed(`${own}(${call.distinct}${call.float(0)})${call.over}`, floatType))
  }),
  aggregate('CORR', 2, 2, (call) => typed(`corr(${call.float(0)}, ${call.float(1)})${call.over}`, floatType)),
  aggregate('APPROX_COUNT_DISTINCT HLL', 1, 1, (call) =>
    typed(`count(DISTINCT ${call.value(0).sql})${call.over}`, count),
  ),
  aggregate('LISTAGG STRING_AGG', 1, 2, (call) => {
    const separator = textSql(call.count === 2 ? call.constant(1) : '')
    // Of no rows it is an empty text.
    return typed(
      `coalesce(string_agg(${call.distinct}${call.text(0)}, ${separator}${call.order})${call.over}, '')`,
      varcharType(),
    )
  }),
  aggregate('ARRAY_AGG', 1, 1, (call) => {
    const item = `CAST(${variantOf(call.t, call.value(0))} AS VARCHAR)`
    const order =
      call.node.withinGroup === null || !call.node.distinct
        ? call.order
        : ` ORDER BY ${item} ${/DESC/.test(call.order) ? 'DESC' : 'ASC'}`
    return typed(
      `CAST('[' || coalesce(string_agg(${call.distinct}${item}, ','${order})${call.over}, '') || ']' AS JSON)`,
      arrayType,
    )
  }),
  aggregate('ARRAY_UNIQUE_AGG', 1, 1, (call) =>
    typed(
      `CAST('[' || coalesce(string_agg(DISTINCT CAST(${variantOf(call.t, call.value(0))} AS VARCHAR), ',')${call.over}, '') || ']' AS JSON)`,
      arrayType,
    ),
  ),
  aggregate('OBJECT_AGG', 2, 2, (call) => {
    const entry = `to_json(${toText(call.t, call.value(0))}) || ':' || CAST(${variantOf(call.t, call.value(1))} AS VARCHAR)`
    return typed(`CAST('{' || coalesce(string_agg(${entry}, ',')${call.over}, '') || '}' AS JSON)`, objectType)
  }),
  aggregate('GROUPING GROUPING_ID', 1, 10_000, (call) =>
    typed(`grouping(${call.values.map(({ sql }) => sql).join(', ')})`, count),
  ),
]

/** COUNT(*), COUNT(a, b): rows where none of them is NULL; COUNT(DISTINCT a, b): the same, counted once. */
function countRows(call: CallSite): Typed {
  const [first] = call.node.args
  if (first?.kind === 'star') {
    if (call.node.distinct) throw call.wrongTypes()
    if (first.table.length === 0) return typed(`count(*)${call.over}`, count)
    const relation = call.scope.relations.find(({ alias }) => alias === first.table.at(-1)?.value)
    const present = (relation?.columns ?? []).map(({ sql }) => `${sql} IS NOT NULL`)
    return typed(`count(CASE WHEN ${present.join(' AND ') || 'TRUE'} THEN 1 END)${call.over}`, count)
  }
  if (call.count === 1) return typed(`count(${call.distinct}${call.value(0).sql})${call.over}`, count)
  const values = call.values.map(({ sql }) => sql)
  const present = values.map((sql) => `${sql} IS NOT NULL`).join(' AND ')
  return typed(`count(${call.distinct}CASE WHEN ${present} THEN (${values.join(', ')}) END)${call.over}`, count)
}

/** A quotient of NUMBERs, so that no digit is lost. */
function average(call: CallSite): Typed {
  const { sql, type } = call.numeric(0)
  if (type.kind !== 'NUMBER') return typed(`avg(${call.distinct}${sql})${call.over}`, floatType)
  const decimal = `CAST(${sql} AS ${duckdbType(type)})`
  const sum = {
    sql: `sum(${call.distinct}${decimal})${call.over}`,
    type: { kind: 'NUMBER', precision: 38, scale: type.scale } as const,
  }
  const rows = {
    sql: `nullif(count(${call.distinct}${sql})${call.over}, 0)`,
    type: { kind: 'NUMBER', precision: 18, scale: 0 } as const,
  }
  return calculateNumbers('/', sum, rows)
}

function percentile(call: CallSite, value: Typed, share: string): Typed {
  const sql = `quantile_cont(${value.type.kind === 'NUMBER' ? `CAST(${value.sql} AS DOUBLE)` : value.sql}, ${share})${call.over}`
  if (value.type.kind !== 'NUMBER') return typed(sql, floatType)
  const to = numberType(38, Math.min(value.type.scale + 3, 37))
  return typed(`CAST(${sql} AS ${duckdbType(to)})`, to)
}
