import { modelsOn, type WarehouseModel } from '../config/model-files.ts'
import { renderModel, warehouseNames } from '../config/model-references.ts'
import { orderModels } from '../config/order-syncs.ts'
import type { Project, WarehouseType } from '../config/project.ts'
import type { ErrorCode } from '../model/error-catalogue.ts'
import { MillraceError, throwAll } from '../model/millrace-error.ts'
import type { ModelMacros } from '../model/model-macros.ts'
import { duckdbMacros } from '../warehouse/duckdb/macros.ts'
import type { Session, Warehouse } from '../warehouse/port.ts'
import { snowflakeMacros } from '../warehouse/snowflake/macros.ts'
import { foreignModels, neededModels } from './foreign-models.ts'
import { howToLoad } from './how-to-load.ts'

/** Makes the view of a model and of the models that it reads. @throws MillraceError MR-2101, MR-2102, or what broke meanwhile */
export async function buildModel(
  session: Session,
  parts: { readonly project: Project; readonly warehouse: Warehouse; readonly name: string },
): Promise<void> {
  const { project, warehouse, name } = parts
  const models = modelsOn(project.models, warehouse.type)
  throwAll(foreignModels(project, warehouse.type, [name]))
  // Without a circle, which loading has refused, each comes after those that it reads.
  const needed = neededModels(models, name)
  for (const model of orderModels(models).filter((candidate) => needed.has(candidate.name)))
    await buildView(session, warehouse, { project, model })
}

/**
 * Makes the views of all models that there are for the warehouse and whose sources are loaded; gives the errors of those that
 * are refused for another reason.
 * @throws MillraceError what is no fault of a model: it would be that of each
 */
export async function buildAllModels(
  session: Session,
  project: Project,
  warehouse: Warehouse,
): Promise<readonly MillraceError[]> {
  const errors: MillraceError[] = []
  for (const model of orderModels(modelsOn(project.models, warehouse.type)))
    try {
      await buildView(session, warehouse, { project, model })
    } catch (error) {
      if (!(error instanceof MillraceError && error.code.startsWith('MR-21'))) throw error
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
  { project, model }: { readonly project: Project; readonly model: WarehouseModel },
): Promise<void> {
  const names = { ...warehouseNames(project, warehouse.quote), ...macrosOf[warehouse.type] }
  const sql = renderModel(model, names)
  try {
    await session.ensureView('models', model.name, sql)
  } catch (error) {
    if (!(error instanceof MillraceError && refusals.includes(error.code))) throw error
    throw modelError(project, model, error)
  }
}

/** What the warehouse says of the SQL; a connection that is lost, or a disk that is full, is no fault of the model. */
const refusals: readonly ErrorCode[] = ['MR-2003', 'MR-2203', 'MR-2204']

const macrosOf: { readonly [type in WarehouseType]: ModelMacros } = {
  duckdb: duckdbMacros,
  snowflake: snowflakeMacros,
}

function modelError(project: Project, model: WarehouseModel, error: MillraceError): MillraceError {
  const missing = missingTable.exec(error.message)
  if (missing)
    return new MillraceError('MR-2102', {
      message: `The model ${model.name} (${model.file}) reads ${missing[1] ?? missing[2]}, which has not been loaded on this target.`,
      kept: 'Nothing was sent.',
      next: howToLoad(project, [model.name], missing[1] ?? missing[2]) ?? [
        `No sync of the project loads it by that name: correct it in ${model.file}, or make the table.`,
        'A table of millrace’s own is made by the first run.',
      ],
      cause: error,
    })
  return new MillraceError('MR-2101', {
    message: `The model ${model.name} (${model.file}) cannot be built: ${error.message.replace(/^running a statement in \w+: /, '').split('\n in:')[0] ?? ''}`,
    kept: 'Nothing was sent; the view is as it was.',
    // What lacks a right is mended in the warehouse.
    next: error.code === 'MR-2003' ? `Fix ${model.file} and run again.` : error.next,
    cause: error,
  })
}

/** In DuckDB's words, or Snowflake's. */
const missingTable =
  /Table with name "?([^"\s!]+)"? does not exist|(?:Object|Schema|Table|View) '([^'\n]+)' does not exist or not authorized/
