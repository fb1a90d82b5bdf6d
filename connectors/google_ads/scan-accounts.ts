/** Which accounts a scan is about: those with which it began, as far as they are still there to be read. */
import type { Host } from 'millrace'
import type { Accounts, AdsAccount } from './accounts.ts'
import { readPosition } from './position.ts'
import type { Asked } from './read-entities.ts'

/** What a scan that is gone on with has read is of these only: one that came meanwhile has no part in it. */
export async function accountsOf(
  accounts: Accounts,
  asked: Asked,
  signal: AbortSignal,
): Promise<readonly AdsAccount[]> {
  const begun = begunWith(asked)
  return (await accounts.list(signal)).filter(
    (account) => (begun?.has(account.id) ?? true) && isReadable(accounts, asked, account),
  )
}

/** Says which accounts it knows and cannot read any more, and which it does not read yet. */
export async function warnOfOthers(
  { accounts, host, signal }: { readonly accounts: Accounts; readonly host: Host; readonly signal: AbortSignal },
  asked: Asked,
): Promise<void> {
  const { name } = asked.stream
  const all = await accounts.list(signal)
  const begun = begunWith(asked)
  const last = readPosition(asked.scan.last ?? null)?.accounts ?? []
  const listed = new Set(all.map(({ id }) => id))
  for (const id of new Set([...last, ...(begun ?? [])]))
    if (!listed.has(id) && !accounts.isSkipped({ id }))
      host.warn(
        `${name}: the account ${id} is no longer among those of the connection, and is not read. What was loaded from it stays as it is.`,
      )
  for (const account of all)
    if (begun?.has(account.id) === false && isReadable(accounts, asked, account))
      host.warn(
        `${name}: the account ${account.id} was not read when this scan began. It is read from the next one on; days of a report before that one’s window, by  millrace backfill.`,
      )
}

const begunWith = ({ scan }: Asked): ReadonlySet<string> | undefined => {
  const accounts = readPosition(scan.resume)?.accounts
  return accounts && new Set(accounts)
}

const isReadable = (accounts: Accounts, { stream }: Asked, account: AdsAccount): boolean =>
  (!account.isManager || stream.ofManagers === true) && !accounts.isSkipped(account)
