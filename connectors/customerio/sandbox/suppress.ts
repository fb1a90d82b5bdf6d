/**
 * Identifiers that this workspace does not take any more: store type `suppressed`, `id:<id>` and `email:<email>`.
 * https://docs.customer.io/integrations/api/track/tag/track-customers/suppress/
 */
import type { Json } from 'millrace'
import type { SimulatorContext, SimulatorStore } from 'millrace/sandbox'
import { deletePerson } from './identify.ts'
import type { Identifiers } from './objects.ts'
import { findPerson } from './people.ts'

/** The person is gone for good, and neither their id nor their email comes back. */
export function suppressPerson(context: SimulatorContext, identifiers: Identifiers): void {
  const person = findPerson(context.store, identifiers)
  const id = person?.id ?? identifiers['id'] ?? null
  const email = person?.email ?? identifiers['email'] ?? null
  if (person) deletePerson(context, identifiers)
  const at = context.now().toISOString()
  for (const key of keysOf({ id, email }))
    if (!context.store.get('suppressed', key)) context.store.put('suppressed', key, { id, email, at })
}

/** Both identifiers may come back; the person does not by that. */
export function unsuppressPerson({ store }: SimulatorContext, identifiers: Identifiers): void {
  for (const key of keysOf(identifiers)) {
    const record = store.get('suppressed', key)
    if (!record) continue
    for (const each of keysOf(record)) store.remove('suppressed', each)
  }
}

/** "Any future API calls or operations referencing the specified ID are ignored." */
export const isSuppressed = (
  store: SimulatorStore,
  ...mentions: readonly { readonly [name: string]: Json }[]
): boolean =>
  store.count('suppressed') > 0 &&
  mentions.some((mention) => keysOf(mention).some((key) => store.get('suppressed', key) !== undefined))

function keysOf({ id, email }: { readonly [name: string]: Json }): readonly string[] {
  return [
    ...(typeof id === 'string' ? [`id:${id}`] : []),
    ...(typeof email === 'string' ? [`email:${email.toLowerCase()}`] : []),
  ]
}
