import type { Context, Scan, ScanItem } from 'millrace'
import type { StripeAccounts } from './accounts.ts'
import type { StripeApi } from './client.ts'
import { isListDue } from './due.ts'
import { readAccount } from './read-account.ts'
import { readAccounts } from './read-accounts.ts'
import { accountsOf, readLast, readPosition, type DonePosition } from './position.ts'
import type { StripeStream } from './stream-table.ts'

export type Reading = {
  readonly api: StripeApi
  /** null: one account, and its rows do not say which. */
  readonly accounts: StripeAccounts | null
}

/** One scan, of one account or of each that the connection names. */
export async function* readStream(
  { api, accounts }: Reading,
  stream: StripeStream,
  scan: Scan,
  context: Context,
): AsyncGenerator<ScanItem> {
  const position = readPosition(scan.resume)
  if (position?.phase === 'done') {
    // It was interrupted before its last commit, which has to be told again whose rows it may take away.
    if (position.accounts) yield doneCheckpoint(position)
    return
  }
  const last = readLast(scan.last)
  const isDue = isListDue(stream, scan, last)
  const request = { scan, position, last, isDue, context }
  let read: readonly string[] | null = null
  if (accounts) read = yield* readAccounts(accounts, stream, request)
  else yield* readAccount(api, stream, { ...request, isKnown: true, completeTo: last.to })
  // What a limit ends is not complete.
  if (scan.limit !== null) return
  const listed = isDue ? scan.to : last.listed
  yield doneCheckpoint({ phase: 'done', to: scan.to, ...(listed && { listed }), ...(read && accountsOf(last, read)) })
}

/** Rows of an account that is no longer among those of the connection stay, whatever a pass takes away. */
const doneCheckpoint = (done: DonePosition): ScanItem => ({
  kind: 'checkpoint',
  resume: done,
  ...(done.accounts && { wholeOf: { field: '_account', values: done.accounts } }),
})
