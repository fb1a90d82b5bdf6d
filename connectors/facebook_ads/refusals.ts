import { firstFew, MillraceError, type Host, type Json } from 'millrace'
import type { Accounts } from './account.ts'
import { countDays } from './days.ts'
import type { Days } from './insights-days.ts'
import { readPosition } from './position.ts'

/** Accounts that the token may not read → what Facebook says. */
export type Refusals = ReadonlyMap<string, string>

/** Nothing is lost by it: the stream is read whole the next time, too. */
export function warnOfRefusals(host: Host, stream: string, refusals: Refusals): void {
  const [[account, message] = [], ...others] = refusals
  if (account === undefined) return
  host.warn(
    others.length === 0
      ? `${stream}: ${account} cannot be read and is left out. Facebook says: ${message}`
      : `${stream}: accounts cannot be read and are left out: ${listOf(refusals)}.`,
  )
}

/** Once: the next scan does not know it. */
export function warnOfUnlisted(
  host: Host,
  stream: string,
  { last, accounts }: { readonly last: Json | undefined; readonly accounts: Accounts },
): void {
  const { readable, refused } = accounts
  const listed = new Set([...readable.map(({ id }) => id), ...refused.keys()])
  const gone = readPosition(last ?? null).done.filter((id) => !listed.has(id))
  if (gone.length > 0)
    host.warn(
      `${stream}: ${firstFew(gone)} ${gone.length === 1 ? 'is' : 'are'} no longer among the accounts of the connection. What is loaded stays; an account that comes back is read from its beginning.`,
    )
}

/** Days of reports without a row, as one stretch of an account: how many of them, the first and the last. */
export type EmptyDays = Days & { readonly count: number }

export const addEmpty = (before: EmptyDays | undefined, { first, last }: Days): EmptyDays => ({
  first: before?.first ?? first,
  last,
  count: (before?.count ?? 0) + countDays(first, last),
})

/** No rows by breakdowns that an account has to opt in to: there may be some all the same. */
export function warnOfSilence(
  host: Host,
  stream: string,
  { empty, breakdowns }: { readonly empty: ReadonlyMap<string, EmptyDays>; readonly breakdowns: readonly string[] },
): void {
  if (empty.size === 0) return
  const accounts = [...empty].map(
    ([account, { first, last, count }]) => `${account} (${count} ${count === 1 ? 'day' : 'days'}, ${first} to ${last})`,
  )
  host.warn(
    `${stream}: Facebook sent no row of ${accounts.join(', ')} by ${breakdowns.join(', ')}; what is stored stays, and these days count as read. If there should be some: an administrator opts the account in, in Ads Manager; Facebook makes ten such reports a day;  millrace backfill  reads the days once more.`,
  )
}

/** They stay away for good. */
export function warnOfLostDays(
  host: Host,
  stream: string,
  { lost, keptMonths }: { readonly lost: ReadonlyMap<string, Days>; readonly keptMonths: number },
): void {
  if (lost.size === 0) return
  const days = [...lost].map(([account, { first, last }]) => `${account} (${first} to ${last})`)
  host.warn(
    `${stream}: Facebook keeps such reports for ${keptMonths} months; of ${days.join(', ')} nothing can be read any more.`,
  )
}

/** A token without access is refused by each of them: that is no empty answer. */
export const refusedByAll = (stream: string, refusals: Refusals) =>
  new MillraceError('MR-3004', {
    message: `${stream}: none of the ad accounts can be read: ${listOf(refusals)}.`,
    kept: 'What is loaded stays as it is; the next run reads everything from there on.',
    next: 'Grant the token access to the accounts, or name others in account_ids.',
  })

export const refusedByDays = (stream: string, refusals: Refusals) =>
  new MillraceError('MR-3004', {
    message: `${stream}: some ad accounts cannot be read: ${listOf(refusals)}.`,
    kept: 'What the others have is loaded. The days of these are not given up: the next run reads them where it may.',
    next: 'Grant the token access to the account, or leave it out in account_ids.',
  })

export const refusedInWhole = (stream: string, refusals: Refusals) =>
  new MillraceError('MR-3004', {
    message: `${stream}: some ad accounts cannot be read, and this pass would take their rows for gone: ${listOf(refusals)}.`,
    kept: 'What the other accounts have is read; nothing was deleted or replaced. The next run reads all again.',
    next: 'Grant the token access to the account, or leave it out in account_ids.',
  })

const listOf = (refusals: Refusals) =>
  firstFew([...refusals].map(([account, message]) => `${account} (Facebook says: ${message.replace(/\.$/, '')})`))
