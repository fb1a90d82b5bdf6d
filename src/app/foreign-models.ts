/** Models that a target cannot have: they are written for the other warehouse only. */
import { modelsOn, warehouseTitles, type WarehouseModel } from '../config/model-files.ts'
import { modelsOf } from '../config/order-syncs.ts'
import type { Project, Target, WarehouseType } from '../config/project.ts'
import { readPlacesOf } from '../config/source-places.ts'
import { MillraceError, type ErrorParts } from '../model/millrace-error.ts'

/** An error for each of these models that is not there for the warehouse, or reads one that is not. */
export function foreignModels(
  project: Project,
  warehouse: WarehouseType,
  names: readonly string[],
  parts: Pick<ErrorParts, 'place' | 'exit'> = {},
): readonly MillraceError[] {
  const models = modelsOn(project.models, warehouse)
  return names.flatMap((name) => {
    const lost = [...neededModels(models, name)].find((each) => !models.some((model) => model.name === each))
    return lost === undefined ? [] : [notForWarehouse(project, lost, { warehouse, name, parts })]
  })
}

/** Of all syncs that deliver: what their runs on this target would end with, at the place of the sync's model. */
export function foreignModelsOfSyncs(project: Project, target: Target): readonly MillraceError[] {
  return project.syncs.flatMap((sync) => {
    if (sync.kind !== 'reverse_etl') return []
    const place = readPlacesOf(project.root, sync.place.file)?.(['model'], 'value')
    return foreignModels(project, target.warehouse.type, modelsOf(sync), { ...(place && { place }), exit: 2 })
  })
}

/** The model itself, and all that it reads on this warehouse, those that are not there too. */
export function neededModels(models: readonly WarehouseModel[], name: string): ReadonlySet<string> {
  const needed = new Set<string>()
  const visit = (model: string) => {
    if (needed.has(model)) return
    needed.add(model)
    for (const ref of models.find((candidate) => candidate.name === model)?.refs ?? []) visit(ref)
  }
  visit(name)
  return needed
}

type Wanted = {
  readonly warehouse: WarehouseType
  readonly name: string
  readonly parts: Pick<ErrorParts, 'place' | 'exit'>
}

function notForWarehouse(project: Project, name: string, wanted: Wanted): MillraceError {
  const title = warehouseTitles[wanted.warehouse]
  const files = project.models.find((model) => model.name === name)?.files.map(({ file }) => file) ?? []
  const [first = `models/${name}.sql`] = files
  const folder = first.slice(0, first.lastIndexOf('/') + 1)
  const reader = name === wanted.name ? '' : `, which ${wanted.name} reads,`
  return new MillraceError('MR-2101', {
    message: `The model ${name}${reader} is not written for ${title}, the warehouse of this target: there is only ${files.join(', ')}.`,
    kept: 'Nothing was sent.',
    next: [
      `Write ${folder}${name}.${wanted.warehouse}.sql for ${title}, or ${folder}${name}.sql for every other warehouse,`,
      'or choose another target:  --target NAME',
    ],
    ...wanted.parts,
  })
}
