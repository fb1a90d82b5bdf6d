import { MillraceError, type Json } from 'millrace'
import type { GraphApi } from './client.ts'
import { isForbidden } from './graph-error.ts'
import { readWhole } from './list-page.ts'

/** An ad account, as much of it as reading needs. */
export type Account = {
  /** `act_123` */
  readonly id: string
  readonly timezone: string
  /** Nothing happened before it. null: not told. */
  readonly createdAt: number | null
}

export type Accounts = {
  readonly readable: readonly Account[]
  /** Of `account_ids`: id → what the vendor says. */
  readonly refused: ReadonlyMap<string, string>
}

/** Those of `account_ids`, else all that the token may see; in the order of their ids. */
export async function findAccounts(
  api: GraphApi,
  ids: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Accounts> {
  const refused = new Map<string, string>()
  const found: Account[] = []
  if (ids === undefined) found.push(...(await listAccounts(api, signal)))
  else
    for (const id of new Set(ids.map(toNode))) {
      const account = await findAccount(api, id, signal)
      if (typeof account === 'string') refused.set(id, account)
      else found.push(account)
    }
  // An empty list is what a token sees that access was taken from.
  if (found.length === 0 && refused.size === 0) throw noAccount()
  return { readable: found.sort((a, b) => (a.id < b.id ? -1 : 1)), refused }
}

/** https://developers.facebook.com/docs/graph-api/reference/user/adaccounts */
async function listAccounts(api: GraphApi, signal: AbortSignal): Promise<readonly Account[]> {
  const accounts = await readWhole(api, {
    label: 'GET /me/adaccounts',
    docs: 'https://developers.facebook.com/docs/graph-api/reference/user/adaccounts',
    signal,
    send: (sdk, after) => sdk.accounts(fields, { limit: 200, ...after }),
  })
  return accounts.map(readAccount)
}

/** Of one that may not be read, what the vendor says. */
const findAccount = (api: GraphApi, id: string, signal: AbortSignal): Promise<Account | string> =>
  api.ask<Account | string>({
    label: `GET /${id}`,
    docs: 'https://developers.facebook.com/docs/marketing-api/reference/ad-account',
    signal,
    send: (sdk) => sdk.account(id, fields),
    read: (bytes) => readAccount(JSON.parse(Buffer.from(bytes).toString())),
    recover: (error) => (isForbidden(error) ? error.message : undefined),
  })

function readAccount(row: { readonly [name: string]: Json }): Account {
  const { id, timezone_name, created_time } = row
  if (typeof id !== 'string' || typeof timezone_name !== 'string')
    throw new MillraceError('MR-3005', { message: 'Reading an ad account of Facebook: it has no id or no time zone.' })
  const createdAt = Date.parse(String(created_time))
  return { id, timezone: timezone_name, createdAt: Number.isNaN(createdAt) ? null : createdAt }
}

const noAccount = () =>
  new MillraceError('MR-3004', {
    message: 'Listing the ad accounts of Facebook: the token sees none.',
    kept: 'What is loaded stays as it is; the next run reads everything from there on.',
    next: 'Assign the ad accounts to the system user that the token is of, or name them in account_ids.',
  })

const toNode = (id: string) => (id.startsWith('act_') ? id : `act_${id}`)

const fields = ['id', 'timezone_name', 'created_time']
