import type { StripeApi } from './client.ts'
import { eachLine, findText } from './line-bytes.ts'
import { readWholeList } from './whole-list.ts'

/** The accounts of a connection that names several. */
export type StripeAccounts = {
  /** The connection's own first, then the connected ones by their ids. */
  readonly list: (signal: AbortSignal) => Promise<readonly StripeAccount[]>
  /** The connection's own, be it among them or not. */
  readonly own: (signal: AbortSignal) => Promise<StripeAccount>
}

export type StripeAccount = {
  readonly id: string
  readonly isOwn: boolean
  readonly api: StripeApi
}

/** `all`: the connection's own account and each that is connected to it; else those that are named. */
export function openAccounts(
  api: StripeApi,
  {
    named,
    ownAccount,
  }: {
    readonly named: 'all' | readonly string[]
    readonly ownAccount: (signal: AbortSignal) => Promise<string>
  },
): StripeAccounts {
  let found: Promise<Found> | null = null

  async function find(signal: AbortSignal): Promise<Found> {
    const own = await ownAccount(signal)
    const ids = named === 'all' ? [own, ...(await listConnected(api, signal))] : named
    const others = [...new Set(ids)].filter((id) => id !== own).sort()
    const open = (id: string): StripeAccount => ({
      id,
      isOwn: id === own,
      api: api.forAccount(id, { isOwn: id === own }),
    })
    return { own: open(own), list: [...(ids.includes(own) ? [own] : []), ...others].map(open) }
  }

  async function remember(signal: AbortSignal): Promise<Found> {
    found ??= find(signal)
    try {
      return await found
    } catch (error) {
      // The next one asks again: this may have been another's run that was stopped.
      found = null
      throw error
    }
  }

  return {
    list: async (signal) => (await remember(signal)).list,
    own: async (signal) => (await remember(signal)).own,
  }
}

type Found = { readonly own: StripeAccount; readonly list: readonly StripeAccount[] }

/** https://docs.stripe.com/api/accounts/list : not the platform's own */
async function listConnected(api: StripeApi, signal: AbortSignal): Promise<readonly string[]> {
  const docs = 'https://docs.stripe.com/api/accounts/list'
  const { lines } = await readWholeList(api, { path: '/v1/accounts', docs, signal })
  return [...eachLine(lines)].map((line) => findText(line, 'id') ?? '')
}
