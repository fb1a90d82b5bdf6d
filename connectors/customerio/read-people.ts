import type { AppApi } from './client.ts'
import { isObject, malformed, type JsonBody } from './read-answer.ts'

/** A person as the App API tells them. */
export type Person = {
  readonly cioId: string
  readonly id: string | null
  readonly email: string | null
  readonly unsubscribed: boolean
  /** Values are texts there, JSON as JSON text. */
  readonly attributes: { readonly [name: string]: string }
}

/** Key → the person; who is not there is not in it. A hundred keys a request. */
export async function readPeople(
  app: AppApi,
  keys: readonly string[],
  { idType, signal }: { readonly idType: string; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, Person>> {
  const found = new Map<string, Person>()
  const wanted = [...new Set(keys)]
  for (let from = 0; from < wanted.length; from += maxIds) {
    const ids = wanted.slice(from, from + maxIds)
    const people = await app.call({
      label: 'POST /v1/customers/attributes',
      readsOnly: true,
      docs: 'https://docs.customer.io/integrations/api/app/tag/customers/getpeoplebyid/',
      signal,
      // The SDK's own method does not say the type of the ids.
      send: (client) => client.request.post(`${client.apiRoot}/customers/attributes?id_type=${idType}`, { ids }),
      read: ({ body }) => readCustomers(body),
    })
    for (const person of people) found.set(keyOf(person, idType), person)
  }
  return found
}

/** Whose email this is, if anybody's. */
export async function findByEmail(app: AppApi, email: string, signal: AbortSignal): Promise<string | undefined> {
  return app.call({
    label: 'GET /v1/customers',
    readsOnly: true,
    docs: 'https://docs.customer.io/integrations/api/app/tag/customers/getpeopleemail/',
    signal,
    send: (client) => client.getCustomersByEmail(email),
    read: ({ body: { results } }) => {
      if (!Array.isArray(results)) throw malformed('answered a look-up by email without results')
      const [first] = results.filter(isObject)
      return first ? text(first['cio_id']) : undefined
    },
  })
}

function readCustomers({ customers }: JsonBody): readonly Person[] {
  if (!Array.isArray(customers)) throw malformed('answered a look-up of people without customers')
  return customers.map((entry: unknown) => {
    const customer = isObject(entry) ? entry['customer'] : undefined
    const identifiers = isObject(customer) ? customer['identifiers'] : undefined
    if (!isObject(customer) || !isObject(identifiers))
      throw malformed('answered a look-up with a person without identifiers')
    const cioId = text(identifiers['cio_id'])
    if (cioId === undefined) throw malformed('answered a look-up with a person without a cio_id')
    return {
      cioId,
      id: text(identifiers['id']) ?? null,
      email: text(identifiers['email']) ?? null,
      unsubscribed: customer['unsubscribed'] === true,
      attributes: texts(customer['attributes']),
    }
  })
}

function keyOf({ cioId, id, email }: Person, idType: string): string {
  if (idType === 'email') return (email ?? '').trim().toLowerCase()
  return idType === 'cio_id' ? cioId : (id ?? '')
}

const texts = (value: unknown): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).map(([name, each]) => [
      name,
      typeof each === 'string' ? each : JSON.stringify(each),
    ]),
  )

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const maxIds = 100
