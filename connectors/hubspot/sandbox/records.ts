import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext, SimulatorStore } from 'millrace/sandbox'
import type { ObjectType } from './properties.ts'

/** A record as HubSpot gives it back. */
export type CrmRecord = JsonObject & {
  readonly id: string
  readonly properties: { readonly [name: string]: Json }
  readonly createdAt: string
  readonly updatedAt: string
  readonly archived: boolean
}

/** By an id that it had before it was merged, too. */
export function getRecord(store: SimulatorStore, type: ObjectType, id: string): CrmRecord | undefined {
  // Only putRecord writes these types.
  return store.get(type.name, indexOf(store, type).byMerged.get(id) ?? id) as CrmRecord | undefined
}

/** The record whose unique property has this value, a contact by each of its addresses; texts are compared without case. */
export function findRecord(
  store: SimulatorStore,
  type: ObjectType,
  { property, value }: { readonly property: string; readonly value: string },
): CrmRecord | undefined {
  const id = indexOf(store, type).byValue.get(keyOf(property, value))
  return id === undefined ? undefined : getRecord(store, type, id)
}

/** A new record, or what it had with these values over it; null takes one away. */
export function putRecord(
  { store, now }: SimulatorContext,
  type: ObjectType,
  { id, values }: { readonly id: string | null; readonly values: { readonly [name: string]: string | null } },
): CrmRecord {
  const index = indexOf(store, type)
  const before = id === null ? undefined : getRecord(store, type, id)
  const at = now().toISOString()
  const own = before?.id ?? String(firstId + store.next(`${type.name} id`))
  const properties = Object.fromEntries(
    Object.entries({ ...before?.properties, ...values }).filter(([, value]) => value !== null),
  )
  const record: CrmRecord = {
    id: own,
    properties: {
      ...properties,
      hs_object_id: own,
      createdate: before?.properties['createdate'] ?? at,
      hs_lastmodifieddate: at,
    },
    createdAt: before?.createdAt ?? at,
    updatedAt: at,
    archived: false,
  }
  for (const name of uniqueOf(type)) {
    for (const old of before ? valuesOf(type, before, name) : []) index.byValue.delete(keyOf(name, old))
    for (const value of valuesOf(type, record, name)) index.byValue.set(keyOf(name, value), own)
  }
  for (const old of mergedIdsOf(record)) index.byMerged.set(old, own)
  store.put(type.name, own, record)
  sign(index, store, type)
  return record
}

/**
 * Two records become a new one, with the values of the first where both have some; both ids go on to name it.
 * https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies
 */
export function mergeRecords(
  context: SimulatorContext,
  type: ObjectType,
  [first, second]: readonly [CrmRecord, CrmRecord],
): CrmRecord {
  const { store } = context
  const ids = [...mergedIdsOf(second), ...mergedIdsOf(first), second.id, first.id]
  // Only texts are kept as values.
  const values = { ...second.properties, ...first.properties, hs_merged_object_ids: ids.join(';') } as {
    [name: string]: string
  }
  const [kept, ...addresses] =
    type.primary === null ? [] : [first, second].flatMap((each) => valuesOf(type, each, type.primary ?? ''))
  if (kept !== undefined && addresses.length > 0) values['hs_additional_emails'] = addresses.join(';')
  for (const { id } of [first, second]) store.remove(type.name, id)
  indexes.get(store)?.delete(type.name)
  return putRecord(context, type, { id: null, values })
}

export const uniqueOf = (type: ObjectType): readonly string[] =>
  [...type.properties.values()].filter(({ name, unique }) => unique || name === type.primary).map(({ name }) => name)

type Index = {
  records: number
  first: unknown
  readonly byValue: Map<string, string>
  readonly byMerged: Map<string, string>
}

/** Made again when the store was filled by somebody else: a reset, or a batch taken back. */
function indexOf(store: SimulatorStore, type: ObjectType): Index {
  const types = indexes.get(store) ?? new Map<string, Index>()
  indexes.set(store, types)
  const known = types.get(type.name)
  if (known && known.records === store.count(type.name) && known.first === firstOf(store, type)) return known
  const index: Index = { records: 0, first: undefined, byValue: new Map(), byMerged: new Map() }
  for (const [id, each] of store.all(type.name)) {
    const record = each as CrmRecord // as in getRecord
    for (const name of uniqueOf(type)) {
      for (const value of valuesOf(type, record, name)) index.byValue.set(keyOf(name, value), id)
    }
    for (const old of mergedIdsOf(record)) index.byMerged.set(old, id)
  }
  sign(index, store, type)
  types.set(type.name, index)
  return index
}

/** The count and the first record, by identity: a store that was filled again has other objects. */
function sign(index: Index, store: SimulatorStore, type: ObjectType): void {
  index.records = store.count(type.name)
  index.first = firstOf(store, type)
}

function firstOf(store: SimulatorStore, type: ObjectType): unknown {
  const first = store.all(type.name).next()
  return first.done ? undefined : first.value[1]
}

const mergedIdsOf = (record: CrmRecord): readonly string[] => listOf(record, 'hs_merged_object_ids')

/** By what a unique property finds a record: its own value first. */
export function valuesOf({ primary }: ObjectType, record: CrmRecord, name: string): readonly string[] {
  const own = record.properties[name]
  return [
    ...(typeof own === 'string' ? [own] : []),
    ...(name === primary ? listOf(record, 'hs_additional_emails') : []),
  ]
}

const listOf = ({ properties }: CrmRecord, name: string): readonly string[] =>
  String(properties[name] ?? '')
    .split(';')
    .filter((each) => each !== '')

const keyOf = (property: string, value: string) => `${property}\0${value.trim().toLowerCase()}`
const indexes = new WeakMap<SimulatorStore, Map<string, Index>>()
const firstId = 50_000
