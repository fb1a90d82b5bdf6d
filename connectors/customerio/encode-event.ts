import type { Change, FieldValue } from 'millrace'
import { hasLoneSurrogate } from './attribute-limits.ts'
import { fitItems, type Encoded } from './item.ts'
import { gatherFields } from './nested-fields.ts'
import { identifyRow } from './person-identifier.ts'
import { isUlid, stableUlid } from './ulid.ts'

/** https://docs.customer.io/integrations/api/track/#operation/entity, type person, action event */
export function encodeEvent({ op, key, fields }: Change): Encoded {
  if (op !== 'insert') return { refusal: `an event happens once: it cannot be written with ${op}` }
  const { name = null, timestamp = null } = fields
  const person = identifyRow(fields)
  if ('refusal' in person) return person
  const attributes = gatherFields(fields, 'attributes')
  if ('refusal' in attributes) return attributes
  const refusal = fitName(name) ?? fitTimestamp(timestamp) ?? fitAttributes(attributes.values)
  if (refusal !== undefined) return { refusal }
  return fitItems({
    type: 'person',
    action: 'event',
    identifiers: person.identifiers,
    id: eventId(key, { name: String(name).trim(), timestamp, identifiers: person.identifiers }),
    name: String(name),
    ...(timestamp === null ? {} : { timestamp }),
    attributes: attributes.values,
  })
}

/**
 * Customer.io takes one ULID for one event, however often it is sent. It is made of what the event is (name, person, its
 * own id) and not of its attributes: a row that was edited while its answer was lost is still the same event.
 */
function eventId(
  key: string,
  {
    name,
    timestamp,
    identifiers,
  }: { readonly name: string; readonly timestamp: FieldValue; readonly identifiers: object },
): string {
  if (isUlid(key)) return key.toUpperCase()
  const who = Object.entries(identifiers)
    .flat()
    .map((text: unknown) => String(text).toLowerCase())
  return stableUlid([name, ...who, key], Number(timestamp ?? 0))
}

function fitName(name: FieldValue): string | undefined {
  if (typeof name !== 'string' || name.trim() === '') return 'name is empty: an event needs one'
  if (!name.isWellFormed()) return 'name holds half of a character (a lone surrogate)'
  const bytes = Buffer.byteLength(name)
  return bytes > maxNameBytes ? `name is ${bytes} bytes; Customer.io takes ${maxNameBytes}` : undefined
}

function fitTimestamp(timestamp: FieldValue): string | undefined {
  if (timestamp === null) return undefined
  const isRight =
    typeof timestamp === 'number' && Number.isSafeInteger(timestamp) && timestamp >= 0 && timestamp <= maxSeconds
  return isRight ? undefined : 'timestamp must be whole seconds since 1970, as a number'
}

const fitAttributes = (attributes: { readonly [name: string]: FieldValue }) =>
  hasLoneSurrogate(JSON.stringify(attributes)) ? 'attributes hold half of a character (a lone surrogate)' : undefined

const maxNameBytes = 100
const maxSeconds = 253_402_300_799
