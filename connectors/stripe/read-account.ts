import type { Context, Scan, ScanItem } from 'millrace'
import type { StripeApi } from './client.ts'
import { readChanges } from './event-pass.ts'
import { listAll } from './list-pass.ts'
import { listStart, type AccountPosition, type EventPosition, type ListPosition } from './position.ts'
import type { StripeStream } from './stream-table.ts'

export type AccountRequest = {
  readonly scan: Scan
  /** Where a connection has several. */
  readonly account?: string
  /** Where it was interrupted. */
  readonly position: AccountPosition | null
  /** The daily list is to be read. */
  readonly isDue: boolean
  /** The last complete scan read this account too: only its changes are missing. */
  readonly isKnown: boolean
  /** Up to when this account is complete; undefined: it was never read, or that is not known. */
  readonly completeTo: string | undefined
  readonly context: Context
}

/** What is missing of one account: a list, then the changes by events, or only one of the two. */
export async function* readAccount(
  api: StripeApi,
  stream: StripeStream,
  request: AccountRequest,
): AsyncGenerator<ScanItem> {
  const { scan, isKnown, context } = request
  const { signal } = context
  let position = request.position && request.position.phase !== 'begin' ? request.position : begin(stream, request)
  let left = scan.limit
  if (position?.phase === 'list') {
    const following: EventPosition | null = position.thenEvents
      ? { ...eventsStart, ...(position.gone && { gone: true }) }
      : null
    for await (const item of listAll(api, stream, { scan, from: position, following, signal })) {
      if (left !== null && item.kind === 'lines' && !item.child) left -= item.rows
      yield item
    }
    position = following
  }
  if (position?.phase !== 'events' || (left !== null && left <= 0)) return
  const isGone = scan.full || !isKnown || scan.from === null || position.gone === true
  // It was interrupted for so long that the events which were still to be read are forgotten.
  if (!isGone && !reachesBack(scan.from, now(request))) {
    const from = wholeList(stream, request)
    yield* readAccount(api, stream, { ...request, scan: { ...scan, limit: left }, position: from })
    return
  }
  const from = isGone ? goneSince(request) : scan.from
  if (from === undefined) return
  yield* readChanges(api, stream, { scan: { ...scan, from, full: isGone, limit: left }, from: position, signal })
}

/** null: nothing is missing. */
function begin(stream: StripeStream, request: AccountRequest): ListPosition | EventPosition | null {
  const { scan, isDue, isKnown, context } = request
  if (scan.from === null || (!scan.full && !isKnown))
    return missesDeletions(stream, request) ? { ...listStart, thenEvents: true } : listStart
  if (scan.full) return listStart
  const { name, events } = stream
  if (events && !reachesBack(scan.from, now(request))) return wholeList(stream, request)
  if (name === 'events' && !reachesBack(scan.from, now(request)))
    context.host.warn(
      `events: the last complete scan ends at ${scan.from}, and Stripe keeps events for 30 days. Those before are lost.`,
    )
  const since = listSince(stream, scan.from, isDue)
  if (since === undefined) return events ? eventsStart : null
  return { ...listStart, ...(events && { thenEvents: true }), ...(since !== null && { since }) }
}

/** A list of everything does not tell what is gone, where it is not all that there is: the events since the last scan do. */
function missesDeletions(stream: StripeStream, request: AccountRequest): boolean {
  const { scan, completeTo } = request
  if (scan.whole === true || goneSince(request) === undefined || stream.events?.deleted === undefined) return false
  if (completeTo !== undefined && !reachesBack(completeTo, now(request))) warnOfDeletions(stream, request, completeTo)
  return true
}

/** From when on what stands may be gone, as far back as there are events; undefined: nothing stands. */
function goneSince(request: AccountRequest): string | undefined {
  const { scan, isKnown, completeTo = isKnown ? (scan.from ?? undefined) : undefined } = request
  if (completeTo === undefined && scan.stands !== true) return undefined
  const oldest = now(request).getTime() - maxGapMs
  return new Date(completeTo === undefined ? oldest : Math.max(oldest, Date.parse(completeTo))).toISOString()
}

function warnOfDeletions({ name }: StripeStream, { account, context }: AccountRequest, from: string): void {
  const of = account === undefined ? '' : ` of ${account}`
  context.host.warn(
    `${name}: the last complete scan${of} ends at ${from}, and Stripe keeps events for 30 days. What was deleted in the time before them stays in the table: drop it to load it anew.`,
  )
}

/** From when on the list is read, in unix seconds; null: all of it; undefined: none. */
function listSince({ untold }: StripeStream, from: string, isDue: boolean): number | null | undefined {
  const seconds = Math.floor(Date.parse(from) / 1000)
  if (isDue && untold?.daily === 'all') return null
  // The last daily list is up to a day older than the last scan, and looked back from there.
  if (isDue && untold?.daily !== undefined && untold.daily !== 'all') return seconds - (untold.daily + 1) * daySeconds
  return untold?.isNew ? seconds : undefined
}

function wholeList({ name, enumerates, events }: StripeStream, { scan, context }: AccountRequest): ListPosition {
  const deletes = events?.deleted !== undefined
  const deleted = !deletes
    ? ''
    : enumerates && scan.start === null
      ? ' What was deleted in the time before them is found by `--full-refresh` only.'
      : ' What was deleted in the time before them stays in the table: drop it to load it anew.'
  context.host.warn(
    `${name}: the last complete scan ends at ${scan.from}, and Stripe keeps events for 30 days. The whole list is read instead.${deleted}`,
  )
  return { ...listStart, ...(deletes && { thenEvents: true, gone: true }) }
}

const reachesBack = (from: string, to: Date) => to.getTime() - Date.parse(from) <= maxGapMs

const now = ({ scan, context }: AccountRequest) => context.host.lastDate() ?? new Date(scan.to)

const eventsStart: EventPosition = { phase: 'events', after: null }
const daySeconds = 86_400
/** A day less than Stripe keeps events: a scan that begins now may take that long. https://docs.stripe.com/api/events */
const maxGapMs = 29 * 86_400_000
