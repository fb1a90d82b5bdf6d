import { modelSources, modelsOf } from '../config/order-syncs.ts'
import type { Model, ReverseSync } from '../config/project.ts'
import { MillraceError, throwAll } from '../model/millrace-error.ts'
import type { App } from './app.ts'
import { foreignModels } from './foreign-models.ts'

/** The command that loads what models read; it delivers nothing. undefined: they name no sync that they read. */
export function howToLoad(models: readonly Model[], names: readonly string[]): string | undefined {
  const syncs = [...new Set(names.flatMap((name) => modelSources(models, name)))].sort()
  return syncs.length === 0 ? undefined : `millrace sync run ${syncs.join(' ')}   loads it`
}

/** Where nothing was ever loaded, it says what the models of this sync need. @throws MillraceError MR-2102, MR-2101 */
export async function sayingWhatToLoad<T>(app: App, sync: ReverseSync, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // The hint of a model is its own already: it has the warehouse's words as its cause.
    if (!(error instanceof MillraceError) || error.code !== 'MR-2102' || error.cause !== undefined) throw error
    // No load helps there.
    throwAll(foreignModels(app.project, app.warehouse.type, modelsOf(sync)))
    throw new MillraceError('MR-2102', {
      message: error.message,
      kept: 'Nothing was sent.',
      next: howToLoad(app.project.models, modelsOf(sync)) ?? `The first run of ${sync.name} makes it.`,
      cause: error,
    })
  }
}
