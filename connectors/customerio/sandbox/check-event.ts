/** Name, id and attributes of an event. https://docs.customer.io/journeys/invalid-api-requests */
import { invalid, isRecord, required, type Item, type ItemError } from './item-error.ts'

export function checkEvent({ id, name, attributes }: Item): ItemError | undefined {
  if (name === undefined) return required('name')
  if (typeof name !== 'string') return invalid('name', 'event name must be a string')
  if (name.trim() === '') return invalid('name', 'event name must not be blank')
  if (Buffer.byteLength(name) > 100) return invalid('name', 'event name cannot be longer than 100 bytes')
  if (id !== undefined && !(typeof id === 'string' && ulid.test(id))) return invalid('id', 'id must be a valid ULID')
  return attributes === undefined || isRecord(attributes)
    ? undefined
    : invalid('attributes', 'event data must be a hash')
}

/** 128 bits in Crockford's base 32. https://github.com/ulid/spec */
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i
