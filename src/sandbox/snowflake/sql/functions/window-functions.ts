/** https://docs.snowflake.com/en/sql-reference/functions-window */
import { floatType, numberType } from '../data-type.ts'
import { type Rules, windowOnly } from './function-rule.ts'
import { typed, type Typed } from '../typed.ts'
import { unify } from '../unify.ts'
import type { CallSite } from '../call-site.ts'

const count = numberType(18, 0)

export const windowFunctions: Rules = [
  windowOnly('ROW_NUMBER', 0, 0, (call) => typed(`row_number()${call.over}`, count)),
  windowOnly('RANK', 0, 0, (call) => typed(`rank()${call.over}`, count)),
  windowOnly('DENSE_RANK', 0, 0, (call) => typed(`dense_rank()${call.over}`, count)),
  windowOnly('PERCENT_RANK', 0, 0, (call) => typed(`percent_rank()${call.over}`, floatType)),
  windowOnly('CUME_DIST', 0, 0, (call) => typed(`cume_dist()${call.over}`, floatType)),
  windowOnly('NTILE', 1, 1, (call) => typed(`ntile(${call.integer(0)})${call.over}`, count)),
  windowOnly('LAG', 1, 3, (call) => neighbour(call, 'lag')),
  windowOnly('LEAD', 1, 3, (call) => neighbour(call, 'lead')),
  windowOnly('FIRST_VALUE', 1, 1, (call) => picked(call, 'first_value'), { ordered: true, wholeFrame: true }),
  windowOnly('LAST_VALUE', 1, 1, (call) => picked(call, 'last_value'), { ordered: true, wholeFrame: true }),
  windowOnly(
    'NTH_VALUE',
    2,
    2,
    (call) => typed(`nth_value(${call.value(0).sql}, ${call.integer(1)})${call.over}`, call.value(0).type),
    {
      ordered: true,
      wholeFrame: true,
    },
  ),
  windowOnly(
    'RATIO_TO_REPORT',
    1,
    1,
    (call) => typed(`(${call.float(0)} / sum(${call.float(0)})${call.over})`, floatType),
    {},
  ),
  windowOnly('CONDITIONAL_TRUE_EVENT', 1, 1, (call) =>
    typed(`count(CASE WHEN ${call.boolean(0)} THEN 1 END)${call.over}`, count),
  ),
]

const nulls = (call: CallSite) => (call.node.nulls === 'IGNORE' ? ' IGNORE NULLS' : '')

const picked = (call: CallSite, word: string): Typed =>
  typed(`${word}(${call.value(0).sql}${nulls(call)})${call.over}`, call.value(0).type)

function neighbour(call: CallSite, word: string): Typed {
  const value = call.value(0)
  const steps = call.count > 1 ? call.integer(1) : '1'
  if (call.count < 3) return typed(`${word}(${value.sql}, ${steps}${nulls(call)})${call.over}`, value.type)
  const { values, type } = unify(call.t, [value, call.value(2)])
  return typed(`${word}(${values[0]}, ${steps}, ${values[1]}${nulls(call)})${call.over}`, type)
}
