import type { SimulatorContext } from 'millrace/sandbox'
import { moveEvents } from './events.ts'
import { moveRelationships, type Identifiers } from './objects.ts'
import { findPerson, rekeyPerson } from './people.ts'

/**
 * The secondary's attributes fill what the primary does not have; then the secondary is gone. The primary must be there.
 * https://docs.customer.io/messaging/people/manage/merge-people/
 */
export function mergePeople(
  { store }: SimulatorContext,
  { primary: keep, secondary: give }: { readonly primary: Identifiers; readonly secondary: Identifiers },
): void {
  const primary = findPerson(store, keep)
  const secondary = findPerson(store, give)
  if (!primary || !secondary || primary.cio_id === secondary.cio_id) return
  rekeyPerson(store, secondary, undefined)
  const attributes = { ...secondary.attributes, ...primary.attributes }
  rekeyPerson(store, primary, {
    ...primary,
    id: primary.id ?? secondary.id,
    email: primary.email ?? secondary.email,
    attributes,
    unsubscribed: primary.unsubscribed || (!('unsubscribed' in primary.attributes) && secondary.unsubscribed),
    cio_subscription_preferences: {
      ...secondary.cio_subscription_preferences,
      ...primary.cio_subscription_preferences,
    },
    timestamps: { ...secondary.timestamps, ...primary.timestamps },
  })
  moveRelationships(store, secondary.cio_id, primary.cio_id)
  moveEvents(store, secondary.cio_id, primary.cio_id)
}
