import { fieldHistoryName, toSnake } from '../model/column-name.ts'
import type { FieldHistoryView } from '../warehouse/field-history.ts'
import type { StreamPlan, TableShape } from './resolve-streams.ts'

/** The view over a history stream, where its parent is loaded too. */
export function fieldHistoryView(plan: StreamPlan, all: readonly StreamPlan[]): FieldHistoryView | undefined {
  const { history } = plan.stream
  if (!history) return undefined
  const parent = all.find((other) => other.stream.name === history.of)
  const createdAt = parent && columnOf(parent.shape, history.createdAt)
  if (!parent || !createdAt) return undefined
  const who = history.who && all.find((other) => other.stream.name === history.who?.stream)
  const column = (field: string) => columnOf(plan.shape, field) ?? toSnake(field)
  return {
    schema: plan.shape.table.schema,
    name: fieldHistoryName(parent.shape.table.name),
    history: {
      table: plan.shape.table.name,
      hasIntervals: plan.mode === 'scd2',
      key: plan.shape.key[0] ?? 'id',
      record: column(history.record),
      field: column(history.field),
      from: column(history.from),
      to: column(history.to),
      at: column(history.at),
      by: column(history.by),
      kind: history.kind === undefined ? null : column(history.kind),
    },
    parent: {
      table: parent.shape.table.name,
      hasIntervals: parent.mode === 'scd2',
      key: parent.shape.key[0] ?? 'id',
      createdAt,
    },
    who:
      who && history.who
        ? {
            table: who.shape.table.name,
            hasIntervals: who.mode === 'scd2',
            key: columnOf(who.shape, history.who.key) ?? toSnake(history.who.key),
            name: columnOf(who.shape, history.who.name) ?? toSnake(history.who.name),
          }
        : null,
    tracked: Object.fromEntries(
      Object.entries(history.tracked).flatMap(([name, field]) => {
        const present = columnOf(parent.shape, field)
        return present ? [[name, present]] : []
      }),
    ),
  }
}

const columnOf = (shape: TableShape, field: string) => shape.columns.find((column) => column.field === field)?.column
