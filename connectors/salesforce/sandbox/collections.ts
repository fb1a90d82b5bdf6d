import type { SimulatorContext } from 'millrace/sandbox'
import { allOrNone, readRows } from './collection-body.ts'
import type { Sent } from './field-value.ts'
import { findField, findObject } from './objects.ts'
import type { Stamp } from './org.ts'
import { notFound, refuse } from './refusal.ts'
import { deleteById, insertNew, saveAll, updateById, upsertBy, type SaveResult } from './save-rows.ts'

/** What a request says beside its rows. */
export type Write = { readonly stamp: Stamp; readonly assigns: boolean }

/** Creates. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_create.htm */
export function createRecords(context: SimulatorContext, body: Sent, write: Write): readonly SaveResult[] {
  return saveAll(readRows(body, null), { context, ...write, allOrNone: allOrNone(body) }, insertNew)
}

/** Updates by Id. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm */
export function updateRecords(context: SimulatorContext, body: Sent, write: Write): readonly SaveResult[] {
  const rows = readRows(body, null)
  return saveAll(rows, { context, ...write, allOrNone: allOrNone(body) }, updateById(rows))
}

/** Upserts by external id. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm */
export function upsertRecords(
  context: SimulatorContext,
  path: { readonly object: string; readonly field: string },
  body: Sent,
  write: Write,
): readonly SaveResult[] {
  const object = findObject(path.object)
  if (!object || object.tooling) throw notFound()
  const match = findField(object, path.field)
  if (!match?.externalId)
    throw refuse(404, 'NOT_FOUND', `Provided external ID field does not exist or is not accessible: ${path.field}`)
  const rows = readRows(body, object)
  return saveAll(rows, { context, ...write, allOrNone: allOrNone(body) }, upsertBy(match, rows))
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_delete.htm */
export function deleteRecords(context: SimulatorContext, ids: readonly string[], stamp: Stamp): readonly SaveResult[] {
  if (ids.length > 200)
    throw refuse(400, 'EXCEEDED_ID_LIMIT', 'record limit reached. cannot submit more than 200 records into this call')
  return ids.map((id) => deleteById(context, id, stamp))
}

export function renderResults(results: readonly SaveResult[]): string {
  return JSON.stringify(
    results.map((result) =>
      result.success
        ? { id: result.id, success: true, errors: [], ...(result.created !== undefined && { created: result.created }) }
        : {
            ...(result.id !== undefined && { id: result.id }),
            success: false,
            errors: [
              {
                statusCode: result.error.errorCode,
                message: result.error.message,
                fields: [...result.error.fields],
              },
            ],
          },
    ),
  )
}
