import type { JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'
import type { Field } from './field.ts'
import type { ObjectType } from './objects.ts'

/** Which records have a value in an external id, for as long as one request takes: 200 rows do not read the org 200 times. */
export type KeyIndex = {
  /** Deleted records do not count. */
  readonly find: (object: ObjectType, field: Field, key: string) => readonly string[]
  /** A record that this request has written. */
  readonly add: (object: ObjectType, record: JsonObject) => void
}

export function createKeyIndex(store: SimulatorStore): KeyIndex {
  const indexes = new Map<Field, Map<string, Set<string>>>()

  return {
    find: (object, field, text) => {
      const key = foldKey(field, text)
      let index = indexes.get(field)
      if (!index) {
        indexes.set(field, (index = new Map()))
        for (const [, record] of store.all(object.name)) note(index, field, record)
      }
      // What was written since may have moved to another key.
      return [...(index.get(key) ?? [])].filter((id) => {
        const record = store.get(object.name, id)
        return record !== undefined && record['IsDeleted'] !== true && keyOf(field, record) === key
      })
    },
    add: (object, record) => {
      for (const field of object.fields) {
        const index = indexes.get(field)
        if (index) note(index, field, record)
      }
    },
  }
}

function note(index: Map<string, Set<string>>, field: Field, record: JsonObject): void {
  const key = keyOf(field, record)
  if (key === null) return
  const ids = index.get(key)
  if (ids) ids.add(String(record['Id']))
  else index.set(key, new Set([String(record['Id'])]))
}

function keyOf(field: Field, record: JsonObject): string | null {
  const value = record[field.name] ?? null
  return value === null ? null : foldKey(field, String(value))
}

/**
 * An org's own field is matched without case only where it is unique, and not told to heed it.
 * https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_upsert.htm
 */
export const foldKey = ({ name, unique }: Field, text: string): string =>
  unique || !name.endsWith('__c') ? text.toLowerCase() : text
