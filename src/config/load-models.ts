import type { SourcePlace } from '../model/millrace-error.ts'
import { suggest, unknownTable } from './check-names.ts'
import { findReferences, placeIn, type Reference } from './model-references.ts'
import { findCircle } from './order-syncs.ts'
import type { Model, Sync } from './project.ts'
import type { Report } from './yaml-file.ts'

export type ModelFile = { readonly name: string; readonly file: string; readonly sql: string }

export type LoadedModels = {
  readonly models: readonly Model[]
  /** Where each model first names each of its sources: the place of a circle that goes through it. */
  readonly references: ReadonlyMap<string, readonly Reference[]>
}

export function loadModels(files: readonly ModelFile[], report: Report): LoadedModels {
  const references = new Map<string, readonly Reference[]>()
  const models = files.map(({ name, file, sql }): Model => {
    if (sql.trim() === '')
      report('MR-1201', { message: `${file} is empty`, next: 'Write a select.', place: placeIn(sql, file, 0, 1) })
    const found = findReferences(sql, file, report)
    references.set(name, found)
    return {
      name,
      file,
      sql,
      sources: unique(
        found.flatMap((each) => (each.kind === 'source' ? [{ sync: each.sync, table: each.table }] : [])),
      ),
      refs: unique(found.flatMap((each) => (each.kind === 'ref' ? [each.model] : []))),
    }
  })
  return { models, references }
}

/** Every source must be a table of an ETL sync, every ref a model, and no model may read itself. */
export function checkModels(
  loaded: LoadedModels,
  context: { syncs: readonly Sync[]; brokenSyncs: readonly string[]; report: Report },
): void {
  const names = loaded.models.map((model) => model.name)
  for (const references of loaded.references.values())
    for (const reference of references)
      if (reference.kind === 'source') checkSource(reference, context)
      else if (!names.includes(reference.model))
        unknown(context.report, reference.place, 'model', reference.model, names)
  const circle = findCircle(new Map(loaded.models.map((model) => [model.name, model.refs])))
  if (!circle) return
  const [first = '', second = ''] = circle
  context.report('MR-1207', {
    message: `models read each other in a circle: ${circle.join(' → ')}`,
    next: 'Take one of these refs out.',
    place: loaded.references.get(first)?.find((each) => each.kind === 'ref' && each.model === second)?.place,
  })
}

function checkSource(
  reference: Reference & { readonly kind: 'source' },
  { syncs, brokenSyncs, report }: { syncs: readonly Sync[]; brokenSyncs: readonly string[]; report: Report },
): void {
  if (brokenSyncs.includes(reference.sync)) return
  const sync = syncs.find((each) => each.name === reference.sync)
  const etlSyncs = syncs.filter((each) => each.kind === 'etl').map((each) => each.name)
  if (sync?.kind !== 'etl') return unknown(report, reference.place, 'ETL sync', reference.sync, etlSyncs)
  const missing = unknownTable(sync, reference.table)
  if (missing)
    report('MR-1204', {
      message: `the sync \`${sync.name}\` has no stream that loads a table \`${reference.table}\``,
      next: missing.near === undefined ? `Add the stream to ${sync.place.file}.` : `Did you mean \`${missing.near}\`?`,
      place: reference.place,
    })
}

function unknown(report: Report, place: SourcePlace, kind: string, name: string, known: readonly string[]): void {
  const next =
    suggest(name, known) ??
    (known.length > 0 ? `There are: ${[...known].sort().join(', ')}.` : `No ${kind} is defined yet.`)
  report('MR-1204', { message: `there is no ${kind} \`${name}\``, next, place })
}

const unique = <T>(items: readonly T[]): readonly T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
]
