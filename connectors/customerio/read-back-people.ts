import type { Change, FieldValue, Fields, ReadBack } from 'millrace'
import { isOptOut } from './attribute-limits.ts'
import type { AppApi } from './client.ts'
import { isObject } from './read-answer.ts'
import { readPeople, type Person } from './read-people.ts'

/** What Customer.io holds of the fields of each change; null: nobody. */
export async function readBackPeople(
  app: AppApi,
  changes: readonly Change[],
  { match, signal }: { readonly match: string; readonly signal: AbortSignal },
): Promise<readonly ReadBack[]> {
  const keys = changes.map(({ key }) => key)
  const people = await readPeople(app, keys, { idType: match, signal })
  return changes.map(({ key, fields }) => {
    const person = people.get(key)
    return person ? fieldsOf(person, fields) : null
  })
}

function fieldsOf(person: Person, wanted: Fields): Fields {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]): [string, FieldValue] => [name, heldAs(person, name, value)]),
  )
}

/** In the type of the value that was sent where that is what it means: the App API says everything as text. */
export function heldAs(person: Person, name: string, sent: FieldValue): FieldValue {
  if (name === 'id') return person.id
  if (name === 'cio_id') return person.cioId
  if (name === 'email') return sameText(sent, person.email) ? sent : person.email
  if (name === 'unsubscribed') return person.unsubscribed
  if (isOptOut(name)) return topicOf(person, name)
  const held = person.attributes[name]
  if (held === undefined) return sent === '' ? sent : null
  return isSame(held, sent) ? sent : held
}

/** A topic that was never said is neither: it follows the topic's default. */
function topicOf({ attributes }: Person, name: string): boolean | null {
  const preferences = parse(attributes['cio_subscription_preferences'] ?? '{}')
  const topics = isObject(preferences) ? preferences['topics'] : undefined
  const held = isObject(topics) ? topics[name.slice(name.lastIndexOf('.') + 1)] : undefined
  return typeof held === 'boolean' ? held : null
}

/** An email is one address in whatever case. */
const sameText = (sent: FieldValue, held: string | null) =>
  typeof sent === 'string' && held !== null && sent.trim().toLowerCase() === held.trim().toLowerCase()

function isSame(held: string, sent: FieldValue): boolean {
  if (typeof sent === 'string') return held === sent
  if (held === JSON.stringify(sent)) return true
  return JSON.stringify(sorted(parse(held))) === JSON.stringify(sorted(sent))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value) || 'rawJSON' in value) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A text that is no JSON is itself.
    return text
  }
}
