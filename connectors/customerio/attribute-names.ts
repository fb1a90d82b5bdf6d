/**
 * An export has the columns that are asked for by name, and nothing lists the names. So those are asked for that people have, of
 * a sample. https://docs.customer.io/integrations/api/app/tag/customers/getPeopleFilter/
 */
import type { AppApi } from './client.ts'
import { isObject, malformed } from './read-answer.ts'
import { readPeople } from './read-people.ts'
import { standard } from './person-line.ts'
import { readRate } from './list-pages.ts'

export type AttributeNames = {
  readonly names: readonly string[]
  /** The sample was everybody. */
  readonly isComplete: boolean
}

export async function sampleAttributeNames(app: AppApi, signal: AbortSignal): Promise<AttributeNames> {
  const { ids, isComplete } = await app.call({
    label: 'POST /v1/customers',
    docs: 'https://docs.customer.io/integrations/api/app/tag/customers/getPeopleFilter/',
    signal,
    ratePerSecond: readRate,
    send: (client) => client.request.post(`${client.apiRoot}/customers?limit=${sampleSize}`, { filter: everybody }),
    read: ({ body: { identifiers, next } }) => {
      if (!Array.isArray(identifiers)) throw malformed('answered a search for people without identifiers')
      const ids = identifiers.flatMap((each: unknown) =>
        isObject(each) && typeof each['cio_id'] === 'string' ? [each['cio_id']] : [],
      )
      return { ids, isComplete: next === undefined || next === null || next === '' }
    },
  })
  const people = await readPeople(app, ids, { idType: 'cio_id', signal })
  const names = new Set([...people.values()].flatMap(({ attributes }) => Object.keys(attributes)))
  return { names: [...names].filter((name) => !standard.has(name)).sort(), isComplete }
}

/** A filter must be there, and this one leaves nobody out, whatever `exists` takes an email to be. */
export const everybody = {
  or: [
    { attribute: { field: 'email', operator: 'exists' } },
    { not: { attribute: { field: 'email', operator: 'exists' } } },
  ],
} as const

const sampleSize = 500
