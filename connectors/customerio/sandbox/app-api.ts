/** https://docs.customer.io/integrations/api/app/#tag/customers : values of attributes are texts there. */
import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { bad, notFound, refuseApp } from './app-refusal.ts'
import { findObject } from './objects.ts'
import { objectTypes } from './object-types.ts'
import { parseBody } from './parse-body.ts'
import { findPerson } from './people.ts'
import type { PersonRecord } from './identify.ts'

/** https://docs.customer.io/integrations/api/app/tag/customers/getpersonattributes/ */
export function readPerson({ store }: SimulatorContext, customerId: string, idType: string): Response {
  if (!isIdType(idType)) return refuseIdType(idType)
  const person = findPerson(store, { [idType]: bare(idType, customerId) })
  return person ? Response.json({ customer: customerOf(person) }) : refuseApp(notFound('customer'))
}

/** Up to 100 at once; whoever is not there is left out. https://docs.customer.io/integrations/api/app/tag/customers/getpeoplebyid/ */
export function readPeople({ store }: SimulatorContext, text: string, idType: string): Response {
  if (!isIdType(idType)) return refuseIdType(idType)
  const body = parseBody(text)
  if (body === undefined) return refuse('the request body is not a JSON object')
  const unknown = Object.keys(body).find((name) => name !== 'ids')
  if (unknown !== undefined) return refuse(`unknown field ${unknown}`)
  const { ids } = body
  if (ids === undefined) return refuse('ids is required')
  if (!isTexts(ids) || ids.length === 0 || ids.length > 100) return refuse('ids must be 1 to 100 strings')
  const people = ids.flatMap((id) => findPerson(store, { [idType]: bare(idType, id) }) ?? [])
  return Response.json({ customers: people.map((person) => ({ customer: customerOf(person) })) })
}

/** https://docs.customer.io/integrations/api/app/tag/customers/getpeopleemail/ */
export function findByEmail({ store }: SimulatorContext, email: string | undefined): Response {
  if (email === undefined || email === '') return refuse('email is required')
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) return refuse('email is not a valid address')
  const person = findPerson(store, { email })
  return Response.json({ results: person ? [{ cio_id: person.cio_id, id: person.id, email: person.email }] : [] })
}

/** https://docs.customer.io/integrations/api/app/tag/objects/getobjecttypes/ */
export const listObjectTypes = (): Response => Response.json({ types: objectTypes })

/** https://docs.customer.io/integrations/api/app/tag/objects/getobjectattributes/ */
export function readObject(
  { store }: SimulatorContext,
  { type, id, idType }: { readonly type: string; readonly id: string; readonly idType: string },
): Response {
  if (idType !== 'object_id' && idType !== 'cio_object_id') return refuse(`id_type ${idType} is not known`)
  if (!/^[1-9]\d*$/.test(type)) return refuse('object_type_id must be an integer')
  const object = findObject(
    store,
    idType === 'object_id' ? { object_type_id: type, object_id: id } : { cio_object_id: id },
  )
  if (!object) return refuseApp(notFound('object'))
  const { object_type_id, object_id, cio_object_id, attributes, timestamps } = object
  return Response.json({
    object: { attributes: asTexts(attributes), timestamps, identifiers: { cio_object_id, object_id }, object_type_id },
  })
}

function customerOf({
  id,
  email,
  cio_id,
  cio_subscription_preferences,
  timestamps,
  unsubscribed,
  ...person
}: PersonRecord) {
  const attributes: JsonObject = {
    ...person.attributes,
    id,
    email,
    cio_id,
    cio_subscription_preferences,
  }
  return {
    id,
    identifiers: { cio_id, id, email },
    attributes: asTexts(attributes),
    timestamps,
    unsubscribed,
    devices: [],
  }
}

const asTexts = (attributes: JsonObject) =>
  Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )

const bare = (idType: string, id: string) => (idType === 'cio_id' ? id.replace(/^cio_/, '') : id)
const isIdType = (idType: string) => ['id', 'email', 'cio_id'].includes(idType)
const isTexts = (value: Json): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
const refuseIdType = (idType: string) => refuse(`id_type ${idType} is not an identifier of this workspace`)
const refuse = (detail: string) => refuseApp(bad(detail))
