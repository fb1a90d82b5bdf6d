import { cutPage, watchForCircle, type Json } from 'millrace'
import type { GraphApi } from './client.ts'
import type { Sdk } from './sdk.ts'
import { malformed } from './transport.ts'

type Row = { readonly [name: string]: Json }

/** A page of an edge. https://developers.facebook.com/docs/graph-api/results */
export type ListPage = {
  readonly lines: Uint8Array
  readonly rows: number
  /** Where the next page begins. null: this was the last. The link that the vendor gives for it holds the access token: it is never kept. */
  readonly after: string | null
  readonly readAt: Date
}

export function readList(bytes: Uint8Array, readAt: Date): ListPage {
  const { lines, rows, envelope } = cutPage(bytes, { records: 'data' })
  const paging = field(envelope, 'paging')
  const hasMore = typeof field(paging, 'next') === 'string'
  const after = field(field(paging, 'cursors'), 'after')
  if (hasMore && (typeof after !== 'string' || after === ''))
    throw malformed('sent a list that says there is more, and not after what')
  return { lines, rows, after: hasMore && typeof after === 'string' ? after : null, readAt }
}

type Request = {
  readonly label: string
  readonly docs: string
  readonly signal: AbortSignal
  readonly send: (sdk: Sdk, after: { readonly after?: string }) => Promise<unknown>
}

/** The rows of all its pages. */
export async function readWhole(api: GraphApi, { send, ...request }: Request): Promise<readonly Row[]> {
  const rows: Row[] = []
  const nextAfter = followCursors(null)
  let after: string | null = null
  do {
    const at: string | null = after
    const page: ListPage = await api.ask({
      ...request,
      send: (sdk) => send(sdk, at === null ? {} : { after: at }),
      read: readList,
    })
    rows.push(...parseRows(page.lines))
    after = nextAfter(page)
  } while (after !== null)
  return rows
}

/**
 * Where the page after this one begins, of the pages that begin at a cursor.
 * @throws MillraceError MR-3005 where they go in a circle
 */
export function followCursors(from: string | null): (page: ListPage) => string | null {
  const isNew = watchForCircle()
  if (from !== null) isNew(from)
  return ({ after }) => {
    if (after !== null && !isNew(after)) throw malformed('sent the same place to go on from twice')
    return after
  }
}

export function parseRows(lines: Uint8Array): readonly Row[] {
  const text = Buffer.from(lines).toString().trimEnd()
  return text === '' ? [] : text.split('\n').map(parseRow)
}

function parseRow(line: string): Row {
  const row: Row = JSON.parse(line)
  return row
}

const field = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === 'object' && value !== null && name in value
    ? Object.entries(value).find(([each]) => each === name)?.[1]
    : undefined
