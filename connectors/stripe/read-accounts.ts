import { firstFew, MillraceError, type Json, type Scan, type ScanItem } from 'millrace'
import type { StripeAccounts } from './accounts.ts'
import { completeTo, type Among, type DonePosition } from './position.ts'
import { readAccount, type AccountRequest } from './read-account.ts'
import type { StripeStream } from './stream-table.ts'

type Request = Omit<AccountRequest, 'isKnown' | 'completeTo'> & { readonly last: DonePosition }

/** Accounts that refuse → what Stripe says. */
type Refusals = Map<string, string>

/**
 * Each account of the connection in turn; gives back which were read. One that refuses is said and left out: the next
 * scan does not know it, and lists all of it.
 */
export async function* readAccounts(
  accounts: StripeAccounts,
  stream: StripeStream,
  request: Request,
): AsyncGenerator<ScanItem, readonly string[]> {
  const refused: Refusals = new Map()
  try {
    return yield* readEach(accounts, stream, { ...request, refused })
  } finally {
    // However it ends.
    if (refused.size > 0) warnOfRefused(stream.name, refused, request.context)
  }
}

async function* readEach(
  accounts: StripeAccounts,
  stream: StripeStream,
  { refused, ...request }: Request & { readonly refused: Refusals },
): AsyncGenerator<ScanItem, readonly string[]> {
  const { scan, position, last, context } = request
  const known = new Set(last.accounts)
  const read = [...(position?.read ?? [])]
  const all = stream.ofPlatform ? [await accounts.own(context.signal)] : await accounts.list(context.signal)
  const listed = new Set(all.map(({ id }) => id))
  const lost = [...known].filter((id) => !listed.has(id))
  if (lost.length > 0) warnOfLost(stream.name, lost, context)
  const todo = all.filter(({ id }) => !read.includes(id))
  let left = scan.limit
  let refusal: { readonly error: unknown } | null = null
  for (const { id, api } of todo) {
    if (left !== null && left <= 0) return read
    const among: Among = { account: id, read: [...read] }
    const at = position?.account === id ? position : null
    try {
      const limited: Scan = { ...scan, limit: left }
      const own = {
        ...request,
        account: id,
        scan: limited,
        position: at,
        isKnown: known.has(id),
        completeTo: completeTo(last, id),
      }
      for await (const item of readAccount(api, stream, own)) {
        if (left !== null && item.kind === 'lines' && !item.child) left -= item.rows
        yield item.kind === 'checkpoint' ? { ...item, resume: placeAmong(item.resume, among) } : item
      }
      read.push(id)
    } catch (error) {
      const reason = api.refusal(error)
      if (reason === undefined) throw error
      if (scan.whole === true) throw goesWithIt(stream.name, id, reason)
      refused.set(id, reason)
      refusal = { error }
    }
    yield { kind: 'checkpoint', resume: { phase: 'begin', read: [...read] } }
  }
  // A key without a permission is refused by each of them.
  if (read.length === 0 && refusal !== null) throw refusal.error
  return read
}

/** Once: the next scan does not know it. */
function warnOfLost(stream: string, lost: readonly string[], { host }: AccountRequest['context']): void {
  const [those, are, them] = lost.length === 1 ? ['account', 'is', 'it'] : ['accounts', 'are', 'them']
  host.warn(
    `${stream}: the ${those} ${firstFew(lost)} ${are} no longer among those of the connection, and ${are} not read. What was loaded from ${them} stays as it is.`,
  )
}

function warnOfRefused(stream: string, refused: Refusals, { host }: AccountRequest['context']): void {
  const [[id, reason] = [], ...others] = refused
  host.warn(
    others.length === 0
      ? `${stream}: the account ${id} refuses to be read and is left out; what was loaded from it stays as it is. Stripe says: ${reason}`
      : `${stream}: accounts refuse to be read and are left out; what was loaded from them stays as it is: ${firstFew([...refused].map(([account, says]) => `${account} (Stripe says: ${says.replace(/\.$/, '')})`))}.`,
  )
}

const goesWithIt = (stream: string, account: string, reason: string) =>
  new MillraceError('MR-3004', {
    message: `${stream}: the account ${account} cannot be read (${reason}), and this pass would take its rows for gone.`,
    kept: 'The rows of the table are as they were; nothing was deleted or replaced.',
    next: `Give the key access to ${account} again, or name the other accounts in  accounts  of the connection.`,
  })

/** A checkpoint is one of `readAccount`'s. */
const placeAmong = (resume: Json, among: Among): Json =>
  typeof resume === 'object' && resume !== null && !Array.isArray(resume) ? { ...resume, ...among } : resume
