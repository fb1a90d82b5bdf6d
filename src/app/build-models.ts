import { modelSources, orderModels } from '../config/order-syncs.ts'
import { renderModel, warehouseNames } from '../config/model-references.ts'
import type { Model, Project } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Session, Warehouse } from '../warehouse/port.ts'

/** Makes the view of a model and of the models that it reads. @throws MillraceError MR-2101, MR-2102 */
export async function buildModel(
  session: Session,
  parts: { readonly project: Project; readonly warehouse: Warehouse; readonly name: string },
): Promise<void> {
  const { project, name } = parts
  const needed = neededModels(project, name)
  for (const model of orderModels(project.models).filter((candidate) => needed.has(candidate.name)))
    await buildView(session, parts.warehouse, { project, model })
}

/** Makes the views of all models whose sources are loaded; gives the errors of those that fail for another reason. */
export async function buildAllModels(
  session: Session,
  project: Project,
  warehouse: Warehouse,
): Promise<readonly MillraceError[]> {
  const errors: MillraceError[] = []
  for (const model of orderModels(project.models))
    try {
      await buildView(session, warehouse, { project, model })
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      if (error.code !== 'MR-2102') errors.push(error)
    }
  return errors
}

/** How a run reads a model: through its view. */
export const modelQuery = (warehouse: Warehouse, name: string): string =>
  `SELECT * FROM ${warehouse.quote('models')}.${warehouse.quote(name)}`

async function buildView(
  session: Session,
  warehouse: Warehouse,
  { project, model }: { readonly project: Project; readonly model: Model },
): Promise<void> {
  const sql = renderModel(model, warehouseNames(project, warehouse.quote))
  try {
    await session.ensureView('models', model.name, sql)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw modelError(project, model, error)
  }
}

function modelError(project: Project, model: Model, error: MillraceError): MillraceError {
  const missing = /Table with name "?([^"\s!]+)"? does not exist/.exec(error.message)?.[1]
  if (missing !== undefined)
    return new MillraceError('MR-2102', {
      message: `The model ${model.name} (${model.file}) reads ${missing}, which has not been loaded on this target.`,
      kept: 'Nothing was sent.',
      next: `millrace sync run ${modelSources(project.models, model.name).join(' ')}   loads it`,
      cause: error,
    })
  return new MillraceError('MR-2101', {
    message: `The model ${model.name} (${model.file}) cannot be built: ${error.message.replace(/^running a statement in DuckDB: /, '').split('\n in:')[0] ?? ''}`,
    kept: 'Nothing was sent; the view is as it was.',
    next: `Fix ${model.file} and run again.`,
    cause: error,
  })
}

function neededModels(project: Project, name: string): ReadonlySet<string> {
  const needed = new Set<string>()
  const visit = (model: string) => {
    if (needed.has(model)) return
    needed.add(model)
    for (const ref of project.models.find((candidate) => candidate.name === model)?.refs ?? []) visit(ref)
  }
  visit(name)
  return needed
}
