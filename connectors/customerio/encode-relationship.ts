import type { Change, Fields } from 'millrace'
import { fitAttribute, fitIdentifier } from './attribute-limits.ts'
import { fitItems, type Encoded, type Item } from './item.ts'
import { gatherFields } from './nested-fields.ts'

/**
 * `match` is the person's identifier, `identifiers.id` say; the object is the row's `object_id`.
 * https://docs.customer.io/journeys/objects-data/objects/relationships/
 */
export function encodeRelationship(
  { op, key, fields, previous }: Change,
  { match, objectType }: { readonly match: string; readonly objectType: string },
): Encoded {
  if (op !== 'upsert' && op !== 'delete') return { refusal: `a relationship cannot be written with ${op}` }
  const person = match.replace('identifiers.', '')
  const attributes = gatherFields(fields, root)
  const refusal =
    fitIdentifier(person, key) ??
    fitIdentifier('object_id', fields['object_id'] ?? null) ??
    ('refusal' in attributes ? attributes.refusal : fitAttributes(attributes.values))
  if (refusal !== undefined || 'refusal' in attributes) return { refusal: refusal ?? '' }
  const relate = (action: Item['action'], objectId: string, about = {}): Item => ({
    type: 'person',
    action,
    identifiers: { [person]: key },
    cio_relationships: [{ identifiers: { object_type_id: objectType, object_id: objectId }, ...about }],
  })
  const objectId = objectIdOf(fields)
  if (op === 'delete') return fitItems(relate('delete_relationships', objectId))
  const added = relate('add_relationships', objectId, { [root]: attributes.values })
  // Who moved is not left where they were. Of another person, what was is not this one's to leave.
  const before = previous === null || !isSamePerson(match, previous, fields) ? '' : objectIdOf(previous)
  return before === '' || before === objectId
    ? fitItems(added)
    : fitItems(relate('delete_relationships', before), added)
}

const fitAttributes = (attributes: Fields) =>
  Object.entries(attributes)
    .map(([name, value]) => fitAttribute(name, value, 'relationship'))
    .find((misfit) => misfit !== undefined)

const isSamePerson = (match: string, previous: Fields, fields: Fields) =>
  personOf(match, previous) === personOf(match, fields)

/** As Customer.io compares it. */
function personOf(match: string, { [match]: value = null }: Fields): string {
  const text = String(value ?? '').trim()
  return match === 'identifiers.email' ? text.toLowerCase() : text
}

const objectIdOf = ({ object_id: id = null }: Fields) => String(id ?? '').trim()

const root = 'relationship_attributes'
