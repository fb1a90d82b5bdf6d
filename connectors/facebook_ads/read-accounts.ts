import type { Scan, ScanItem } from 'millrace'
import { cutPage } from 'millrace'
import { findAccounts } from './account.ts'
import { askFields } from './ask-fields.ts'
import type { GraphApi } from './client.ts'
import { isForbidden, type GraphError } from './graph-error.ts'
import { after, readPosition } from './position.ts'

/** The accounts themselves. https://developers.facebook.com/docs/marketing-api/reference/ad-account */
export async function* readAccounts(
  api: GraphApi,
  {
    accountIds,
    scan,
    signal,
  }: { readonly accountIds: readonly string[] | undefined; readonly scan: Scan; readonly signal: AbortSignal },
): AsyncGenerator<ScanItem> {
  const { readable, refused } = await findAccounts(api, accountIds, signal)
  const fields = askFields('ad_accounts', scan.fields, { needed: ['id'], host: api.host })
  const refusals = new Map(refused)
  let position = readPosition(scan.resume)
  let left = scan.limit ?? Infinity
  for (const { id } of readable) {
    if (position.done.includes(id) || left <= 0) continue
    for (let isRead = false; !isRead;) {
      const answer = await api.ask<{ readonly lines: Uint8Array; readonly readAt: Date } | GraphError>({
        label: `GET /${id}`,
        docs: accountDocs,
        signal,
        send: (sdk) => sdk.account(id, fields.names()),
        // Cut as a list of one: its digits stay as they came.
        read: (bytes, readAt) => ({
          lines: cutPage(Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]), { records: '' }).lines,
          readAt,
        }),
        recover: (error) => (isForbidden(error) || fields.drop(error) ? error : undefined),
      })
      if (!(answer instanceof Error)) {
        yield { kind: 'lines', lines: answer.lines, rows: 1, readAt: answer.readAt }
        left--
        position = after(position, id)
        yield { kind: 'checkpoint', resume: position }
      } else if (isForbidden(answer)) refusals.set(id, answer.message)
      // Else a field was left out: asked again.
      isRead = !(answer instanceof Error) || isForbidden(answer)
    }
  }
  for (const [account, message] of refusals)
    api.host.warn(`ad_accounts: ${account} cannot be read and is left out. Facebook says: ${message}`)
}

export const accountDocs = 'https://developers.facebook.com/docs/marketing-api/reference/ad-account'
