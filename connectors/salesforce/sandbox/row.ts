import type { Json } from 'millrace'
import type { Field } from './field.ts'
import type { KeyIndex } from './key-index.ts'
import { findField, findObject, type ObjectType } from './objects.ts'
import { rowError, type RowError } from './refusal.ts'

/** One record of a write, as the request's parser takes it. */
export type Row = {
  readonly object: ObjectType
  readonly id: string | null
  readonly values: ReadonlyMap<Field, Json>
  /** Lookups by a field of the other record. */
  readonly lookups: ReadonlyMap<Field, Lookup>
}

export type Lookup = { readonly object: ObjectType; readonly match: Field; readonly value: Json }

/** The lookup that a relationship's name means on this object. */
export const lookupField = (object: ObjectType, relationship: string): Field | undefined =>
  object.fields.find((field) => field.relationshipName?.toLowerCase() === relationship.toLowerCase())

/**
 * The other record's object and the field that finds it; undefined where it is none, or not one that is indexed.
 * `type` must be said where the lookup may point at several objects, and only there.
 */
export function lookupTarget(
  field: Field,
  type: string | null,
  name: string,
): { readonly object: ObjectType; readonly match: Field } | undefined {
  if ((type !== null) !== field.referenceTo.length > 1) return undefined
  const target = type ?? field.referenceTo[0] ?? ''
  const object = field.referenceTo.some((each) => each.toLowerCase() === target.toLowerCase())
    ? findObject(target)
    : undefined
  const match = object && findField(object, name)
  return object && match && (match.externalId || match.idLookup) ? { object, match } : undefined
}

/** The Ids of what the lookups mean, as values; or why one means nothing. */
export function resolveLookups(row: Row, keys: KeyIndex): Row | RowError {
  if (row.lookups.size === 0) return row
  const values = new Map(row.values)
  for (const [field, { object, match, value }] of row.lookups) {
    const found = value === null ? [] : keys.find(object, match, String(value))
    const refused = (message: string) => rowError('INVALID_FIELD', message)
    if (values.has(field)) return refused(`${field.name} and ${field.relationshipName} are both specified`)
    if (found.length === 0)
      return refused(
        `Foreign key external ID: ${String(value)} not found for field ${match.name} in entity ${object.name}`,
      )
    if (found.length > 1)
      return refused(
        `Foreign key external ID: ${String(value)} is not unique for field ${match.name} in entity ${object.name}`,
      )
    values.set(field, found[0] ?? null)
  }
  return { ...row, values, lookups: new Map() }
}
