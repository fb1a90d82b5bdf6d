/** The bodies of the batch endpoints, a hundred inputs each, with keys in the order in which the SDK writes them. */
import { isLowerCase, recordId, type Row } from './encode-change.ts'
import { aliasProperty } from './object-type.ts'

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
export const readBody = ({ object, property, values, properties }: Lookup) => ({
  propertiesWithHistory: [],
  ...(property === recordId ? {} : { idProperty: property }),
  inputs: values.map((id) => ({ id })),
  properties: [...new Set([property, aliasProperty(object, property) ?? property, ...properties])],
})

export type Lookup = {
  readonly object: string
  readonly property: string
  readonly values: readonly string[]
  /** What to bring of them beside the property itself. */
  readonly properties: readonly string[]
}

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
