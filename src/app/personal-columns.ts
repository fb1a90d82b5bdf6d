/** What plan and preview show as stars, and what no refusal quotes. */
import { modelsOn } from '../config/model-files.ts'
import { modelsOf } from '../config/order-syncs.ts'
import type { ReverseSync } from '../config/project.ts'
import { toSnake } from '../model/column-name.ts'
import type { Personal } from '../reverse-etl/compare.ts'
import type { App } from './app.ts'
import { neededModels } from './foreign-models.ts'

/** Columns of models that hold what some sync calls personal, by their names; and whether the SQL of this sync's models has one. */
export function personalColumns(app: Pick<App, 'project' | 'warehouse'>, sync: ReverseSync): Personal {
  const columns = new Set(
    app.project.syncs.flatMap((each) =>
      each.kind === 'etl'
        ? each.streams.flatMap((stream) => stream.pii.map((name) => toSnake(name).toLowerCase()))
        : [],
    ),
  )
  const models = modelsOn(app.project.models, app.warehouse.type)
  const needed = new Set(modelsOf(sync).flatMap((name) => [...neededModels(models, name)]))
  const words = models.flatMap(({ name, sql }) => (needed.has(name) ? sql.toLowerCase().match(/[\p{L}\p{N}_]+/gu) : []))
  return { columns, isRead: words.some((word) => word !== null && columns.has(word)) }
}
