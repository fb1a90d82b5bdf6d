/**
 * An export has the columns that are asked for by name, and nothing lists the names. So those are asked for that people have, of
 * a sample. https://docs.customer.io/integrations/api/app/tag/customers/getPeopleFilter/
 */
import { MillraceError } from 'millrace'
import type { AppApi } from './client.ts'
import { isObject, malformed } from './read-answer.ts'
import { readPeople } from './read-people.ts'
import { standard } from './person-line.ts'
import { readRate } from './list-pages.ts'

export type AttributeNames = {
  readonly names: readonly string[]
  /** How many people the sample has. */
  readonly people: number
  /** The sample was everybody. */
  readonly isComplete: boolean
}

/** @throws MillraceError MR-3005 where the sample names nothing: all attributes would be emptied */
export async function sampleAttributeNames(app: AppApi, signal: AbortSignal): Promise<AttributeNames> {
  const { ids, isComplete } = await samplePeople(app, signal)
  const people = await readPeople(app, ids, { idType: 'cio_id', signal })
  const found = new Set([...people.values()].flatMap(({ attributes }) => Object.keys(attributes)))
  const names = [...found].filter((name) => !standard.has(name)).sort()
  if (names.length === 0 && ids.length > 0) throw noNames(ids.length)
  return { names, people: ids.length, isComplete }
}

type Sample = { readonly ids: readonly string[]; readonly isComplete: boolean }

/** A page may be short, or empty, and not be the last. */
async function samplePeople(app: AppApi, signal: AbortSignal): Promise<Sample> {
  const ids: string[] = []
  let start: string | null = null
  for (let pages = 0; pages < mostPages; pages++) {
    const page: SamplePage = await searchPeople(app, { start, limit: sampleSize - ids.length, signal })
    ids.push(...page.ids)
    if (page.next === null) return { ids, isComplete: true }
    if (ids.length >= sampleSize) break
    start = page.next
  }
  if (ids.length === 0)
    throw malformed(`answered a search for people with ${mostPages} empty pages, and says that there are more`)
  return { ids, isComplete: false }
}

type SamplePage = { readonly ids: readonly string[]; readonly next: string | null }

const searchPeople = (
  app: AppApi,
  { start, limit, signal }: { readonly start: string | null; readonly limit: number; readonly signal: AbortSignal },
): Promise<SamplePage> =>
  app.call({
    label: 'POST /v1/customers',
    docs: 'https://docs.customer.io/integrations/api/app/tag/customers/getPeopleFilter/',
    signal,
    ratePerSecond: readRate,
    send: (client) => {
      const query = new URLSearchParams({ limit: String(limit), ...(start !== null && { start }) })
      return client.request.post(`${client.apiRoot}/customers?${query}`, { filter: everybody })
    },
    read: ({ body: { identifiers, next } }) => {
      if (!Array.isArray(identifiers)) throw malformed('answered a search for people without identifiers')
      const ids = identifiers.flatMap((each: unknown) =>
        isObject(each) && typeof each['cio_id'] === 'string' ? [each['cio_id']] : [],
      )
      return { ids, next: typeof next === 'string' && next !== '' ? next : null }
    },
  })

export const noNames = (people: number) =>
  new MillraceError('MR-3005', {
    message: `Reading people: none of the ${people} who were looked at has an attribute, by Customer.io's answers. An export without them would empty those that are loaded.`,
    kept: 'The rows of the table are as they were.',
    next: 'Run again. If it stays, name the attributes in  options: { attributes: […] }  of the stream; where nobody has any, as  [].',
  })

/** A filter must be there, and this one leaves nobody out, whatever `exists` takes an email to be. */
export const everybody = {
  or: [
    { attribute: { field: 'email', operator: 'exists' } },
    { not: { attribute: { field: 'email', operator: 'exists' } } },
  ],
} as const

const sampleSize = 500
const mostPages = 10
