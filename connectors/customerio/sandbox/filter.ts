/** Who is meant by a filter of segments and attributes. https://docs.customer.io/integrations/api/app/tag/customers/getPeopleFilter/ */
import type { Json } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { bad, isAppRefusal, type AppRefusal } from './app-refusal.ts'
import type { PersonRecord } from './identify.ts'
import { isJsonObject as isObject } from './json-object.ts'
import { isMember, segmentOf } from './segments.ts'

export type Filter = (person: PersonRecord) => boolean

/** An object of one property, which may hold others. */
export function readFilter(context: SimulatorContext, filter: Json | undefined): Filter | AppRefusal {
  if (!isObject(filter)) return bad('a filter must be an object')
  const [name, ...others] = Object.keys(filter)
  if (name === undefined || others.length > 0) return bad('a filter must have one property')
  const value = filter[name]
  switch (name) {
    case 'and':
    case 'or':
      return readList(context, name, value)
    case 'not': {
      const inner = readFilter(context, value)
      return isAppRefusal(inner) ? inner : (person) => !inner(person)
    }
    case 'segment':
      return readSegment(context, value)
    case 'attribute':
      return readAttribute(value)
    default:
      return bad(`unknown filter ${name}`)
  }
}

function readList(context: SimulatorContext, name: 'and' | 'or', value: Json | undefined): Filter | AppRefusal {
  if (!Array.isArray(value) || value.length === 0) return bad(`${name} must be an array of filters`)
  const filters: Filter[] = []
  for (const each of value) {
    const filter = readFilter(context, each)
    if (isAppRefusal(filter)) return filter
    filters.push(filter)
  }
  return name === 'and'
    ? (person) => filters.every((filter) => filter(person))
    : (person) => filters.some((filter) => filter(person))
}

function readSegment(context: SimulatorContext, value: Json | undefined): Filter | AppRefusal {
  const id = isObject(value) ? value['id'] : undefined
  if (typeof id !== 'number') return bad('segment.id must be an integer')
  const segment = segmentOf(context, id)
  return segment ? (person) => isMember(context, segment, person) : bad('segment not found')
}

function readAttribute(value: Json | undefined): Filter | AppRefusal {
  if (!isObject(value)) return bad('attribute must be an object')
  const { field, operator, value: wanted, ...others } = value
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return bad(`unknown field attribute.${unknown}`)
  if (typeof field !== 'string' || field === '') return bad('attribute.field is required')
  if (operator === 'exists') return (person) => heldText(person, field) !== ''
  if (operator !== 'eq') return bad('attribute.operator must be eq or exists')
  if (wanted === undefined) return bad('attribute.value is required')
  return (person) => heldText(person, field) === (typeof wanted === 'string' ? wanted : JSON.stringify(wanted))
}

/** An attribute as text; '' where it is not there. */
export function heldText(person: PersonRecord, name: string): string {
  const value = heldOf(person, name)
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function heldOf(person: PersonRecord, name: string): Json | undefined {
  if (name === 'id' || name === 'email' || name === 'cio_id') return person[name]
  if (name !== 'cio_subscription_preferences') return person.attributes[name]
  const { cio_subscription_preferences: preferences } = person
  return Object.keys(preferences).length === 0 ? undefined : preferences
}
