import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { deriveFields } from './derived-fields.ts'
import { isDecimal, type Field } from './field.ts'
import { findField, findObject, historyName, historyObjectOf, type ObjectType } from './objects.ts'
import { firstRuntimeNumber, recordId } from './record-id.ts'
import { invalidType } from './refusal.ts'

/** When and by whom: what the audit fields and the history say of a change. */
export type Stamp = {
  readonly at: Date
  readonly by: string
  /** How the history names a change of owner. @default `Owner` */
  readonly ownerWord?: 'ownerAssignment' | 'ownerAccepted'
}

/** The org's records. Decimals are kept as the text of their digits, instants as ISO text of whole seconds. */
export function createRecord(
  context: SimulatorContext,
  object: ObjectType,
  values: JsonObject,
  stamp: Stamp,
): JsonObject {
  const id = typeof values['Id'] === 'string' ? values['Id'] : nextId(context, object.keyPrefix ?? '000')
  const at = instant(stamp.at)
  const record: { [field: string]: Json } = {}
  for (const field of object.fields) record[field.name] = field.type === 'boolean' ? false : null
  Object.assign(record, values, {
    Id: id,
    CreatedDate: at,
    CreatedById: stamp.by,
    LastModifiedDate: at,
    LastModifiedById: stamp.by,
    SystemModstamp: at,
  })
  if (findField(object, 'OwnerId') && !record['OwnerId']) record['OwnerId'] = stamp.by
  Object.assign(record, deriveFields(object.name, record, null, at))
  context.store.put(object.name, id, record)
  const history = historyObjectOf(object.name)
  if (history)
    writeHistory(context, history, { record: id, field: 'created', dataType: 'Text', from: null, to: null }, stamp)
  return record
}

/** Like Salesforce, an update that changes nothing still moves the stamps, and leaves no history. */
export function updateRecord(
  context: SimulatorContext,
  object: ObjectType,
  id: string,
  changes: JsonObject,
  stamp: Stamp,
): JsonObject | undefined {
  const before = context.store.get(object.name, id)
  if (!before) return undefined
  const at = instant(stamp.at)
  const changed = { ...before, ...changes, LastModifiedDate: at, LastModifiedById: stamp.by, SystemModstamp: at }
  const after: JsonObject = { ...changed, ...deriveFields(object.name, changed, before, at) }
  context.store.put(object.name, id, after)
  const history = historyObjectOf(object.name)
  if (history)
    for (const field of object.fields) if (field.tracked) trackField(context, { history, field, before, after }, stamp)
  return after
}

/** Into the recycle bin: only queryAll sees it from now on. */
export function deleteRecord(context: SimulatorContext, object: ObjectType, id: string, stamp: Stamp): void {
  updateRecord(context, object, id, { IsDeleted: true }, stamp)
}

type TrackedChange = {
  readonly history: ObjectType
  readonly field: Field
  readonly before: JsonObject
  readonly after: JsonObject
}

function trackField(context: SimulatorContext, { history, field, before, after }: TrackedChange, stamp: Stamp): void {
  const from = before[field.name] ?? null
  const to = after[field.name] ?? null
  if (from === to) return
  const word = field.name === 'OwnerId' ? stamp.ownerWord : undefined
  const row = { record: String(after['Id']), field: word ?? historyName(field) }
  if (field.type !== 'reference')
    return writeHistory(context, history, { ...row, dataType: historyType(field), from, to }, stamp)
  // A lookup is written twice: by name for people, by Id for programs.
  const nameOf = (id: Json) =>
    typeof id === 'string' ? (context.store.get(field.referenceTo[0] ?? '', id)?.['Name'] ?? null) : null
  writeHistory(context, history, { ...row, dataType: 'Text', from: nameOf(from), to: nameOf(to) }, stamp)
  writeHistory(context, history, { ...row, dataType: 'EntityId', from, to }, stamp)
}

export type HistoryEntry = {
  readonly record: string
  readonly field: string
  readonly dataType: string
  readonly from: Json
  readonly to: Json
}

export function writeHistory(context: SimulatorContext, history: ObjectType, entry: HistoryEntry, stamp: Stamp): void {
  if (stamp.at.getTime() < context.world.epoch.getTime() - historyKeptMs) return
  const id = recordId(history.keyPrefix ?? '017', context.store.next('history'))
  context.store.put(history.name, id, {
    Id: id,
    IsDeleted: false,
    [history.historyOf?.parentField ?? 'ParentId']: entry.record,
    CreatedById: stamp.by,
    CreatedDate: instant(stamp.at),
    Field: entry.field,
    DataType: entry.dataType,
    OldValue: entry.from,
    NewValue: entry.to,
  })
}

function historyType(field: Field): string {
  if (field.type === 'picklist') return 'DynamicEnum'
  if (field.type === 'int') return 'Double'
  if (field.type === 'date') return 'DateOnly'
  if (field.type === 'datetime') return 'DateTime'
  if (isDecimal(field.type) || ['boolean', 'email', 'phone', 'url'].includes(field.type))
    return field.type[0]?.toUpperCase() + field.type.slice(1)
  return 'Text'
}

/** https://help.salesforce.com/s/articleView?id=xcloud.tracking_field_history.htm : what is older is gone, for the API too. */
const historyKeptMs = 2 * 365 * 86_400_000

export const nextId = (context: SimulatorContext, keyPrefix: string) =>
  recordId(keyPrefix, firstRuntimeNumber + context.store.next(`id.${keyPrefix}`))

/** Salesforce keeps whole seconds in its stamps: many rows of a bulk load share one. */
export const instant = (at: Date): string => `${at.toISOString().slice(0, 19)}.000Z`

/** One of the objects that this file's callers name themselves. */
export function requireObject(name: string): ObjectType {
  const object = findObject(name)
  if (!object) throw invalidType(name)
  return object
}
