import { cutPage, MillraceError } from 'millrace'
import type { StripeApi } from './client.ts'
import type { Query } from './stream-table.ts'

/** A page of a list: its records as lines. https://docs.stripe.com/api/pagination */
export type ListPage = {
  readonly lines: Uint8Array
  readonly rows: number
  readonly lastLine: Uint8Array | null
  readonly hasMore: boolean
  readonly readAt: Date
}

export type PageRequest = {
  readonly path: string
  readonly endpoint?: string
  readonly query: Query
  readonly expand?: readonly string[]
  readonly docs: string
  readonly signal: AbortSignal
}

/** null: the object that the page should begin after is no longer there. */
export function fetchPage(
  api: StripeApi,
  { path, endpoint, query, expand = [], docs, signal }: PageRequest,
): Promise<ListPage | null> {
  return api.get<ListPage | null>({
    path,
    ...(endpoint !== undefined && { endpoint }),
    query,
    expand: expand.map((field) => `data.${field}`),
    docs,
    signal,
    read: cutList,
    recover: ({ code, param }) => (code === 'resource_missing' && param === 'starting_after' ? null : undefined),
  })
}

export function cutList(bytes: Uint8Array, readAt: Date): ListPage {
  const { lines, rows, lastLine, envelope } = cutPage(bytes, { records: 'data' })
  const hasMore =
    typeof envelope === 'object' && envelope !== null && 'has_more' in envelope ? envelope.has_more : undefined
  if (typeof hasMore !== 'boolean') throw malformed('it does not say whether there is more')
  if (hasMore && rows === 0) throw malformed('it is empty, and says that there is more')
  return { lines, rows, lastLine, hasMore, readAt }
}

const malformed = (what: string) =>
  new MillraceError('MR-3005', { message: `A list of Stripe cannot be read on: ${what}.` })

/** What the vendor allows. */
export const pageRows = 100
