/**
 * Pages of a list: `start` takes what the page before called `next`, which is empty at the end. So it is of lists, too, of which
 * no paging is documented: what is behind an answer that says `next` may not be taken for gone.
 * https://docs.customer.io/integrations/api/app/
 */
import { cutPage, MillraceError, watchForCircle } from 'millrace'
import type { AppApi } from './client.ts'
import { isObject, malformed } from './read-answer.ts'

export type List = {
  /** After /v1/: `segments/4/membership`. */
  readonly path: string
  readonly docs: string
  /** Where the records are. */
  readonly records: string
  readonly query?: { readonly [name: string]: string | number }
  /** Whose absence is an answer: what it is a part of was deleted meanwhile. */
  readonly mayBeGone?: boolean
}

export type ListPage = {
  /** One JSON object a line, its digits as they came. */
  readonly lines: Uint8Array
  readonly rows: number
  readonly readAt: Date
  /** Where the next page begins. null: there is none. */
  readonly next: string | null
}

type PageOptions = {
  readonly from: string | null
  readonly signal: AbortSignal
}

/** From a token of an earlier page, or from the beginning where Customer.io does not know the token any more. */
export async function* listPages(app: AppApi, list: List, { from, signal }: PageOptions): AsyncGenerator<ListPage> {
  const isNew = watchForCircle()
  let start = from
  let isKept = start !== null
  let before: Uint8Array | null = null
  let empty = 0
  do {
    const page = await fetchPage(app, list, { start, isKept, signal })
    if (page === 'gone') return
    if (page === 'lost') {
      start = null
      isKept = false
      continue
    }
    isKept = false
    if (page.rows > 0 && before && Buffer.compare(before, page.lines) === 0)
      throw odd(list, 'the same page came twice in a row')
    before = page.lines
    // A page may be empty by what it leaves out. Behind so many there may still be rows: who stops there may not say that it was all.
    empty = page.rows === 0 ? empty + 1 : 0
    start = page.next
    if (start !== null && empty >= mostEmpty)
      throw odd(list, `${mostEmpty} pages in a row are empty and say that there are more`)
    if (start !== null && !isNew(start)) throw odd(list, 'its pages go in a circle')
    yield { ...page, next: start }
  } while (start !== null || !before)
}

async function fetchPage(
  app: AppApi,
  list: List,
  { start, isKept, signal }: { readonly start: string | null; readonly isKept: boolean; readonly signal: AbortSignal },
): Promise<ListPage | 'gone' | 'lost'> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(list.query ?? {})) query.set(name, String(value))
  if (start !== null) query.set('start', start)
  const search = query.size === 0 ? '' : `?${query}`
  return app.call<ListPage | 'gone' | 'lost'>({
    label: `GET /v1/${list.path}`,
    docs: list.docs,
    signal,
    ratePerSecond: readRate,
    maxBytes: maxPageBytes,
    send: (client) => client.request.get(`${client.apiRoot}/${list.path}${search}`),
    isAnswer: (status) => (list.mayBeGone === true && status === 404) || (isKept && lostTokens.includes(status)),
    read: ({ status, bytes, readAt }) => {
      if (status === 404) return 'gone'
      return status >= 400 ? 'lost' : readPage(bytes, readAt, list)
    },
  })
}

function readPage(bytes: Uint8Array, readAt: Date, list: List): ListPage {
  const { lines, rows, envelope } = cutPage(bytes, { records: list.records })
  const next = isObject(envelope) ? envelope['next'] : undefined
  if (next !== undefined && next !== null && typeof next !== 'string')
    throw malformed(`answered GET /v1/${list.path} with a next that is no text`)
  return { lines, rows, readAt, next: next === undefined || next === null || next === '' ? null : next }
}

const odd = ({ path, docs }: List, what: string) =>
  new MillraceError('MR-3005', {
    message: `Reading GET /v1/${path} of Customer.io: ${what}.`,
    kept: 'What was committed stays; the scan goes on at its last checkpoint.',
    next: `Compare with ${docs}`,
  })

/** The App API takes 10 a second; one less, since it counts when requests arrive. https://docs.customer.io/integrations/api/customerio-apis/ */
export const readRate = 9
const mostEmpty = 50
const lostTokens: readonly number[] = [400, 422]
/** Thousands of deliveries, or ten messages with all their HTML. */
const maxPageBytes = 64 * 1024 * 1024
