import { lookupColumns, lookupsOf } from '../config/lookups.ts'
import { modelsOf } from '../config/order-syncs.ts'
import type { ModelLookup, ReverseSync } from '../config/project.ts'
import { modelColumn } from '../reverse-etl/model-column.ts'
import type { LookupJoin } from '../warehouse/lookup-join.ts'
import type { Session, Warehouse } from '../warehouse/port.ts'
import type { App } from './app.ts'
import { buildModel, modelQuery } from './build-models.ts'

/**
 * The rows of a sync as a query: its model, and beside each row what its map looks up in other ones. Their views are made.
 * @throws MillraceError MR-2101, MR-2102, MR-2103
 */
export async function syncQuery(
  session: Session,
  { project, warehouse }: Pick<App, 'project' | 'warehouse'>,
  sync: ReverseSync,
): Promise<string> {
  for (const name of modelsOf(sync)) await buildModel(session, { project, warehouse, name })
  const model = modelQuery(warehouse, sync.model)
  const lookups = lookupsOf(sync.map)
  if (lookups.length === 0) return model
  const columns = await session.describe(model)
  const joins: LookupJoin[] = []
  for (const lookup of lookups) joins.push(await lookupJoin(session, { warehouse, lookup, ours: { sync, columns } }))
  return warehouse.joinLookups(model, joins)
}

async function lookupJoin(
  session: Session,
  {
    warehouse,
    lookup,
    ours,
  }: {
    readonly warehouse: Warehouse
    readonly lookup: ModelLookup
    readonly ours: Parameters<typeof modelColumn>[0]
  },
): Promise<LookupJoin> {
  const query = modelQuery(warehouse, lookup.model)
  const theirs = { sync: { ...ours.sync, model: lookup.model }, columns: await session.describe(query) }
  return {
    query,
    by: lookup.by.map((pair) => ({
      ours: modelColumn(ours, pair.ours),
      theirs: modelColumn(theirs, pair.theirs),
    })),
    column: modelColumn(theirs, lookup.column).name,
    ...lookupColumns(lookup),
  }
}
