import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { assignedOwner } from './assignment-rule.ts'
import { checkValue, storedValue } from './field-value.ts'
import type { Field } from './field.ts'
import { createKeyIndex, foldKey, type KeyIndex } from './key-index.ts'
import { objects } from './objects.ts'
import { createRecord, deleteRecord, updateRecord, type Stamp } from './org.ts'
import { readId } from './record-id.ts'
import { recordWrites } from './recorded-writes.ts'
import { rowError, type RowError } from './refusal.ts'
import { resolveLookups, type Row } from './row.ts'

/** What the vendor says of one row. */
export type SaveResult =
  | { readonly success: true; readonly id: string; readonly created?: boolean }
  | { readonly success: false; readonly id?: string; readonly error: RowError }

/** What the rows of one request are written with. */
export type Save = Pick<Saving, 'context' | 'stamp' | 'assigns'> & { readonly keys: KeyIndex }

export type SaveRow = (save: Save, row: Row, index: number) => SaveResult

export type Saving = {
  readonly context: SimulatorContext
  readonly stamp: Stamp
  /** One bad row takes all others back. */
  readonly allOrNone: boolean
  /** The org's assignment rules are applied. */
  readonly assigns: boolean
}

/** One request's rows, or one part of a job's. */
export function saveAll(rows: readonly Row[], { context, stamp, allOrNone, assigns }: Saving, saveRow: SaveRow) {
  const { store, undo } = recordWrites(context.store)
  const save: Save = { context: { ...context, store }, keys: createKeyIndex(store), stamp, assigns }
  const results = rows.map((row, index) => saveRow(save, row, index))
  if (!allOrNone || results.every((result) => result.success)) return results
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

/** For an insert. */
export const insertNew: SaveRow = (save, row) =>
  row.id === null
    ? insertRow(save, row)
    : failed('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id'])

/** For an update by Id of these rows. */
export function updateById(rows: readonly Row[]): SaveRow {
  const ids = rows.map((row) => row.id && readId(row.id))
  return (save, row, index) => {
    if (row.id === null) return failed('MISSING_ARGUMENT', 'Id not specified in an update call')
    const id = readId(row.id)
    if (id === undefined)
      return failed('MALFORMED_ID', `${row.object.name} ID: id value of incorrect type: ${row.id}`, ['Id'])
    if (ids.indexOf(id) !== index) return failed('DUPLICATE_VALUE', `duplicate id in list: ${id}`)
    return changeRow(save, row, id)
  }
}

/** For an upsert of these rows by an external id. */
export function upsertBy(match: Field, rows: readonly Row[]): SaveRow {
  const keyOf = (row: Row | undefined) => {
    const value = row?.values.get(match)
    return value === null || value === undefined ? null : foldKey(match, String(value))
  }
  const keys = rows.map(keyOf)
  const times = new Map<string | null, number>()
  for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1)
  return (save, row, index) => {
    if (row.id !== null)
      return failed('INVALID_FIELD_FOR_INSERT_UPDATE', 'The Id field should not be specified in the sobject data.', [
        'Id',
      ])
    const key = keys[index] ?? null
    if (key === null) return failed('MISSING_ARGUMENT', `${match.name} not specified`)
    // Every one of the twins fails, not only the second.
    if ((times.get(key) ?? 0) > 1)
      return failed('DUPLICATE_VALUE', `Duplicate external id specified: ${String(row.values.get(match))}`, [
        match.name,
      ])
    const found = save.keys.find(row.object, match, key)
    if (found.length > 1)
      return failed(
        'DUPLICATE_EXTERNAL_ID',
        `${match.name}: more than one record found for external id field: [${found.join(', ')}]`,
        [match.name],
      )
    const saved = found[0] === undefined ? insertRow(save, row) : changeRow(save, row, found[0])
    return saved.success ? { ...saved, created: found[0] === undefined } : saved
  }
}

/** Into the recycle bin. */
export function deleteById(context: SimulatorContext, text: string, stamp: Stamp): SaveResult {
  const id = readId(text)
  if (id === undefined) return failed('MALFORMED_ID', `malformed id ${text}`)
  const object = objects.find((each) => each.writable && each.keyPrefix === id.slice(0, 3))
  const record = object && context.store.get(object.name, id)
  if (!object || !record) return failed('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
  if (record['IsDeleted'] === true) return failed('ENTITY_IS_DELETED', 'entity is deleted')
  if (context.fault('lock_rows')) return { success: false, id, error: locked }
  deleteRecord(context, object, id, stamp)
  return { success: true, id }
}

export const failed = (...error: Parameters<typeof rowError>): SaveResult => ({
  success: false,
  error: rowError(...error),
})

function insertRow(save: Save, unresolved: Row): SaveResult {
  const row = resolveLookups(unresolved, save.keys)
  if ('errorCode' in row) return { success: false, error: row }
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
  const record = createRecord(save.context, row.object, stored(save, row), save.stamp)
  save.keys.add(row.object, record)
  return { success: true, id: String(record['Id']) }
}

function changeRow(save: Save, unresolved: Row, id: string): SaveResult {
  const row = resolveLookups(unresolved, save.keys)
  if ('errorCode' in row) return { success: false, id, error: row }
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
  const after = updateRecord(save.context, row.object, id, stored(save, row), stampOf(save))
  if (after) save.keys.add(row.object, after)
  return { success: true, id }
}

function checkRow({ context, keys }: Save, row: Row, id: string | null): RowError | undefined {
  for (const [field, value] of row.values) {
    const wrong = checkValue(field, value)
    if (wrong) return wrong
    if (value === null) continue
    const refers = (name: string) => context.store.get(name, readId(String(value)) ?? '') !== undefined
    if (field.type === 'reference' && !field.referenceTo.some(refers))
      return rowError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [field.name])
    const twin = field.unique
      ? keys.find(row.object, field, String(value).toLowerCase()).find((other) => other !== id)
      : undefined
    if (twin !== undefined)
      return rowError(
        'DUPLICATE_VALUE',
        `duplicate value found: ${field.name} duplicates value on record with id: ${twin}`,
      )
  }
  return context.fault('lock_rows') ? locked : storyRefusal(context)
}

/** What an org's own rules refuse: none of the sandbox's records breaks one, so a fault says it. */
function storyRefusal(context: SimulatorContext): RowError | undefined {
  const asked = context.fault('refuse_rows')
  if (!asked) return undefined
  const code = String(asked['code'] ?? 'FIELD_CUSTOM_VALIDATION_EXCEPTION')
  return rowError(code, String(asked['message'] ?? refusalWords[code] ?? code))
}

const refusalWords: { readonly [code: string]: string } = {
  FIELD_CUSTOM_VALIDATION_EXCEPTION: 'A customer needs an owner',
  DUPLICATES_DETECTED: 'Use one of these records?',
}

const locked = rowError('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record')

/** A rule's change of owner has a word of its own. */
const stampOf = ({ assigns, stamp }: Save): Stamp => (assigns ? { ...stamp, ownerWord: 'ownerAssignment' } : stamp)

const stored = ({ assigns }: Save, row: Row): JsonObject => ({
  ...Object.fromEntries([...row.values].map(([field, value]) => [field.name, storedValue(field, value)])),
  ...(assigns && assignedOwner(row.object)),
})
const notWritable = (field: Field) =>
  failed(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Unable to create/update fields: ${field.name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
    [field.name],
  )
