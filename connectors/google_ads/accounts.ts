import { MillraceError, type Host } from 'millrace'
import type { Account, AdsApi } from './client.ts'
import { followPages } from './follow-pages.ts'
import { objectOf, parseLines, readPage } from './page.ts'

export type AdsAccount = Account & { readonly name: string; readonly isManager: boolean }

export type Accounts = {
  /** Those below the connection's, in order of their ids. */
  readonly list: (signal: AbortSignal) => Promise<readonly AdsAccount[]>
  /** It was found not to be enabled: it is asked no more. */
  readonly isSkipped: (account: Pick<Account, 'id'>) => boolean
  /** Says once that it could not be read. */
  readonly skip: (account: Account, name: string) => void
}

type IdKeys = {
  readonly customer_ids: string | number | readonly (string | number)[]
  readonly login_customer_id?: string | number
}

/** The accounts that the connection names, and through which manager. */
export function readRoots({ customer_ids, login_customer_id }: IdKeys): readonly Account[] {
  const ids = [customer_ids].flat().flatMap((text) => String(text).split(','))
  const login = login_customer_id === undefined ? null : digitsOf(String(login_customer_id))
  return [...new Set(ids.map(digitsOf))].map((id) => ({ id, login: login ?? id }))
}

const digitsOf = (text: string) => text.replace(/\D/g, '')

export function openAccounts(api: AdsApi, roots: readonly Account[], host: Host): Accounts {
  const skipped = new Set<string>()
  let listed: Promise<readonly AdsAccount[]> | null = null

  const skip = ({ id }: Account, name: string) => {
    if (skipped.has(id)) return
    skipped.add(id)
    host.warn(
      `Account ${id}${name === '' ? '' : ` (${name})`} is not enabled (CUSTOMER_NOT_ENABLED): it is left out, and what was loaded from it stays as it is.`,
    )
  }

  async function expand(signal: AbortSignal): Promise<readonly AdsAccount[]> {
    const found = new Map<string, AdsAccount>()
    for (const root of roots)
      for (const account of (await listClients(api, root, { host, signal })) ?? (skip(root, ''), []))
        if (!found.has(account.id)) found.set(account.id, account)
    if (found.size === 0)
      throw new MillraceError('MR-3004', {
        message: `Reading Google Ads: none of the accounts ${roots.map(({ id }) => id).join(', ')} is enabled.`,
        next: 'Check customer_ids of the connection.',
      })
    return [...found.values()].sort((a, b) => compareIds(a.id, b.id))
  }

  return {
    isSkipped: ({ id }) => skipped.has(id),
    skip,
    async list(signal) {
      listed ??= expand(signal)
      try {
        return await listed
      } catch (error) {
        // The next one asks again: this may have been another's run that was stopped.
        listed = null
        throw error
      }
    },
  }
}

export const compareIds = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)

/**
 * The account itself and all below it, through every manager between. null: it is not enabled.
 * https://developers.google.com/google-ads/api/docs/account-management/get-account-hierarchy
 */
async function listClients(
  api: AdsApi,
  root: Account,
  { host, signal }: { readonly host: Host; readonly signal: AbortSignal },
): Promise<readonly AdsAccount[] | null> {
  const accounts: AdsAccount[] = []
  const ask = (pageToken: string | null) =>
    api.search({ account: root, query: clientsQuery, pageToken, signal, read: readPage })
  const doing = `Listing the accounts below ${root.id}`
  for await (const followed of followPages({ ask, from: null, doing, advice: fewer, host })) {
    if (followed === 'closed') return null
    if (followed === 'again') {
      accounts.length = 0
      continue
    }
    for (const row of parseLines(followed.page.lines)) {
      const { id, manager, descriptiveName } = objectOf(objectOf(row).customerClient)
      if (typeof id !== 'string')
        throw new MillraceError('MR-3005', { message: 'Listing the accounts of Google Ads: one has no id.' })
      accounts.push({ id, login: root.login, isManager: manager === true, name: String(descriptiveName ?? '') })
    }
  }
  return accounts
}

const fewer = 'If it stays so, name accounts below this one in customer_ids.'
const clientsQuery =
  'SELECT customer_client.id, customer_client.manager, customer_client.descriptive_name, customer_client.status FROM customer_client'
