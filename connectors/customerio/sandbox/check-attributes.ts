/** https://docs.customer.io/journeys/invalid-api-requests and https://docs.customer.io/messaging/people/reserved-attributes/ */
import { checkIdentifier } from './check-identifiers.ts'
import { invalid, isRecord, type ItemError } from './item-error.ts'

export function checkPersonAttributes(attributes: unknown): ItemError | undefined {
  return checkEach('attributes', attributes, (name, value) => {
    const field = `attributes.${name}`
    if (name === '_relationship') return invalid(field, '_relationship is reserved')
    if (name === '_update' && typeof value !== 'boolean') return invalid(field, '_update must be a boolean')
    if ((name === 'id' || name === 'email') && value !== null && value !== '')
      return checkIdentifier(field, name, value)
    return name.startsWith('cio_subscription_preferences')
      ? checkPreferences(field, name, value)
      : checkSize(field, name, value)
  })
}

/** https://docs.customer.io/journeys/objects-data/objects/create/#reserved-attributes */
export function checkObjectAttributes(attributes: unknown): ItemError | undefined {
  return checkEach('attributes', attributes, (name, value) =>
    name === 'relationship'
      ? invalid(`attributes.${name}`, 'relationship is reserved')
      : checkSize(`attributes.${name}`, name, value),
  )
}

export function checkRelationshipAttributes(field: string, attributes: unknown): ItemError | undefined {
  return checkEach(field, attributes, (name, value) => checkSize(`${field}.${name}`, name, value))
}

function checkEach(
  field: string,
  attributes: unknown,
  check: (name: string, value: unknown) => ItemError | undefined,
): ItemError | undefined {
  if (attributes === undefined) return undefined
  if (!isRecord(attributes)) return invalid(field, `${field} must be an object`)
  const entries = Object.entries(attributes)
  if (entries.length > maxAttributes) return invalid(field, 'cannot identify more than 300 attributes in one request')
  for (const [name, value] of entries) {
    if (Buffer.byteLength(name) > 150) return invalid(field, 'attribute name cannot be longer than 150 bytes')
    const error = check(name, value)
    if (error) return error
  }
  return undefined
}

function checkSize(field: string, name: string, value: unknown): ItemError | undefined {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return Buffer.byteLength(text) > 1000
    ? invalid(field, `value for attribute '${name}' cannot be longer than 1000 bytes`)
    : undefined
}

/** `true` and `false` only; the object form holds topics. Empty means: the topic's default. */
function checkPreferences(field: string, name: string, value: unknown): ItemError | undefined {
  if (value === null || value === '') return undefined
  if (name !== 'cio_subscription_preferences')
    return typeof value === 'boolean' ? undefined : invalid(field, 'a subscription preference must be a boolean')
  const topics = isRecord(value) ? (value['topics'] ?? {}) : undefined
  const isValid = isRecord(topics) && Object.values(topics).every((topic) => typeof topic === 'boolean')
  return isValid ? undefined : invalid(field, 'cio_subscription_preferences must hold topics as booleans')
}

const maxAttributes = 300
