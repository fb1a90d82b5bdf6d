import type { Json, JsonObject } from 'millrace'
import type { Records } from './records.ts'
import { renderDecimal, renderDouble } from './decimal.ts'
import { isDecimal, type Field } from './field.ts'
import { employeesPerSite } from './formula.ts'
import type { ObjectType } from './objects.ts'
import type { Column } from './soql-run.ts'

/** A record as the vendor's JSON text, in the order of the SELECT: numbers with all their digits, instants as `+0000`. */
export function renderRecord(
  store: Records,
  object: ObjectType,
  record: JsonObject,
  columns: readonly Column[],
  base: string,
): string {
  return renderNode(store, record, { type: object.name, columns, base })
}

type Node = { readonly type: string; readonly columns: readonly Column[]; readonly base: string }

function renderNode(store: Records, record: JsonObject, { type, columns, base }: Node): string {
  const parts = [attributes(type, record, base)]
  const parents = new Map<Field, Column[]>()
  for (const column of columns) {
    const [lookup, ...lookups] = column.lookups
    if (!lookup) {
      parts.push(`${JSON.stringify(column.field.name)}:${renderField(column.field, record)}`)
      continue
    }
    const inside = parents.get(lookup) ?? []
    parents.set(lookup, inside)
    inside.push({ ...column, lookups })
  }
  for (const [lookup, inside] of parents) {
    const id = record[lookup.name]
    const parentType = lookup.referenceTo[0] ?? ''
    const parent = typeof id === 'string' ? store.get(parentType, id) : undefined
    const text = parent ? renderNode(store, parent, { type: parentType, columns: inside, base }) : 'null'
    parts.push(`${JSON.stringify(lookup.relationshipName ?? lookup.name)}:${text}`)
  }
  return `{${parts.join(',')}}`
}

const attributes = (type: string, record: JsonObject, base: string) =>
  `"attributes":${JSON.stringify({ type, ...(typeof record['Id'] === 'string' && { url: `${base}/sobjects/${type}/${record['Id']}` }) })}`

function renderField(field: Field, record: JsonObject): string {
  if (field.type === 'address') return renderAddress(field.name, record)
  if (field.type === 'anyType') return renderHistoryValue(record, record[field.name] ?? null)
  if (field.calculatedFormula !== null) {
    const value = employeesPerSite(record)
    return value === null ? 'null' : renderDouble(value)
  }
  return renderValue(field, record[field.name] ?? null)
}

function renderValue(field: Field, value: Json): string {
  if (value === null) return 'null'
  if (isDecimal(field.type) && typeof value === 'string') return renderDecimal(value)
  return field.type === 'datetime' ? renderInstant(value) : JSON.stringify(value)
}

const renderInstant = (value: Json): string =>
  JSON.stringify(typeof value === 'string' ? value.replace('Z', '+0000') : value)

/** Old and new values of a history row have the type of the field that changed. */
function renderHistoryValue(record: JsonObject, value: Json): string {
  const type = String(record['DataType'])
  if (typeof value === 'string' && ['Currency', 'Double', 'Percent'].includes(type)) return renderDecimal(value)
  if (typeof value === 'number') return renderDouble(value)
  return type === 'DateTime' ? renderInstant(value) : JSON.stringify(value)
}

/** https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/compound_fields_address.htm */
function renderAddress(name: string, record: JsonObject): string {
  const prefix = name.slice(0, -'Address'.length)
  const parts = Object.entries(addressParts).map(([key, part]) => [key, record[prefix + part] ?? null] as const)
  if (parts.every(([, value]) => value === null)) return 'null'
  const texts = parts.map(
    ([key, value]) =>
      `"${key}":${(key === 'latitude' || key === 'longitude') && typeof value === 'string' ? renderDecimal(value) : JSON.stringify(value)}`,
  )
  return `{${texts.join(',')}}`
}

const addressParts = {
  city: 'City',
  country: 'Country',
  geocodeAccuracy: 'GeocodeAccuracy',
  latitude: 'Latitude',
  longitude: 'Longitude',
  postalCode: 'PostalCode',
  state: 'State',
  street: 'Street',
} as const
