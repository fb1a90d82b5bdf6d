import type { Json } from 'millrace'
import { isSentNumber, readValue, type Sent } from './field-value.ts'
import type { Field } from './field.ts'
import { findField, findObject, type ObjectType } from './objects.ts'
import { invalidType, malformedBody, refuse, unknownKey } from './refusal.ts'
import { lookupField, lookupTarget, type Lookup, type Row } from './row.ts'

/** Everything that fails the request as a whole is found here, before any row is touched. */
export function readRows(body: Sent, only: ObjectType | null): readonly Row[] {
  const records = isObject(body) ? body['records'] : undefined
  if (!isObject(body) || !Array.isArray(records))
    throw malformedBody('The HTTP entity body is required to contain a "records" list')
  for (const key of Object.keys(body))
    if (key !== 'records' && key !== 'allOrNone') throw unknownKey(key, 'common.api.rest.SObjectCollection')
  if (body['allOrNone'] !== undefined && typeof body['allOrNone'] !== 'boolean')
    throw malformedBody('Cannot deserialize instance of boolean from the value of allOrNone at [line:1, column:1]')
  if (records.length > 200)
    throw refuse(400, 'EXCEEDED_ID_LIMIT', 'record limit reached. cannot submit more than 200 records into this call')
  if (records.length === 0) throw refuse(400, 'REQUIRED_FIELD_MISSING', 'The records list is empty')
  return records.map((record: Sent) => readRow(record, only))
}

function readRow(record: Sent, only: ObjectType | null): Row {
  if (!isObject(record))
    throw malformedBody('Cannot deserialize instance of sobject from the value in records at [line:1, column:1]')
  const attributes = record['attributes']
  const type = isObject(attributes) ? attributes['type'] : undefined
  if (typeof type !== 'string') throw refuse(400, 'INVALID_TYPE', "Attributes need to have a 'type'")
  const object = findObject(type)
  if (!object || object.tooling) throw invalidType(type)
  if (!object.writable)
    throw refuse(400, 'INVALID_TYPE_FOR_OPERATION', `entity type ${object.name} does not support update`)
  if (only && object !== only)
    throw refuse(400, 'INVALID_TYPE', `record of type ${object.name} in a request for ${only.name}`)
  const values = new Map<Field, Json>()
  const lookups = new Map<Field, Lookup>()
  let id: string | null = null
  for (const [name, value] of Object.entries(record)) {
    if (name === 'attributes') continue
    const relation = lookupField(object, name)
    if (relation) {
      lookups.set(relation, readLookup(object, relation, value))
      continue
    }
    const field = findField(object, name)
    if (!field) throw refuse(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${object.name}`)
    if (field.type === 'id') {
      if (typeof value !== 'string') throw refuse(400, 'MALFORMED_ID', `malformed id ${JSON.stringify(value)}`)
      id = value
    } else values.set(field, readValue(field, value))
  }
  return { object, id, values, lookups }
}

/** `"Account": { "External_Id__c": "x" }`; with `attributes` where the lookup may point at several objects. */
function readLookup(object: ObjectType, relation: Field, value: Sent): Lookup {
  const { attributes, ...others } = isObject(value) ? value : {}
  const [[name, sent] = ['', null], ...more] = Object.entries(others)
  const type = isObject(attributes) && typeof attributes['type'] === 'string' ? attributes['type'] : null
  const target = lookupTarget(relation, relation.referenceTo.length > 1 ? type : null, name)
  if (!target || more.length > 0)
    throw refuse(
      400,
      'INVALID_FIELD',
      `Cannot reference a foreign key field ${relation.relationshipName} of ${object.name} by ${name || 'nothing'}.`,
    )
  return { ...target, value: readValue(target.match, sent) }
}

export const allOrNone = (body: Sent) => isObject(body) && body['allOrNone'] === true

const isObject = (value: Sent | undefined): value is { readonly [name: string]: Sent } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isSentNumber(value)
