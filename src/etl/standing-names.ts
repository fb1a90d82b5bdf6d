import { columnNames } from '../model/column-name.ts'
import type { Asked } from '../model/cursor.ts'
import { intervalColumns } from '../model/interval-columns.ts'
import { nameOf } from './asked.ts'
import type { StreamPlan } from './resolve-streams.ts'

/**
 * The plan with the columns that fields had before: one that comes new may fall on the name of one that stands, and its values
 * would go among the other's.
 */
export function withStandingNames(plan: StreamPlan, before: Asked | undefined): StreamPlan {
  const { shape, stream } = plan
  const standing = before?.table === nameOf(shape) ? before.loaded?.columns : undefined
  if (standing === undefined) return plan
  const ours = plan.mode === 'scd2' ? intervalColumns.map(({ name }) => name) : []
  const names = columnNames(Object.keys(stream.columns), ours, standing)
  if (shape.columns.every(({ field, column }) => names.get(field) === column)) return plan
  const renamed = new Map(shape.columns.map(({ field, column }) => [column, names.get(field) ?? column]))
  const nameNow = (column: string) => renamed.get(column) ?? column
  return {
    ...plan,
    shape: {
      table: { ...shape.table, columns: shape.table.columns.map((each) => ({ ...each, name: nameNow(each.name) })) },
      columns: shape.columns.map((each) => ({ ...each, column: nameNow(each.column) })),
      key: shape.key.map(nameNow),
    },
  }
}
