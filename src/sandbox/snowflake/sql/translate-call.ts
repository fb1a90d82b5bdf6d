/** Calls: only functions that Snowflake has, each translated by a rule of its own. */
import { CallSite } from './call-site.ts'
import { functionRules } from './functions/all-functions.ts'
import { orderSql } from './order-sql.ts'
import { errorAt, tooFewArguments, tooManyArguments, unknownFunction } from './snowflake-error.ts'
import type { Call, Window } from './expression.ts'
import type { Scope } from './scope.ts'
import type { Translation } from './translation.ts'
import type { Typed } from './typed.ts'

export function translateCall(t: Translation, node: Call & { start: number; end: number }, scope: Scope): Typed {
  const rule = node.path.length === 0 ? functionRules.get(node.name) : undefined
  if (!rule) throw unknownFunction([...node.path.map(({ value }) => value), node.name].join('.'))
  const place = t.place(node.start)
  const got = node.args.length
  const shown = t.text(node).toUpperCase()
  if (got < rule.least) throw tooFewArguments(shown, rule.least, got, place)
  if (got > rule.most) throw tooManyArguments(shown, rule.most, got, place)
  if (node.named.length > 0)
    throw errorAt('001003', '42000', place, `function ${node.name} does not support named arguments`)
  if (rule.kind === 'scalar' && (node.over !== null || node.distinct || node.withinGroup !== null))
    throw errorAt('002302', '42601', place, `Invalid function type [${node.name}] for window or aggregate function.`)
  if (rule.kind === 'window' && node.over === null)
    throw errorAt('002302', '42601', place, `Missing window specification for window function [${node.name}].`)
  if (rule.ordered && node.over?.order.length === 0)
    throw errorAt(
      '002303',
      '42601',
      place,
      `Window function type [${node.name}] requires ORDER BY in window specification`,
    )
  const over = node.over === null ? '' : overSql(t, node.over, scope, rule.wholeFrame ?? false)
  return rule.translate(new CallSite(t, node, scope, over))
}

function overSql(t: Translation, window: Window, scope: Scope, wholeFrame: boolean): string {
  const parts: string[] = []
  if (window.partition.length > 0)
    parts.push(`PARTITION BY ${window.partition.map((item) => t.expression(item, scope).sql).join(', ')}`)
  if (window.order.length > 0) parts.push(`ORDER BY ${orderSql(t, window.order, scope)}`)
  if (window.frame !== null) parts.push(window.frame)
  // FIRST_VALUE and its like look at the whole partition; DuckDB stops at the current row.
  else if (wholeFrame && window.order.length > 0) parts.push('ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING')
  return ` OVER (${parts.join(' ')})`
}
