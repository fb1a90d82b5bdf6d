import { cutPage, MillraceError, type Scan, type ScanItem } from 'millrace'
import { findAccounts } from './account.ts'
import { askFields, type AskedFields } from './ask-fields.ts'
import type { GraphApi } from './client.ts'
import { isForbidden, type GraphError } from './graph-error.ts'
import { after, beginning, readPosition } from './position.ts'
import { refusedByAll, refusedInWhole, warnOfRefusals, warnOfUnlisted } from './refusals.ts'

/** The accounts themselves, each of them at every scan. https://developers.facebook.com/docs/marketing-api/reference/ad-account */
export async function* readAccounts(
  api: GraphApi,
  {
    accountIds,
    scan,
    signal,
  }: { readonly accountIds: readonly string[] | undefined; readonly scan: Scan; readonly signal: AbortSignal },
): AsyncGenerator<ScanItem> {
  const accounts = await findAccounts(api, accountIds, signal)
  const { readable, refused } = accounts
  warnOfUnlisted(api.host, 'ad_accounts', { last: scan.last, accounts })
  const fields = askFields('ad_accounts', scan.fields, ['id'])
  const managed = fields.names.filter((field) => managedFields.has(field))
  const viewed = askFields(
    'ad_accounts',
    fields.names.filter((field) => !managedFields.has(field)),
    ['id'],
  )
  const refusals = new Map(refused)
  const viewOnly = new Map<string, string>()
  let position = readPosition(scan.resume)
  let left = scan.limit ?? Infinity
  for (const { id } of readable) {
    if (position.done.includes(id) || left <= 0) continue
    let answer = await askAccount(api, id, { fields, signal })
    if (answer instanceof Error && managed.length > 0) {
      const { message } = answer
      answer = await askAccount(api, id, { fields: viewed, signal })
      if (!(answer instanceof Error)) viewOnly.set(id, message)
    }
    if (answer instanceof Error) {
      refusals.set(id, answer.message)
      continue
    }
    yield { kind: 'lines', lines: answer.lines, rows: 1, readAt: answer.readAt }
    left--
    position = after(position, id)
    yield { kind: 'checkpoint', resume: position }
  }
  const [said] = viewOnly.values()
  if (said !== undefined)
    api.host.warn(
      `ad_accounts: ${managed.join(', ')} of ${[...viewOnly.keys()].join(', ')} are left empty: only who manages an account sees them. Facebook says: ${said}. With  exclude: [${managed.join(', ')}]  on the stream their columns stay as they are.`,
    )
  if (refusals.size === 0) {
    // One that is not listed any more keeps its row.
    yield { kind: 'checkpoint', resume: position, wholeOf: { field: 'id', values: position.done } }
    return
  }
  if (readable.every(({ id }) => refusals.has(id))) throw refusedByAll('ad_accounts', refusals)
  if (scan.whole !== true) return warnOfRefusals(api.host, 'ad_accounts', refusals)
  yield { kind: 'checkpoint', resume: beginning }
  throw refusedInWhole('ad_accounts', refusals)
}

/** An error: what the vendor says of an account that may not be read. @throws MillraceError where it is about a field */
async function askAccount(
  api: GraphApi,
  id: string,
  { fields, signal }: { readonly fields: AskedFields; readonly signal: AbortSignal },
): Promise<Answer | GraphError> {
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
  return answer
}

type Answer = { readonly lines: Uint8Array; readonly readAt: Date }

export const accountDocs = 'https://developers.facebook.com/docs/marketing-api/reference/ad-account'

/** Refused with the code of an account that may not be read at all, where the token may only view it. */
const managedFields: ReadonlySet<string> = new Set(['owner', 'is_prepay_account'])
