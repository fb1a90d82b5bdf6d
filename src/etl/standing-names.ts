import { columnNames } from '../model/column-name.ts'
import type { Asked } from '../model/cursor.ts'
import { intervalColumns } from '../model/interval-columns.ts'
import { ownMember } from '../model/own-member.ts'
import { nameOf } from './asked.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { TableShape } from './table-shape.ts'

/**
 * The plan with the columns that fields had before: one that comes new may fall on the name of one that stands, and its values
 * would go among the other's.
 */
export function withStandingNames(plan: StreamPlan, before: Asked | undefined): StreamPlan {
  if (before?.table !== nameOf(plan.shape)) return plan
  const { inside } = before
  return {
    ...plan,
    shape: renamed(plan.shape, standingNames(plan, before)),
    children: plan.children.map((each) => {
      const standing = ownMember(inside, each.child.name)?.columns
      return { ...each, shape: renamed(each.shape, columnNames(Object.keys(each.child.columns), [], standing)) }
    }),
  }
}

/** Of every field of the stream, whether it is loaded or not. */
export function standingNames(
  { stream, mode, shape }: StreamPlan,
  before: Asked | undefined,
): ReadonlyMap<string, string> {
  const ours = mode === 'scd2' ? intervalColumns.map(({ name }) => name) : []
  const standing = before?.table === nameOf(shape) ? before.loaded?.columns : undefined
  return columnNames(Object.keys(stream.columns), ours, standing)
}

function renamed(shape: TableShape, names: ReadonlyMap<string, string>): TableShape {
  if (shape.columns.every(({ field, column }) => names.get(field) === column)) return shape
  const byColumn = new Map(shape.columns.map(({ field, column }) => [column, names.get(field) ?? column]))
  const nameNow = (column: string) => byColumn.get(column) ?? column
  return {
    table: { ...shape.table, columns: shape.table.columns.map((each) => ({ ...each, name: nameNow(each.name) })) },
    columns: shape.columns.map((each) => ({ ...each, column: nameNow(each.column) })),
    key: shape.key.map(nameNow),
  }
}
