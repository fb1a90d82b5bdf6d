import type { Model, ModelFile, WarehouseType } from './project.ts'

export const warehouseTypes: readonly WarehouseType[] = ['duckdb', 'snowflake']

export const warehouseTitles: { readonly [type in WarehouseType]: string } = {
  duckdb: 'DuckDB',
  snowflake: 'Snowflake',
}

/** The warehouse's own file, else the one for all. undefined: the model is for other warehouses. */
export const chooseFile = ({ files }: Model, warehouse: WarehouseType): ModelFile | undefined =>
  files.find((each) => each.warehouse === warehouse) ?? files.find((each) => each.warehouse === null)

/** A model as one warehouse has it. */
export type WarehouseModel = ModelFile & { readonly name: string }

/** Those that there are for the warehouse. */
export const modelsOn = (models: readonly Model[], warehouse: WarehouseType): readonly WarehouseModel[] =>
  models.flatMap((model) => {
    const file = chooseFile(model, warehouse)
    return file ? [{ ...file, name: model.name }] : []
  })
