import type { FieldHistory } from '../connector/contract.ts'
import { fieldHistoryName, toSnake } from '../model/column-name.ts'
import type { FieldHistoryView } from '../warehouse/field-history.ts'
import type { StreamPlan } from './resolve-streams.ts'
import { columnOf } from './table-shape.ts'

/** The view over a history stream, where its parent is loaded too. */
export function fieldHistoryView(plan: StreamPlan, all: readonly StreamPlan[]): FieldHistoryView | undefined {
  const { history } = plan.stream
  if (!history) return undefined
  const parent = all.find((other) => other.stream.name === history.of)
  const createdAt = parent && columnOf(parent.shape, history.createdAt)
  if (!parent || !createdAt) return undefined
  const by = columnOf(plan.shape, history.by) ?? null
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
      by,
      kind: history.kind === undefined ? null : column(history.kind),
    },
    parent: {
      table: parent.shape.table.name,
      hasIntervals: parent.mode === 'scd2',
      key: parent.shape.key[0] ?? 'id',
      createdAt,
    },
    who: by === null ? null : whoOf(history, all),
    tracked: Object.fromEntries(
      Object.entries(history.tracked).flatMap(([name, field]) => {
        const present = columnOf(parent.shape, field)
        return present ? [[name, present]] : []
      }),
    ),
    ...(history.otherNames && { otherNames: history.otherNames }),
    ...(plan.leftOut && plan.leftOut.names.length > 0 && { leftOut: plan.leftOut.names }),
  }
}

/** null: nobody is named, since the stream with the names is not loaded, or without them. */
function whoOf({ who }: FieldHistory, all: readonly StreamPlan[]): FieldHistoryView['who'] {
  const plan = all.find(({ stream }) => stream.name === who?.stream)
  const key = who && plan && columnOf(plan.shape, who.key)
  const name = who && plan && columnOf(plan.shape, who.name)
  return key && name ? { table: plan.shape.table.name, hasIntervals: plan.mode === 'scd2', key, name } : null
}
