import type { Scan, ScanItem } from 'millrace'
import { compareIds, type AdsAccount } from './accounts.ts'
import { writeQuery } from './gaql.ts'
import { objectOf, readPage } from './page.ts'
import type { EntityPosition } from './position.ts'
import { readQuery, type Reading } from './read-query.ts'
import { accountsOf } from './scan-accounts.ts'
import type { AdsStream } from './streams.ts'

export type Asked = { readonly stream: AdsStream; readonly scan: Scan; readonly fields: readonly string[] }

/** `accounts`: those that are to be read, in order of their ids. */
export type AskedOf = Asked & { readonly accounts: readonly AdsAccount[] }

/** Everything that there is, account by account: the vendor says of no entity when it was changed. Removed ones stay, with their status. */
export async function* readEntities(
  reading: Reading,
  { stream, scan, fields, accounts: all }: AskedOf,
  from: EntityPosition | null,
): AsyncGenerator<ScanItem> {
  const accounts = all.filter(({ id }) => from === null || compareIds(id, from.account) >= 0)
  let left = scan.limit ?? Infinity
  for (const [index, account] of accounts.entries()) {
    if (left <= 0) return
    const limit = scan.limit === null ? null : left
    const query = writeQuery({ fields, from: stream.from, conditions: [stream.where, scan.where], limit })
    const page = account.id === from?.account ? from.page : null
    const following = accounts[index + 1]
    const before = page === null ? 0 : (from?.rows ?? 0)
    for await (const item of readQuery(reading, { account, query, from: page, before, isWhole: limit === null })) {
      yield* item.batches
      left -= item.rows
      const { next, read, again } = item
      if (next === null && again === undefined) continue
      const resume = { phase: 'accounts', account: account.id, page: next, rows: read }
      yield { kind: 'checkpoint', resume, ...(again !== undefined && { again }) }
    }
    if (following) yield { kind: 'checkpoint', resume: { phase: 'accounts', account: following.id, page: null } }
  }
  // Also where nothing was left to be read: whose rows these are has to be told.
  yield { kind: 'checkpoint', resume: { phase: 'done' } }
}

/** How many rows a scan brings, by the vendor. One request an account. */
export async function countEntities(reading: Reading, asked: Asked): Promise<number> {
  const { stream, scan } = asked
  let count = 0
  for (const account of await accountsOf(reading.accounts, asked, reading.signal)) {
    // By the whole key: what splits the rows is in it.
    const query = writeQuery({ fields: stream.key, from: stream.from, conditions: [stream.where, scan.where] })
    const read = (bytes: Uint8Array) => totalOf(bytes)
    const total = await reading.api.search({
      account,
      query,
      pageToken: null,
      signal: reading.signal,
      countOnly: true,
      read,
    })
    if (typeof total === 'number') count += total
  }
  return count
}

/** Where nothing is counted there is no number. */
const totalOf = (bytes: Uint8Array): number =>
  Number(
    objectOf(JSON.parse(Buffer.from(bytes).toString())).totalResultsCount ?? readPage(bytes, new Date(), null).rows,
  )
