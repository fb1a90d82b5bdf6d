import { modelsOf, modelTables } from '../config/order-syncs.ts'
import type { Model, Project, ReverseSync, Sync } from '../config/project.ts'
import { toSnake } from '../model/column-name.ts'
import { MillraceError, throwAll } from '../model/millrace-error.ts'
import type { App } from './app.ts'
import { foreignModels } from './foreign-models.ts'

/**
 * What loads what models read, and delivers nothing; `missing`: the table of it that is not there. undefined: they name no sync
 * that they read.
 */
export function howToLoad(
  { models, syncs }: Pick<Project, 'models' | 'syncs'>,
  names: readonly string[],
  missing?: string,
): readonly string[] | undefined {
  const read = names.flatMap((name) => modelTables(models, name))
  if (read.length === 0) return undefined
  const isMissing = ({ table }: Source) => missing === undefined || table === missing.split('.').at(-1)?.toLowerCase()
  const off = read.filter(isMissing).flatMap((source) => {
    const file = switchedOffIn(syncs, source)
    return file === undefined ? [] : [{ ...source, file }]
  })
  const isOff = (source: Source) => off.some(({ sync, table }) => sync === source.sync && table === source.table)
  // Of a table that is missing by name, runs that load others are no help.
  const wanted = missing !== undefined && off.length > 0 ? read.filter(isMissing) : read
  const loading = [...new Set(wanted.filter((source) => !isOff(source)).map(({ sync }) => sync))].sort()
  const told = off.map(
    ({ sync, table, file }) =>
      `No run loads ${sync}.${table}: it has  enabled: false  in ${file}. Take that away and run ${sync}, or take the table out of the model.`,
  )
  return [...(loading.length === 0 ? [] : [`millrace sync run ${loading.join(' ')}   loads it`]), ...new Set(told)]
}

type Source = Model['sources'][number]

/** A table that was loaded before its stream was switched off stands, and may be read: so this is no finding of `validate`. */
function switchedOffIn(syncs: readonly Sync[], { sync: name, table }: Source): string | undefined {
  const sync = syncs.find((each) => each.name === name)
  const stream = sync?.kind === 'etl' ? sync.streams.find((each) => toSnake(each.name) === table) : undefined
  return stream?.enabled === false ? sync?.place.file : undefined
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
      next: howToLoad(app.project, modelsOf(sync)) ?? `The first run of ${sync.name} makes it.`,
      cause: error,
    })
  }
}
