import type { LogicalType } from '../../model/logical-type.ts'
import { minorUnitDecimals, usualDecimals } from '../../model/minor-units.ts'
import type { Engine } from './engine.ts'
import type { DecimalView } from '../decimal-view.ts'

/**
 * Every column of the table, named one by one, so that one that is added later does not break the view; then each amount
 * in whole units of its row's currency: a decimal, exactly. null where the currency is none that is known.
 */
export function decimalViewSql(db: Engine, { schema, table, columns, currency, amounts }: DecimalView): string {
  const code = currency === null ? 'NULL' : `upper(CAST(t.${db.quote(currency)} AS VARCHAR))`
  const unit =
    `CAST(CASE ${minorUnitDecimals.map((special) => `WHEN ${code} IN (${special.currencies.map(db.text).join(', ')}) THEN ${unitOf(special.decimals)}`).join(' ')} ` +
    `WHEN ${db.matches(code, '[A-Z]{3}')} THEN ${unitOf(usualDecimals)} END AS DECIMAL(4,3))`
  const typeOf = (name: string) => columns.find((column) => column.name === name)?.type ?? 'string'
  const decimals = amounts.map(
    ({ column, as }) => `${exactly(db, `t.${db.quote(column)}`, typeOf(column))} * ${unit} AS ${db.quote(as)}`,
  )
  const stored = columns.map(({ name }) => `t.${db.quote(name)}`)
  return `SELECT ${[...stored, ...decimals].join(', ')} FROM ${db.relation(schema, table)} t`
}

/** 3 → 0.001 */
const unitOf = (decimals: number): string => (decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`)

/** The product of two decimals has the scale of both, and never rounds. */
function exactly(db: Engine, amount: string, type: LogicalType): string {
  if (type === 'integer') return `CAST(${amount} AS DECIMAL(19,0))`
  // Through text, which tells what would be rounded or would overflow: of that nothing is shown.
  const text = type === 'json' ? db.jsonText(amount) : `CAST(${amount} AS VARCHAR)`
  return `CASE WHEN ${db.matches(text, '-?[0-9]{1,20}([.][0-9]{1,12}0*)?')} THEN CAST(${text} AS ${db.type(db.factor)}) END`
}
