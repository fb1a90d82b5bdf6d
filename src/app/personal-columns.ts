/** What plan and preview show as stars. */
import { toSnake } from '../model/column-name.ts'
import { sourcesOf } from '../reverse-etl/mapped-field.ts'
import type { ResolvedMapping } from '../reverse-etl/mapping.ts'
import type { App } from './app.ts'

/** Columns of models that hold what some sync calls personal. */
export function personalColumns(app: Pick<App, 'project'>): ReadonlySet<string> {
  return new Set(
    app.project.syncs.flatMap((sync) =>
      sync.kind === 'etl' ? sync.streams.flatMap((stream) => stream.pii.map(toSnake)) : [],
    ),
  )
}

/** Destination fields that are filled from such a column. */
export const maskedFields = (mapping: ResolvedMapping, personal: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(mapping.fields.flatMap((field) => (sourcesOf(field).some((name) => personal.has(name)) ? [field.field] : [])))
