/** What Customer.io refuses of one operation. https://docs.customer.io/integrations/api/track/#tag/track_v2 */
import { checkPersonAttributes, checkObjectAttributes } from './check-attributes.ts'
import { checkEvent } from './check-event.ts'
import { checkObjectIdentifiers, checkPersonIdentifiers } from './check-identifiers.ts'
import { checkRelationships } from './check-relationships.ts'
import { invalid, isRecord, notHere, required, type Item, type ItemError } from './item-error.ts'

/** undefined: it is taken. */
export function checkItem(item: unknown): ItemError | undefined {
  if (!isRecord(item)) return invalid('', 'each item must be an object')
  if (Buffer.byteLength(JSON.stringify(item)) > maxItemBytes) return invalid('', 'each request must be 32kb or smaller')
  return checkType(item) ?? checkAction(item) ?? checkKeys(item) ?? checkBody(item)
}

function checkType({ type }: Item): ItemError | undefined {
  if (type === undefined) return required('type')
  if (type === 'delivery') return notHere('type', 'type delivery')
  return type === 'person' || type === 'object'
    ? undefined
    : invalid('type', 'type must be one of person, object, delivery')
}

function checkAction({ type, action }: Item): ItemError | undefined {
  if (action === undefined) return required('action')
  const name = `${String(type)} ${String(action)}`
  if (name in keysOf) return undefined
  return otherActions.includes(name)
    ? notHere('action', `action ${String(action)}`)
    : invalid('action', `unknown action ${JSON.stringify(action)}`)
}

function checkKeys(item: Item): ItemError | undefined {
  const known = ['type', 'action', ...(keysOf[nameOf(item)] ?? [])]
  const unknown = Object.keys(item).find((name) => !known.includes(name))
  return unknown === undefined ? undefined : invalid(unknown, `unknown field ${unknown}`)
}

function checkBody(item: Item): ItemError | undefined {
  switch (nameOf(item)) {
    case 'person merge':
      return (
        checkPersonIdentifiers('primary', item['primary']) ?? checkPersonIdentifiers('secondary', item['secondary'])
      )
    case 'person identify':
      return (
        checkPersonIdentifiers('identifiers', item['identifiers']) ??
        checkTimestamp(item['timestamp']) ??
        checkPersonAttributes(item['attributes']) ??
        checkRelationships(item['cio_relationships'], checkObjectIdentifiers)
      )
    case 'person event':
      return (
        checkPersonIdentifiers('identifiers', item['identifiers']) ??
        checkEvent(item) ??
        checkTimestamp(item['timestamp'])
      )
    case 'person add_relationships':
    case 'person delete_relationships':
      return (
        checkPersonIdentifiers('identifiers', item['identifiers']) ??
        checkRelationships(item['cio_relationships'] ?? null, checkObjectIdentifiers)
      )
    case 'object identify':
      return (
        checkObjectIdentifiers('identifiers', item['identifiers']) ??
        checkObjectAttributes(item['attributes']) ??
        checkRelationships(item['cio_relationships'], checkPersonIdentifiers)
      )
    case 'object add_relationships':
    case 'object delete_relationships':
      return (
        checkObjectIdentifiers('identifiers', item['identifiers']) ??
        checkRelationships(item['cio_relationships'] ?? null, checkPersonIdentifiers)
      )
    default:
      return item['type'] === 'object'
        ? checkObjectIdentifiers('identifiers', item['identifiers'])
        : checkPersonIdentifiers('identifiers', item['identifiers'])
  }
}

/** Unix seconds: a value in milliseconds is thousands of years away, and refused. */
function checkTimestamp(timestamp: unknown): ItemError | undefined {
  if (timestamp === undefined) return undefined
  if (!Number.isInteger(timestamp)) return invalid('timestamp', 'timestamp must be an integer')
  return Number(timestamp) >= 0 && Number(timestamp) <= maxUnixSeconds
    ? undefined
    : invalid('timestamp', 'timestamp must be a valid unix timestamp')
}

const nameOf = ({ type, action }: Item) => `${String(type)} ${String(action)}`

/** Type and action → the keys beside them. */
const keysOf: { readonly [name: string]: readonly string[] } = {
  'person identify': ['identifiers', 'timestamp', 'attributes', 'cio_relationships'],
  'person event': ['identifiers', 'id', 'name', 'timestamp', 'attributes'],
  'person delete': ['identifiers'],
  'person suppress': ['identifiers'],
  'person unsuppress': ['identifiers'],
  'person merge': ['primary', 'secondary'],
  'person add_relationships': ['identifiers', 'cio_relationships'],
  'person delete_relationships': ['identifiers', 'cio_relationships'],
  'object identify': ['identifiers', 'attributes', 'cio_relationships'],
  'object delete': ['identifiers'],
  'object add_relationships': ['identifiers', 'cio_relationships'],
  'object delete_relationships': ['identifiers', 'cio_relationships'],
}
const otherActions: readonly string[] = [
  'person page',
  'person screen',
  'person add_device',
  'person delete_device',
  'object identify_anonymous',
  'object event',
]
const maxItemBytes = 32_000
const maxUnixSeconds = 253_402_300_799
