import { decimalsName, recordHistoryName, toSnake } from '../model/column-name.ts'
import { reportUnknown, suggest } from './check-names.ts'
import { modelsOn, warehouseTypes } from './model-files.ts'
import { findReferences, placeIn, type Reference } from './model-references.ts'
import { findCircle } from './order-syncs.ts'
import type { Model, ModelFile, Sync } from './project.ts'
import type { NamedModelFile } from './read-project-files.ts'
import { readSqlTokens } from './sql-tokens.ts'
import { isGlob } from './stream-glob.ts'
import type { Report } from './yaml-file.ts'

export type LoadedModels = {
  readonly models: readonly Model[]
  /** Where each file first names each of its sources: the place of a circle that goes through it. */
  readonly references: ReadonlyMap<string, readonly Reference[]>
}

export function loadModels(files: readonly NamedModelFile[], report: Report): LoadedModels {
  const references = new Map<string, readonly Reference[]>()
  const byName = new Map<string, ModelFile[]>()
  for (const { name, ...written } of files) {
    const { file, sql } = written
    if (sql.trim() === '')
      report('MR-1201', { message: `${file} is empty`, next: 'Write a select.', place: placeIn(sql, file, 0, 1) })
    checkStatements(written, report)
    const found = findReferences(written, report)
    references.set(file, found)
    const sources = found.flatMap((each) => (each.kind === 'source' ? [{ sync: each.sync, table: each.table }] : []))
    const refs = found.flatMap((each) => (each.kind === 'ref' ? [each.model] : []))
    byName.set(name, [...(byName.get(name) ?? []), { ...written, sources: unique(sources), refs: unique(refs) }])
  }
  const models = [...byName].map(([name, all]): Model => {
    const [sources, refs] = [all.flatMap((each) => each.sources), all.flatMap((each) => each.refs)]
    return { name, files: all, sources: unique(sources), refs: unique(refs) }
  })
  return { models, references }
}

/** What stands behind a semicolon would be run beside the view, whatever it is. */
function checkStatements({ file, sql, warehouse }: Omit<NamedModelFile, 'name'>, report: Report): void {
  const tokens = readSqlTokens(sql, { escapes: warehouse === 'snowflake' }).filter(({ kind }) => kind !== 'comment')
  const end = tokens.findIndex(({ kind, text }) => kind === 'symbol' && text === ';')
  const next = end === -1 ? undefined : tokens.slice(end).find(({ text }) => text !== ';')
  if (next)
    report('MR-1201', {
      message: `${file} has more than one statement`,
      next: 'Write one select: a model is a view.',
      place: placeIn(sql, file, next.start, next.text.length),
    })
}

/** Every source must be a table of an ETL sync, every ref a model, and no model may read itself on any warehouse. */
export function checkModels(
  loaded: LoadedModels,
  context: { syncs: readonly Sync[]; brokenSyncs: readonly string[]; report: Report },
): void {
  const names = loaded.models.map((model) => model.name)
  for (const references of loaded.references.values())
    for (const reference of references)
      if (reference.kind === 'source') checkSource(reference, context)
      else if (!names.includes(reference.model))
        reportUnknown({ kind: 'model', name: reference.model, known: names, place: reference.place }, context.report)
  for (const warehouse of warehouseTypes) {
    const models = modelsOn(loaded.models, warehouse)
    const circle = findCircle(new Map(models.map((model) => [model.name, model.refs])))
    if (!circle) continue
    const [first = '', second = ''] = circle
    const { file = '' } = models.find(({ name }) => name === first) ?? {}
    context.report('MR-1207', {
      message: `models read each other in a circle: ${circle.join(' → ')}`,
      next: 'Take one of these refs out.',
      place: loaded.references.get(file)?.find((each) => each.kind === 'ref' && each.model === second)?.place,
    })
    return
  }
}

/** With globs it is known only at the source which tables a sync can load; and so which of its tables have a view beside them. */
function checkSource(
  { sync: name, table, place }: Reference & { readonly kind: 'source' },
  { syncs, brokenSyncs, report }: { syncs: readonly Sync[]; brokenSyncs: readonly string[]; report: Report },
): void {
  if (brokenSyncs.includes(name)) return
  const etlSyncs = syncs.filter((each) => each.kind === 'etl')
  const sync = etlSyncs.find((each) => each.name === name)
  if (!sync) return reportUnknown({ kind: 'ETL sync', name, known: etlSyncs.map((each) => each.name), place }, report)
  const tables = sync.streams.flatMap(({ name: stream }) => {
    const own = toSnake(stream)
    return [own, decimalsName(own), recordHistoryName(own)]
  })
  const isOpen = sync.streams.some((stream) => isGlob(stream.name)) || /_history(_raw)?$/.test(table)
  if (!isOpen && !tables.includes(table))
    report('MR-1204', {
      message: `the sync \`${name}\` has no stream that loads a table \`${table}\``,
      next: suggest(table, tables) ?? `Add the stream to ${sync.place.file}.`,
      place,
    })
}

const unique = <T>(items: readonly T[]): readonly T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
]
