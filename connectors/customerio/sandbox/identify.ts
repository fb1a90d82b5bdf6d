/** People as Customer.io keeps them: store type `person`, under their id, or under `cio_<cio_id>` while they have none. */
import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { dropRelationships } from './objects.ts'
import { findPerson, rekeyPerson } from './people.ts'
import { setPath } from './set-path.ts'

export type PersonRecord = JsonObject & {
  readonly cio_id: string
  readonly id: string | null
  readonly email: string | null
  /** What Customer.io takes the attribute to mean. */
  readonly unsubscribed: boolean
  readonly cio_subscription_preferences: JsonObject
  /** Every other attribute as it was sent, `unsubscribed` among them. */
  readonly attributes: JsonObject
  /** Attribute → unix seconds of its last change. */
  readonly timestamps: JsonObject
}

type Identify = {
  readonly identifiers: { readonly [name: string]: string }
  readonly attributes: { readonly [name: string]: Json }
}

/** Answers nothing, as the vendor does: a conflicting identifier is a 200, and the change is dropped. */
export function identifyPerson(context: SimulatorContext, { identifiers, attributes: sent }: Identify): void {
  const { _update: updateOnly, ...attributes } = sent
  const stored = findPerson(context.store, identifiers)
  if (!stored && (updateOnly === true || identifiers['cio_id'] !== undefined)) return
  const before = stored ?? emptyPerson(context, identifiers)
  const person = changeIdentifiers(context, before, { by: Object.keys(identifiers)[0] ?? '', attributes })
  if (!person) return
  const { id: _id, email: _email, cio_id: _cioId, ...others } = attributes
  const after = Object.entries(others).reduce(
    (record, [name, value]) => setAttribute(context, record, { name, value }),
    person,
  )
  rekeyPerson(context.store, stored, after)
}

export function deletePerson({ store }: SimulatorContext, identifiers: Identify['identifiers']): void {
  const person = findPerson(store, identifiers)
  if (!person) return
  rekeyPerson(store, person, undefined)
  dropRelationships(store, ({ cio_id: id }) => id === person.cio_id)
}

/**
 * undefined: the change is dropped. An id or email that another person has is a conflict. An id that is set changes only
 * by cio_id; an email also by id, since this workspace allows it ("Allow updates to email using ID"), unless the fault
 * `email_updates_off` is on.
 */
function changeIdentifiers(
  { store, fault }: SimulatorContext,
  person: PersonRecord,
  { by, attributes }: { readonly by: string; readonly attributes: { readonly [name: string]: Json } },
): PersonRecord | undefined {
  const next: { id: string | null; email: string | null } = { id: person.id, email: person.email }
  for (const name of ['id', 'email'] as const) {
    const value = attributes[name]
    if (value === undefined) continue
    const wanted = typeof value === 'string' && value !== '' ? value : null
    if (wanted === person[name]) continue
    const owner = wanted === null ? undefined : findPerson(store, { [name]: wanted })
    if (owner && owner.cio_id !== person.cio_id) return undefined
    const mayChange =
      person[name] === null || by === 'cio_id' || (name === 'email' && by === 'id' && !fault('email_updates_off'))
    if (!mayChange) return undefined
    next[name] = wanted
  }
  return next.id === null && next.email === null ? undefined : { ...person, ...next }
}

/** null and '' take an attribute away; a dot in the name reaches into it. */
function setAttribute(
  context: SimulatorContext,
  person: PersonRecord,
  { name, value }: { readonly name: string; readonly value: Json },
): PersonRecord {
  const stamp = Math.floor(context.now().getTime() / 1000)
  const [root = '', ...path] = name.split('.')
  const timestamps = { ...person.timestamps, [root]: stamp }
  if (root === 'cio_subscription_preferences') {
    const preferences = setPath(person.cio_subscription_preferences, path, value)
    return { ...person, timestamps, cio_subscription_preferences: preferences }
  }
  const attributes = setPath(person.attributes, [root, ...path], value)
  return { ...person, timestamps, attributes, unsubscribed: meansUnsubscribed(attributes['unsubscribed']) }
}

/** Only true, 1 and "1": "yes", "t" and "Y" mean subscribed. https://docs.customer.io/messaging/people/reserved-attributes/ */
const meansUnsubscribed = (value: Json | undefined) => value === true || value === 1 || value === '1'

function emptyPerson(
  { store, now }: SimulatorContext,
  { id = null, email = null }: { readonly id?: string | null; readonly email?: string | null },
): PersonRecord {
  return {
    cio_id: `a3${store.next('cio_id').toString(16).padStart(6, '0')}`,
    id,
    email,
    unsubscribed: false,
    cio_subscription_preferences: {},
    attributes: {},
    timestamps: { cio_id: Math.floor(now().getTime() / 1000) },
  }
}
