import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { allOrNone, readRows, type Row } from './collection-body.ts'
import { checkValue, storedValue, type Sent } from './field-value.ts'
import type { Field } from './field.ts'
import { createKeyIndex, type KeyIndex } from './key-index.ts'
import { findField, findObject } from './objects.ts'
import { createRecord, deleteRecord, updateRecord, type Stamp } from './org.ts'
import { readId } from './record-id.ts'
import { refuse, type VendorError } from './refusal.ts'
import { recordWrites } from './recorded-writes.ts'

/** What the vendor says of one row. */
export type SaveResult =
  | { readonly success: true; readonly id: string; readonly created?: boolean }
  | { readonly success: false; readonly id?: string; readonly error: VendorError }

/** Creates. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_create.htm */
export function createRecords(context: SimulatorContext, body: Sent, stamp: Stamp): readonly SaveResult[] {
  return saveAll(
    context,
    readRows(body, null),
    (save, row) => {
      if (row.id !== null)
        return failed('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id'])
      return insert(save, row, stamp)
    },
    allOrNone(body),
  )
}

/** Updates by Id. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_update.htm */
export function updateRecords(context: SimulatorContext, body: Sent, stamp: Stamp): readonly SaveResult[] {
  const rows = readRows(body, null)
  const ids = rows.map((row) => row.id && readId(row.id))
  return saveAll(
    context,
    rows,
    (save, row, index) => {
      if (row.id === null) return failed('MISSING_ARGUMENT', 'Id not specified in an update call')
      const id = readId(row.id)
      if (id === undefined)
        return failed('MALFORMED_ID', `${row.object.name} ID: id value of incorrect type: ${row.id}`, ['Id'])
      if (ids.indexOf(id) !== index) return failed('DUPLICATE_VALUE', `duplicate id in list: ${id}`)
      return change(save, row, id, stamp)
    },
    allOrNone(body),
  )
}

/** Upserts by external id. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_upsert.htm */
export function upsertRecords(
  context: SimulatorContext,
  path: { readonly object: string; readonly field: string },
  body: Sent,
  stamp: Stamp,
): readonly SaveResult[] {
  const object = findObject(path.object)
  if (!object || object.tooling) throw refuse(404, 'NOT_FOUND', 'The requested resource does not exist')
  const match = findField(object, path.field)
  if (!match?.externalId)
    throw refuse(404, 'NOT_FOUND', `Provided external ID field does not exist or is not accessible: ${path.field}`)
  const rows = readRows(body, object)
  const keyOf = (row: Row | undefined) => {
    const value = row?.values.get(match)
    return value === null || value === undefined ? null : String(value).toLowerCase()
  }
  const keys = rows.map(keyOf)
  return saveAll(
    context,
    rows,
    (save, row, index) => {
      if (row.id !== null)
        return failed('INVALID_FIELD_FOR_INSERT_UPDATE', 'The Id field should not be specified in the sobject data.', [
          'Id',
        ])
      const key = keys[index] ?? null
      if (key === null) return failed('MISSING_ARGUMENT', `${match.name} not specified`)
      // Every one of the twins fails, not only the second.
      if (keys.filter((other) => other === key).length > 1)
        return failed('DUPLICATE_VALUE', `Duplicate external id specified: ${String(row.values.get(match))}`, [
          match.name,
        ])
      const found = save.keys.find(object, match, key)
      if (found.length > 1)
        return failed(
          'DUPLICATE_EXTERNAL_ID',
          `${match.name}: more than one record found for external id field: [${found.join(', ')}]`,
          [match.name],
        )
      const saved = found[0] === undefined ? insert(save, row, stamp) : change(save, row, found[0], stamp)
      return saved.success ? { ...saved, created: found[0] === undefined } : saved
    },
    allOrNone(body),
  )
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_delete.htm */
export function deleteRecords(context: SimulatorContext, ids: readonly string[], stamp: Stamp): readonly SaveResult[] {
  if (ids.length > 200)
    throw refuse(400, 'EXCEEDED_ID_LIMIT', 'record limit reached. cannot submit more than 200 records into this call')
  return ids.map((text) => {
    const id = readId(text)
    if (id === undefined) return failed('MALFORMED_ID', `malformed id ${text}`)
    const object = writableByPrefix(id)
    const record = object && context.store.get(object.name, id)
    if (!object || !record) return failed('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
    if (record['IsDeleted'] === true) return failed('ENTITY_IS_DELETED', 'entity is deleted')
    deleteRecord(context, object, id, stamp)
    return { success: true, id }
  })
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
                fields: [...(result.error.fields ?? [])],
              },
            ],
          },
    ),
  )
}

/** What the rows of one request are written with. */
type Save = { readonly context: SimulatorContext; readonly keys: KeyIndex }

function saveAll(
  context: SimulatorContext,
  rows: readonly Row[],
  saveRow: (save: Save, row: Row, index: number) => SaveResult,
  all: boolean,
): readonly SaveResult[] {
  const { store, undo } = recordWrites(context.store)
  const save = { context: { ...context, store }, keys: createKeyIndex(store) }
  const results = rows.map((row, index) => saveRow(save, row, index))
  if (!all || results.every((result) => result.success)) return results
  undo()
  return results.map((result) =>
    result.success
      ? failed(
          'ALL_OR_NONE_OPERATION_ROLLED_BACK',
          'Record rolled back because not all records were valid and the request was using AllOrNone header',
        )
      : result,
  )
}

function insert(save: Save, row: Row, stamp: Stamp): SaveResult {
  const blocked = [...row.values.keys()].find((field) => !field.createable)
  if (blocked) return notWritable(blocked)
  const missing = row.object.fields.filter(
    (field) =>
      field.createable && !field.nillable && !field.defaultedOnCreate && (row.values.get(field) ?? null) === null,
  )
  if (missing.length > 0) {
    const names = missing.map((field) => field.name)
    return failed('REQUIRED_FIELD_MISSING', `Required fields are missing: [${names.join(', ')}]`, names)
  }
  const wrong = checkRow(save, row, null)
  if (wrong) return { success: false, error: wrong }
  const record = createRecord(save.context, row.object, stored(row), stamp)
  save.keys.add(row.object, record)
  return { success: true, id: String(record['Id']) }
}

function change(save: Save, row: Row, id: string, stamp: Stamp): SaveResult {
  const record = save.context.store.get(row.object.name, id)
  if (!record) return failed('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
  if (record['IsDeleted'] === true) return failed('ENTITY_IS_DELETED', 'entity is deleted')
  const blocked = [...row.values.keys()].find((field) => !field.updateable)
  if (blocked) return notWritable(blocked)
  const emptied = [...row.values].find(
    ([field, value]) => value === null && !field.nillable && field.type !== 'boolean',
  )
  if (emptied)
    return failed('REQUIRED_FIELD_MISSING', `Required fields are missing: [${emptied[0].name}]`, [emptied[0].name])
  if (row.object.name === 'Lead' && record['IsConverted'] === true)
    return failed('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead')
  const wrong = checkRow(save, row, id)
  if (wrong) return { success: false, id, error: wrong }
  const after = updateRecord(save.context, row.object, id, stored(row), stamp)
  if (after) save.keys.add(row.object, after)
  return { success: true, id }
}

function checkRow({ context, keys }: Save, row: Row, id: string | null): VendorError | undefined {
  for (const [field, value] of row.values) {
    const wrong = checkValue(field, value)
    if (wrong) return wrong
    if (value === null) continue
    if (field.type === 'reference' && !context.store.get(field.referenceTo[0] ?? '', readId(String(value)) ?? ''))
      return {
        status: 400,
        errorCode: 'INVALID_CROSS_REFERENCE_KEY',
        message: 'invalid cross reference id',
        fields: [field.name],
      }
    const twin = field.unique
      ? keys.find(row.object, field, String(value).toLowerCase()).find((other) => other !== id)
      : undefined
    if (twin !== undefined)
      return {
        status: 400,
        errorCode: 'DUPLICATE_VALUE',
        message: `duplicate value found: ${field.name} duplicates value on record with id: ${twin}`,
        fields: [],
      }
  }
  if (context.fault('lock_rows'))
    return {
      status: 400,
      errorCode: 'UNABLE_TO_LOCK_ROW',
      message: 'unable to obtain exclusive access to this record',
      fields: [],
    }
  return undefined
}

const writableByPrefix = (id: string) => {
  const prefix = id.slice(0, 3)
  return ['Account', 'Contact', 'Lead', 'Opportunity']
    .map((name) => findObject(name))
    .find((object) => object?.keyPrefix === prefix)
}

const stored = (row: Row): JsonObject =>
  Object.fromEntries([...row.values].map(([field, value]) => [field.name, storedValue(field, value)]))
const failed = (errorCode: string, message: string, fields: readonly string[] = []): SaveResult => ({
  success: false,
  error: { status: 400, errorCode, message, fields },
})
const notWritable = (field: Field) =>
  failed(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Unable to create/update fields: ${field.name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
    [field.name],
  )
