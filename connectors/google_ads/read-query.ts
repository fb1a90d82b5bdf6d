import type { Batch, Host } from 'millrace'
import type { Accounts, AdsAccount } from './accounts.ts'
import type { AdsApi } from './client.ts'
import { followPages } from './follow-pages.ts'
import { readPage } from './page.ts'

export type Reading = {
  readonly api: AdsApi
  readonly accounts: Accounts
  readonly host: Host
  readonly signal: AbortSignal
  /** For what is said. */
  readonly stream: string
  /** What becomes of a page's rows. */
  readonly toLines: (lines: Uint8Array, rows: number) => Uint8Array
}

/** `read`: rows of the query up to here. `again`: so many came that come once more, since it begins again. */
export type PageItem = {
  readonly batches: readonly Batch[]
  readonly rows: number
  readonly next: string | null
  readonly read: number
  readonly again?: number
}

/**
 * The rows of one query on one account, a page at a time. An account that is not enabled has none, and is named.
 * Where the query begins again, what it brings twice is the same rows.
 */
export async function* readQuery(
  { api, accounts, host, signal, stream, toLines }: Reading,
  {
    account,
    query,
    from,
    before = 0,
    isWhole,
  }: {
    readonly account: AdsAccount
    readonly query: string
    readonly from: string | null
    /** Rows of the pages before it, which an earlier run read. */
    readonly before?: number
    readonly isWhole: boolean
  },
): AsyncGenerator<PageItem> {
  if (accounts.isSkipped(account)) return
  let read = before
  let counts = from === null && isWhole
  const ask = (pageToken: string | null) =>
    api.search({
      account,
      query,
      pageToken,
      signal,
      read: (bytes, readAt) => {
        const cut = readPage(bytes, readAt)
        return { ...cut, lines: toLines(cut.lines, cut.rows) }
      },
    })
  const doing = `Reading ${stream} of account ${account.id}`
  for await (const followed of followPages({ ask, from, doing, advice: smaller, host })) {
    if (followed === 'closed') return accounts.skip(account, account.name)
    if (followed === 'again') {
      yield { batches: [], rows: 0, next: null, read: 0, again: read }
      read = 0
      counts = isWhole
      continue
    }
    const { page } = followed
    read += page.rows
    yield { batches: cutBatches(page.lines, page.rows, page.readAt), rows: page.rows, next: page.nextPageToken, read }
    if (page.nextPageToken === null && counts && page.total !== null && page.total !== read)
      host.warn(
        `${stream}: account ${account.id} says ${page.total} rows and brought ${read} (${query.slice(0, 200)}).`,
      )
  }
}

/** Ads carry their texts: 10,000 of them are more than a batch should hold. */
function cutBatches(lines: Uint8Array, rows: number, readAt: Date): readonly Batch[] {
  if (rows === 0) return []
  if (lines.length <= maxBatchBytes) return [{ kind: 'lines', lines, rows, readAt }]
  const batches: Batch[] = []
  let start = 0
  let inBatch = 0
  for (let at = lines.indexOf(newline); at !== -1; at = lines.indexOf(newline, at + 1)) {
    inBatch++
    if (at + 1 - start < maxBatchBytes && at + 1 < lines.length) continue
    batches.push({ kind: 'lines', lines: lines.subarray(start, at + 1), rows: inBatch, readAt })
    start = at + 1
    inBatch = 0
  }
  return batches
}

const smaller =
  'If it stays so, give the stream smaller queries:  options: { days_per_query: 1 }  of a report, or a  where  that leaves rows out.'
const maxBatchBytes = 8 * 1024 * 1024
const newline = 0x0a
