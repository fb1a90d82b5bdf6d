import { cutPage, MillraceError, type Scan, type ScanItem } from 'millrace'
import { findAccounts } from './account.ts'
import { askFields } from './ask-fields.ts'
import type { GraphApi } from './client.ts'
import { isForbidden, type GraphError } from './graph-error.ts'
import { after, beginning, readPosition } from './position.ts'
import { refusedByAll, refusedInWhole, warnOfRefusals } from './refusals.ts'

/** The accounts themselves, each of them at every scan. https://developers.facebook.com/docs/marketing-api/reference/ad-account */
export async function* readAccounts(
  api: GraphApi,
  {
    accountIds,
    scan,
    signal,
  }: { readonly accountIds: readonly string[] | undefined; readonly scan: Scan; readonly signal: AbortSignal },
): AsyncGenerator<ScanItem> {
  const { readable, refused } = await findAccounts(api, accountIds, signal)
  const fields = askFields('ad_accounts', scan.fields, ['id'])
  const refusals = new Map(refused)
  let position = readPosition(scan.resume)
  let left = scan.limit ?? Infinity
  for (const { id } of readable) {
    if (position.done.includes(id) || left <= 0) continue
    const answer = await api.ask<Answer | GraphError | MillraceError>({
      label: `GET /${id}`,
      docs: accountDocs,
      signal,
      send: (sdk) => sdk.account(id, fields.names),
      // Cut as a list of one: its digits stay as they came.
      read: (bytes, readAt) => ({
        lines: cutPage(Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]), { records: '' }).lines,
        readAt,
      }),
      recover: (error) => fields.refusal(error) ?? (isForbidden(error) ? error : undefined),
    })
    if (answer instanceof MillraceError) throw answer
    if (answer instanceof Error) {
      refusals.set(id, answer.message)
      continue
    }
    yield { kind: 'lines', lines: answer.lines, rows: 1, readAt: answer.readAt }
    left--
    position = after(position, id)
    yield { kind: 'checkpoint', resume: position }
  }
  if (refusals.size === 0) return
  if (readable.every(({ id }) => refusals.has(id))) throw refusedByAll('ad_accounts', refusals)
  if (scan.whole !== true) return warnOfRefusals(api.host, 'ad_accounts', refusals)
  yield { kind: 'checkpoint', resume: beginning }
  throw refusedInWhole('ad_accounts', refusals)
}

type Answer = { readonly lines: Uint8Array; readonly readAt: Date }

export const accountDocs = 'https://developers.facebook.com/docs/marketing-api/reference/ad-account'
