/** Objects and who belongs to them: store types `object` (`<type>/<id>`) and `relationship` (`<cio_object_id>/<cio_id>`). */
import type { JsonObject } from 'millrace'
import type { SimulatorContext, SimulatorStore } from 'millrace/sandbox'
import { objectOf } from './json-object.ts'
import { findPerson } from './people.ts'
import { setPath } from './set-path.ts'

export type ObjectRecord = JsonObject & {
  readonly object_type_id: string
  readonly object_id: string
  readonly cio_object_id: string
  readonly attributes: JsonObject
  /** Attribute → unix seconds of its last change. */
  readonly timestamps: JsonObject
}

export type Identifiers = { readonly [name: string]: string }

export type Relation = { readonly identifiers: Identifiers; readonly relationship_attributes?: JsonObject }

/** Creates or updates; by `cio_object_id` it only updates. */
export function identifyObject(
  context: SimulatorContext,
  { identifiers, attributes }: { readonly identifiers: Identifiers; readonly attributes: JsonObject },
): void {
  const before = findObject(context.store, identifiers) ?? newObject(context, identifiers)
  if (!before) return
  const stamp = Math.floor(context.now().getTime() / 1000)
  const after = Object.entries(attributes).reduce<ObjectRecord>(
    (record, [name, value]) => ({
      ...record,
      attributes: setPath(record.attributes, name.split('.'), value),
      timestamps: { ...record.timestamps, [name.split('.')[0] ?? name]: stamp },
    }),
    before,
  )
  context.store.put('object', keyOf(after), after)
}

/** With everybody's relationship to it. */
export function deleteObject({ store }: SimulatorContext, identifiers: Identifiers): void {
  const object = findObject(store, identifiers)
  if (!object) return
  store.remove('object', keyOf(object))
  dropRelationships(store, ({ cio_object_id: id }) => id === object.cio_object_id)
}

export function findObject(store: SimulatorStore, identifiers: Identifiers): ObjectRecord | undefined {
  const { object_type_id: type, object_id: id, cio_object_id: cioId } = identifiers
  // Only this file writes the type.
  if (cioId === undefined) return store.get('object', `${type}/${id}`) as ObjectRecord | undefined
  for (const [, record] of store.all('object')) if (record['cio_object_id'] === cioId) return record as ObjectRecord // as above
  return undefined
}

/** Where the person or the object is not there, nothing happens. */
export function relate(
  { store }: SimulatorContext,
  {
    person: personIs,
    object: objectIs,
    attributes,
  }: {
    readonly person: Identifiers
    readonly object: Identifiers
    /** null: the relationship ends. */
    readonly attributes: JsonObject | null
  },
): void {
  const person = findPerson(store, personIs)
  const object = findObject(store, objectIs)
  if (!person || !object) return
  const key = `${object.cio_object_id}/${person.cio_id}`
  if (attributes === null) return store.remove('relationship', key)
  const before = objectOf(store.get('relationship', key)?.['attributes'])
  store.put('relationship', key, {
    object_type_id: object.object_type_id,
    object_id: object.object_id,
    cio_object_id: object.cio_object_id,
    cio_id: person.cio_id,
    attributes: Object.entries(attributes).reduce((all, [name, value]) => setPath(all, [name], value), before),
  })
}

export function dropRelationships(store: SimulatorStore, isDropped: (relationship: JsonObject) => boolean): void {
  for (const [key, record] of Array.from(store.all('relationship')))
    if (isDropped(record)) store.remove('relationship', key)
}

/** What the secondary of a merge belonged to, the primary belongs to. */
export function moveRelationships(store: SimulatorStore, from: string, to: string): void {
  for (const [key, record] of Array.from(store.all('relationship'))) {
    if (record['cio_id'] !== from) continue
    store.remove('relationship', key)
    const own = `${String(record['cio_object_id'])}/${to}`
    if (!store.get('relationship', own)) store.put('relationship', own, { ...record, cio_id: to })
  }
}

function newObject({ store, now }: SimulatorContext, identifiers: Identifiers): ObjectRecord | undefined {
  const { object_type_id, object_id } = identifiers
  if (object_type_id === undefined || object_id === undefined) return undefined
  const cio_object_id = `ob${store.next('cio_object_id').toString(16).padStart(6, '0')}`
  const timestamps = { cio_object_id: Math.floor(now().getTime() / 1000) }
  return { object_type_id, object_id, cio_object_id, attributes: {}, timestamps }
}

const keyOf = ({ object_type_id: type, object_id: id }: ObjectRecord) => `${type}/${id}`
