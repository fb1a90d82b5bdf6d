import { cutPage, MillraceError, z } from 'millrace'
import type { StripeFailure } from './classify-failure.ts'
import type { StripeApi } from './client.ts'
import { eachLine, findText } from './line-bytes.ts'
import type { Query } from './stream-table.ts'

/** A page of a list: its records as lines. https://docs.stripe.com/api/pagination */
export type ListPage = {
  readonly lines: Uint8Array
  readonly rows: number
  readonly lastLine: Uint8Array | null
  /** The object after which the next page begins; null: that was all. */
  readonly next: string | null
  readonly readAt: Date
}

export type PageRequest = {
  readonly path: string
  readonly endpoint?: string
  readonly query?: Query
  readonly limit: number
  /** It is inside an object: where that is deleted meanwhile, the list is empty. */
  readonly isInside?: boolean
  readonly expand?: readonly string[]
  readonly docs: string
  readonly signal: AbortSignal
}

/** The first page. */
export const fetchPage = (api: StripeApi, request: PageRequest): Promise<ListPage> =>
  api.get({
    ...getOf(request),
    read: (bytes, readAt) => cutList(bytes, readAt),
    recover: (failure, readAt) => emptyOfGone(request, failure, readAt),
  })

/** null: the object that the page should begin after is no longer there. */
export const fetchPageAfter = (api: StripeApi, request: PageRequest, after: string): Promise<ListPage | null> =>
  api.get<ListPage | null>({
    ...getOf({ ...request, query: { ...request.query, starting_after: after } }),
    read: (bytes, readAt) => cutList(bytes, readAt, after),
    // A line that is gone is not the object that it was in.
    recover: (failure, readAt) =>
      failure.param === 'starting_after' ? nullOfGone(failure) : emptyOfGone(request, failure, readAt),
  })

const getOf = ({ path, endpoint, query, limit, expand = [], docs, signal }: PageRequest) => ({
  path,
  ...(endpoint !== undefined && { endpoint }),
  query: { limit, ...query },
  expand: expand.map((field) => `data.${field}`),
  docs,
  signal,
})

const nullOfGone = ({ code, param }: StripeFailure): null | undefined =>
  code === 'resource_missing' && param === 'starting_after' ? null : undefined

const emptyOfGone = ({ isInside }: PageRequest, { code, statusCode }: StripeFailure, readAt: Date) =>
  isInside === true && code === 'resource_missing' && statusCode === 404
    ? { lines: new Uint8Array(), rows: 0, lastLine: null, next: null, readAt }
    : undefined

/** @throws MillraceError MR-3005 where it is no list of objects, or cannot be read on */
export function cutList(bytes: Uint8Array, readAt: Date, after: string | null = null): ListPage {
  const { lines, rows, lastLine, envelope } = cutPage(bytes, { records: 'data' })
  const list = listEnvelope.safeParse(envelope)
  if (!list.success) throw malformed('it has no list, or does not say whether there is more')
  let last: string | undefined
  for (const line of eachLine(lines)) {
    last = findText(line, 'id')
    if (!last) throw malformed('an object in it has no id')
  }
  return { lines, rows, lastLine, next: nextAfter({ last, hasMore: list.data.has_more, after }), readAt }
}

export type PageEnd = {
  /** The last object of the page; undefined: it is empty. */
  readonly last: string | undefined
  readonly hasMore: boolean
  readonly after: string | null
}

/**
 * Where the next page begins; null: that was all.
 * @throws MillraceError MR-3005 where the page neither ends the list nor leads on
 */
export function nextAfter({ last, hasMore, after }: PageEnd): string | null {
  if (last === undefined && hasMore) throw malformed('it is empty, and says that there is more')
  if (last !== undefined && last === after) throw malformed(`it ends with ${last} again, after which it was to begin`)
  return hasMore ? (last ?? null) : null
}

const malformed = (what: string) =>
  new MillraceError('MR-3005', { message: `A list of Stripe cannot be read on: ${what}.` })

/** `cutPage` takes null for an empty list, which Stripe does not send. */
const listEnvelope = z.object({ has_more: z.boolean(), data: z.array(z.unknown()) })

/** What the vendor allows. */
export const pageRows = 100
