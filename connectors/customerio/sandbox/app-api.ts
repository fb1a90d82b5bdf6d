import type { SimulatorContext } from 'millrace/sandbox'
import { findPerson } from './people.ts'

/** https://docs.customer.io/integrations/api/app/tag/customers/getPersonAttributes/ : values are texts there. */
export function readPerson({ store }: SimulatorContext, customerId: string, idType: string): Response {
  if (!['id', 'email', 'cio_id'].includes(idType))
    return Response.json(
      { errors: [{ detail: `id_type ${idType} is not an identifier of this workspace`, status: '400' }] },
      { status: 400 },
    )
  const person = findPerson(store, { [idType]: idType === 'cio_id' ? customerId.replace(/^cio_/, '') : customerId })
  if (!person) return Response.json({ errors: [{ detail: 'customer not found', status: '404' }] }, { status: 404 })
  const { id, email, cio_id: cioId, cio_subscription_preferences: preferences, timestamps, unsubscribed } = person
  const attributes = { ...person.attributes, id, email, cio_id: cioId, cio_subscription_preferences: preferences }
  const customer = {
    id,
    identifiers: { cio_id: cioId, id, email },
    attributes: asTexts(attributes),
    timestamps,
    unsubscribed,
    devices: [],
  }
  return Response.json({ customer })
}

const asTexts = (attributes: { readonly [name: string]: unknown }) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
