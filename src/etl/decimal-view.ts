import type { MinorUnits } from '../connector/contract.ts'
import { decimalsName, giveWay } from '../model/column-name.ts'
import type { DecimalView } from '../warehouse/decimal-view.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { TableShape } from './table-shape.ts'

/** A view to make, but for the columns that its table has by then. */
export type DecimalViewPlan = Omit<DecimalView, 'columns' | 'amounts'> & { readonly amounts: readonly string[] }

export type DecimalViewPlans = {
  readonly views: readonly DecimalViewPlan[]
  /** Of amounts that are masked now: one that stands from before would make numbers of the masks. */
  readonly emptied: readonly DecimalViewPlan[]
  /** Tables with amounts whose currency is not loaded, or masked: they get none. */
  readonly lacking: readonly string[]
}

/** The views with decimal amounts, of streams and children whose amounts are in minor units. */
export function planDecimalViews(plans: readonly StreamPlan[]): DecimalViewPlans {
  const parts = plans.flatMap(({ stream, shape, children }) => [
    { shape, minorUnits: stream.minorUnits },
    ...children.map((child) => ({ shape: child.shape, minorUnits: child.child.minorUnits })),
  ])
  const tables = new Set(parts.map(({ shape }) => shape.table.name))
  const views: DecimalViewPlan[] = []
  const emptied: DecimalViewPlan[] = []
  const lacking: string[] = []
  for (const { shape, minorUnits } of parts) {
    if (!minorUnits) continue
    const amounts = minorUnits.amounts.flatMap((field) => columnOf(shape, field) ?? [])
    const { schema, name: table } = shape.table
    const currency = columnOf(shape, minorUnits.currency) ?? null
    // A vendor's table keeps its name.
    const view = { schema, name: giveWay(decimalsName(table), tables), table, currency, amounts }
    if (amounts.length > 0 && currency !== null) views.push(view)
    else if (minorUnits.amounts.some((field) => isMasked(shape, field))) emptied.push({ ...view, amounts: [] })
    if (amounts.length > 0 && currency === null) lacking.push(`${schema}.${table}`)
  }
  return { views, emptied, lacking }
}

const isMasked = ({ columns }: TableShape, field: string): boolean =>
  columns.some((column) => column.field === field && column.mask !== undefined)

/** With the columns of the table as it stands, some of which may be of earlier runs. */
export function completeDecimalView(plan: DecimalViewPlan, columns: DecimalView['columns']): DecimalView {
  const taken = new Set(columns.map(({ name }) => name))
  const amounts = plan.amounts.map((column) => {
    const as = giveWay(`${column}_decimal`, taken)
    taken.add(as)
    return { column, as }
  })
  return { ...plan, columns, amounts }
}

/** What is masked is no amount and no currency any more. */
const columnOf = (shape: TableShape, field: MinorUnits['currency']): string | undefined =>
  shape.columns.find((column) => column.field === field && column.mask === undefined)?.column
