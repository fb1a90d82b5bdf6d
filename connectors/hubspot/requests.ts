/** The bodies of the batch endpoints, a hundred inputs each, with keys in the order in which the SDK writes them. */
import { isLowerCase, recordId, type Row } from './encode-change.ts'

export const maxInputs = 100

/** https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-upsert */
export const upsertBody = (match: string, rows: readonly Row[]) => ({
  inputs: rows.map((row) => ({
    idProperty: match,
    objectWriteTraceId: traceOf(row),
    id: row.key,
    properties: { [match]: row.key, ...row.properties },
  })),
})

/** https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-create */
export const createBody = (match: string, rows: readonly Row[]) => ({
  inputs: rows.map((row) => ({
    associations: [],
    objectWriteTraceId: traceOf(row),
    properties: { [match]: row.key, ...row.properties },
  })),
})

/**
 * By record id: an email cannot be an idProperty here, and an unknown record must be told from a refused one.
 * https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-update
 */
export const updateBody = (rows: readonly (Row & { readonly id: string })[]) => ({
  inputs: rows.map((row) => ({ objectWriteTraceId: traceOf(row), id: row.id, properties: row.properties })),
})

/** https://developers.hubspot.com/docs/api-reference/crm-objects-v3/batch/post-crm-v3-objects-objectType-batch-read */
export const readBody = (property: string, values: readonly string[], properties: readonly string[]) => ({
  propertiesWithHistory: [],
  ...(property === recordId ? {} : { idProperty: property }),
  inputs: values.map((id) => ({ id })),
  properties: [...new Set([property, ...(property === recordId ? [mergedIds] : []), ...properties])],
})

/** The ids of the records that were merged into this one, with semicolons: asked for one of them, HubSpot answers with this. */
export const mergedIds = 'hs_merged_object_ids'

/** https://developers.hubspot.com/docs/api-reference/crm-associations-v4/batch/post-crm-v4-associations-fromObjectType-toObjectType-batch-associate-default */
export const associateBody = (pairs: readonly Pair[]) => ({
  inputs: pairs.map(({ from, to }) => ({ from: { id: from }, to: { id: to } })),
})

export type Pair = { readonly from: string; readonly to: string }

/** The properties that any of the rows has. */
export const namesOf = (rows: readonly Row[]): readonly string[] => [
  ...new Set(rows.flatMap(({ properties }) => Object.keys(properties))),
]

/** What ties results and errors to their rows. */
export const traceOf = ({ index }: Row) => String(index)

/** A value as HubSpot compares it. */
export const foldKey = (property: string, value: string) =>
  isLowerCase(property) ? value.trim().toLowerCase() : value.trim()
