/** A field that a stream leaves out (`exclude`, or not in `include`) is left out of its field history as well. */
import type { FieldHistory } from '../connector/contract.ts'
import type { Asked } from '../model/cursor.ts'
import { nameOf } from './asked.ts'
import { isLoaded } from './check-masks.ts'
import { namesIn } from './history-masks.ts'
import type { StreamPlan } from './resolve-streams.ts'
import { columnOf } from './table-shape.ts'

/** Which rows of a history are not loaded. */
export type LeftOut = {
  /** The field of a row that says what it is of. */
  readonly field: string
  /** What rows may say there of the fields that are left out. */
  readonly names: readonly string[]
  /** Those fields, as the object calls them. */
  readonly fields: readonly string[]
  /** What the object loads, in words of its own entry. */
  readonly by: NonNullable<Asked['history']>
}

/** The plan of a history whose object is loaded, too; any other stays as it is. */
export function withLeftOut(plan: StreamPlan, plans: readonly StreamPlan[]): StreamPlan {
  const { history } = plan.stream
  const object = plans.find(({ stream }) => stream.name === history?.of)
  if (!history || !object) return plan
  const { include, exclude } = object.config
  const loaded = new Set([...object.shape.columns.map(({ field }) => field), ...partsInClear(object)])
  const all = Object.keys(object.stream.columns)
  const fields = all.filter((field) => !loaded.has(field))
  return {
    ...plan,
    leftOut: {
      field: history.field,
      names: namesOf(history, fields),
      fields,
      by: { include: include && all.filter((field) => loaded.has(field)), exclude },
    },
  }
}

/** What a whole is made of comes in it: rows of a history may bear those names alone. */
function partsInClear({ stream, shape, config }: StreamPlan): readonly string[] {
  const clear = new Set(shape.columns.flatMap(({ field, mask }) => (mask ? [] : [field])))
  return Object.entries(stream.parts ?? {})
    .flatMap(([whole, parts]) => (clear.has(whole) ? parts : []))
    .filter((part) => !config.exclude.includes(part))
}

/** As sentences: rows that stand of what is left out now, and rows that are missing of what no longer is. */
export function oddOfLeftOut(plan: StreamPlan, before: Asked, full: boolean): readonly string[] {
  const { leftOut, stream, shape, mode } = plan
  const { history } = stream
  if (!leftOut || !history || mode === 'full_refresh' || before.table !== nameOf(shape)) return []
  const wasLoaded = (field: string) => before.history === undefined || isLoaded(before.history, field)
  const tracked = [...new Set(Object.values(history.tracked))]
  // Where nobody says what is tracked, there may be rows of any.
  const mayHaveRows = (field: string) =>
    tracked.length === 0 || tracked.includes(field) || leftOut.by.exclude.includes(field)
  const gone = leftOut.fields.filter((field) => mayHaveRows(field) && wasLoaded(field))
  const back = full ? [] : tracked.filter((field) => !leftOut.fields.includes(field) && !wasLoaded(field))
  return [
    ...(gone.length > 0
      ? [
          `${stream.name}: ${history.of} leaves out ${gone.join(', ')}: rows that were loaded of it before stay in ${nameOf(shape)}, and no view shows them. ` +
            `To take them out:  delete from ${nameOf(shape)} where ${columnOf(shape, history.field) ?? history.field} in (${namesOf(
              history,
              gone,
            )
              .map((name) => `'${name}'`)
              .join(', ')})`,
        ]
      : []),
    ...(back.length > 0
      ? [
          `${stream.name}: ${history.of} left out ${back.join(', ')} before: older rows of it are not there. A run with --full-refresh reads everything again.`,
        ]
      : []),
  ]
}

const namesOf = (history: FieldHistory, fields: readonly string[]): readonly string[] => [
  ...new Set(fields.flatMap((field) => namesIn(history, field))),
]
