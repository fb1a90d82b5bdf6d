/** Which accounts a scan is about: those with which it began, as far as they are still there to be read. */
import { firstFew, type Host } from 'millrace'
import type { Accounts, AdsAccount } from './accounts.ts'
import { firstAsked } from './asked-days.ts'
import { dayOf } from './days.ts'
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
  const gone = [...new Set([...last, ...(begun ?? [])])].filter((id) => !listed.has(id) && !accounts.isSkipped({ id }))
  if (gone.length > 0) {
    const [those, are, them] = gone.length === 1 ? ['account', 'is', 'it'] : ['accounts', 'are', 'them']
    host.warn(
      `${name}: the ${those} ${firstFew(gone)} ${are} no longer among those of the connection, and ${are} not read. What was loaded from ${them} stays as it is.`,
    )
  }
  const later = all.filter((account) => begun?.has(account.id) === false && isReadable(accounts, asked, account))
  if (later.length > 0) {
    const [those, were, theyAre] = later.length === 1 ? ['account', 'was', 'It is'] : ['accounts', 'were', 'They are']
    host.warn(
      `${name}: the ${those} ${firstFew(later.map(({ id }) => id))} ${were} not read when this scan began. ${theyAre} read from the next one on; days of a report before that one’s window, by  millrace backfill.`,
    )
  }
}

/**
 * Of an account that the last complete scan did not read, as it was not below the connection's or not enabled, a report reads the
 * window alone, and no later scan reads what is before it. Said once, when it is read: the next scan knows it.
 */
export function warnOfOlderDays(ids: readonly string[], { stream, scan }: Asked, host: Pick<Host, 'warn'>): void {
  const last = readPosition(scan.last ?? null)?.accounts
  if (!stream.report || !last || scan.from === null || scan.full || scan.limit !== null) return
  const others = ids.filter((id) => !last.includes(id))
  const first = firstAsked(scan, stream.report)
  if (others.length === 0 || first === null || (scan.start !== null && first <= dayOf(scan.start))) return
  const [those, were, their] = others.length === 1 ? ['account', 'was', 'its'] : ['accounts', 'were', 'their']
  host.warn(
    `${stream.name}: the ${those} ${firstFew(others)} ${were} not read by the last complete scan, and this one reads ${their} days from ${first} on. Days before it that are missing:  millrace backfill.`,
  )
}

const begunWith = ({ scan }: Asked): ReadonlySet<string> | undefined => {
  const accounts = readPosition(scan.resume)?.accounts
  return accounts && new Set(accounts)
}

const isReadable = (accounts: Accounts, { stream }: Asked, account: AdsAccount): boolean =>
  (!account.isManager || stream.ofManagers === true) && !accounts.isSkipped(account)
