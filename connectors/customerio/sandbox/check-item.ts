/** What Customer.io refuses of one operation. https://docs.customer.io/integrations/api/track/#tag/track_v2 */
export type ItemError = { readonly reason: string; readonly field: string; readonly message: string }

/** undefined: it is taken. */
export function checkItem(item: unknown): ItemError | undefined {
  if (!isRecord(item)) return invalid('', 'each item must be an object')
  if (Buffer.byteLength(JSON.stringify(item)) > maxItemBytes) return invalid('', 'each request must be 32kb or smaller')
  return (
    checkType(item) ??
    checkAction(item) ??
    checkKeys(item) ??
    checkIdentifiers(item['identifiers']) ??
    checkAttributes(item)
  )
}

function checkType({ type }: Item): ItemError | undefined {
  if (type === undefined) return required('type')
  if (type === 'object' || type === 'delivery') return notHere('type', `type ${type}`)
  return type === 'person' ? undefined : invalid('type', 'type must be one of person, object, delivery')
}

function checkAction({ action }: Item): ItemError | undefined {
  if (action === undefined) return required('action')
  if (action === 'identify' || action === 'delete') return undefined
  return otherActions.includes(String(action))
    ? notHere('action', `action ${String(action)}`)
    : invalid('action', `unknown action ${JSON.stringify(action)}`)
}

function checkKeys(item: Item): ItemError | undefined {
  if (item['cio_relationships'] !== undefined) return notHere('cio_relationships', 'cio_relationships')
  const known = item['action'] === 'identify' ? identifyKeys : deleteKeys
  const unknown = Object.keys(item).find((name) => !known.includes(name))
  if (unknown !== undefined) return invalid(unknown, `unknown field ${unknown}`)
  const { timestamp } = item
  return timestamp === undefined || Number.isInteger(timestamp)
    ? undefined
    : invalid('timestamp', 'timestamp must be an integer')
}

function checkIdentifiers(identifiers: unknown): ItemError | undefined {
  if (identifiers === undefined) return required('identifiers')
  if (!isRecord(identifiers)) return invalid('identifiers', 'identifiers must be an object')
  const names = Object.keys(identifiers)
  if (names.length === 0) return required('identifiers')
  if (names.length > 1) return invalid('identifiers', 'only one identifier may be passed')
  const [name = ''] = names
  if (name === 'phone') return invalid('identifiers.phone', 'phone is not an identifier of this workspace')
  if (!['id', 'email', 'cio_id'].includes(name)) return invalid(`identifiers.${name}`, `unknown identifier ${name}`)
  return checkIdentifier(`identifiers.${name}`, name, identifiers[name])
}

function checkIdentifier(field: string, name: string, value: unknown): ItemError | undefined {
  if (typeof value !== 'string') return invalid(field, `${name} must be a string`)
  if (value.trim() === '') return invalid(field, `${name} must not be empty`)
  if (name === 'id' && [...value].length > 150) return invalid(field, 'id must be at most 150 characters')
  return name === 'email' && !/^[^\s@]+@[^\s@]+$/.test(value)
    ? invalid(field, 'email is not a valid address')
    : undefined
}

function checkAttributes({ attributes }: Item): ItemError | undefined {
  if (attributes === undefined) return undefined
  if (!isRecord(attributes)) return invalid('attributes', 'attributes must be an object')
  const entries = Object.entries(attributes)
  if (entries.length > maxAttributes)
    return invalid('attributes', 'cannot identify more than 300 attributes in one request')
  for (const [name, value] of entries) {
    const error = checkAttribute(name, value)
    if (error) return error
  }
  return undefined
}

function checkAttribute(name: string, value: unknown): ItemError | undefined {
  const field = `attributes.${name}`
  if (Buffer.byteLength(name) > 150) return invalid('attributes', 'attribute name cannot be longer than 150 bytes')
  if (name === '_update' && typeof value !== 'boolean') return invalid(field, '_update must be a boolean')
  if ((name === 'id' || name === 'email') && value !== null && value !== '') return checkIdentifier(field, name, value)
  if (name.startsWith('cio_subscription_preferences')) return checkPreferences(field, name, value)
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

type Item = { readonly [name: string]: unknown }

const isRecord = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value)
const required = (field: string): ItemError => ({ reason: 'required', field, message: `${field} is required` })
const invalid = (field: string, message: string): ItemError => ({ reason: 'invalid', field, message })
const notHere = (field: string, what: string): ItemError => ({
  reason: 'not_in_sandbox',
  field,
  message: `${what} is not in the sandbox`,
})

const identifyKeys: readonly string[] = ['type', 'action', 'identifiers', 'timestamp', 'attributes']
const deleteKeys: readonly string[] = ['type', 'action', 'identifiers']
const otherActions: readonly string[] = [
  'event',
  'page',
  'screen',
  'add_device',
  'delete_device',
  'add_relationships',
  'delete_relationships',
  'merge',
  'suppress',
  'unsuppress',
]
const maxItemBytes = 32_000
const maxAttributes = 300
