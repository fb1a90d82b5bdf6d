/** https://docs.snowflake.com/en/sql-reference/expressions-conditional */
import { compare } from '../translate-predicate.ts'
import { booleanType } from '../data-type.ts'
import { calculate } from '../translate-arithmetic.ts'
import { type Rules, scalar } from './function-rule.ts'
import { numberConstant, typed, type Typed } from '../typed.ts'
import { unify } from '../unify.ts'
import type { CallSite } from '../call-site.ts'

const many = 10_000

export const conditionalFunctions: Rules = [
  scalar('IFF', 3, 3, (call) => choose(call, call.boolean(0), call.value(1), call.value(2))),
  scalar('NVL IFNULL', 2, 2, coalesce),
  scalar('COALESCE', 2, many, coalesce),
  scalar('NVL2', 3, 3, (call) => choose(call, `${call.value(0).sql} IS NOT NULL`, call.value(1), call.value(2))),
  scalar('NULLIF', 2, 2, (call) =>
    typed(`CASE WHEN ${equals(call, 0, 1)} THEN NULL ELSE ${call.value(0).sql} END`, call.value(0).type),
  ),
  scalar('EQUAL_NULL', 2, 2, (call) =>
    compare(call.t, 'IS NOT DISTINCT FROM', call.value(0), call.value(1), call.node.start),
  ),
  scalar('GREATEST', 1, many, (call) => extreme(call, 'greatest', true)),
  scalar('LEAST', 1, many, (call) => extreme(call, 'least', true)),
  scalar('GREATEST_IGNORE_NULLS', 1, many, (call) => extreme(call, 'greatest', false)),
  scalar('LEAST_IGNORE_NULLS', 1, many, (call) => extreme(call, 'least', false)),
  scalar('DECODE', 3, many, decode),
  scalar('ZEROIFNULL', 1, 1, (call) => typed(`coalesce(${call.numeric(0).sql}, 0)`, call.numeric(0).type)),
  scalar('NULLIFZERO', 1, 1, (call) => typed(`nullif(${call.numeric(0).sql}, 0)`, call.numeric(0).type)),
  scalar('DIV0', 2, 2, (call) => divideOrZero(call, `${call.numeric(1).sql} = 0`)),
  scalar('DIV0NULL', 2, 2, (call) => divideOrZero(call, `coalesce(${call.numeric(1).sql}, 0) = 0`)),
  scalar('BOOLAND', 2, 2, (call) => typed(`(${call.boolean(0)} AND ${call.boolean(1)})`, booleanType)),
  scalar('BOOLOR', 2, 2, (call) => typed(`(${call.boolean(0)} OR ${call.boolean(1)})`, booleanType)),
  scalar('BOOLXOR', 2, 2, (call) => typed(`(${call.boolean(0)} <> ${call.boolean(1)})`, booleanType)),
  scalar('BOOLNOT', 1, 1, (call) => typed(`(NOT ${call.boolean(0)})`, booleanType)),
]

function coalesce(call: CallSite): Typed {
  const { values, type } = unify(call.t, call.values)
  return typed(`coalesce(${values.join(', ')})`, type)
}

function choose(call: CallSite, when: string, then: Typed, otherwise: Typed): Typed {
  const { values, type } = unify(call.t, [then, otherwise])
  return typed(`CASE WHEN ${when} THEN ${values[0]} ELSE ${values[1]} END`, type)
}

const equals = (call: CallSite, left: number, right: number) =>
  compare(call.t, '=', call.value(left), call.value(right), call.node.start).sql

/** NULL if any of them is; DuckDB's own skip NULLs. */
function extreme(call: CallSite, word: string, nullWins: boolean): Typed {
  const { values, type } = unify(call.t, call.values)
  const sql = `${word}(${values.join(', ')})`
  if (!nullWins) return typed(sql, type)
  return typed(`CASE WHEN ${values.map((value) => `${value} IS NULL`).join(' OR ')} THEN NULL ELSE ${sql} END`, type)
}

/** NULL equals NULL here. */
function decode(call: CallSite): Typed {
  const pairs = Math.floor((call.count - 1) / 2)
  const hasDefault = call.count % 2 === 0
  const results = Array.from({ length: pairs }, (_, index) => call.value(2 + 2 * index))
  const { values, type } = unify(call.t, [...results, ...(hasDefault ? [call.value(call.count - 1)] : [])])
  const cases = Array.from({ length: pairs }, (_, index) => {
    const when = compare(call.t, 'IS NOT DISTINCT FROM', call.value(0), call.value(1 + 2 * index), call.node.start)
    return `WHEN ${when.sql} THEN ${values[index]}`
  })
  return typed(`CASE ${cases.join(' ')}${hasDefault ? ` ELSE ${values.at(-1)}` : ''} END`, type)
}

function divideOrZero(call: CallSite, isZero: string): Typed {
  const divisor = typed(`CASE WHEN ${isZero} THEN 1 ELSE ${call.numeric(1).sql} END`, call.numeric(1).type)
  const quotient = calculate(call.t, '/', call.numeric(0), divisor, call.place)
  const { values, type } = unify(call.t, [quotient, numberConstant('0')])
  return typed(
    `CASE WHEN ${isZero} AND ${call.numeric(0).sql} IS NOT NULL THEN ${values[1]} ELSE ${values[0]} END`,
    type,
  )
}
