import { cutPage, MillraceError, type Scan, type ScanItem } from 'millrace'
import { childBatches } from './child-sets.ts'
import type { StripeApi } from './client.ts'
import type { Change } from './event-pass.ts'
import { inWaves } from './in-waves.ts'
import { extendLines, findText, findValue } from './line-bytes.ts'
import type { StripeStream } from './stream-table.ts'

export type HydrateRequest = { readonly changes: readonly Change[]; readonly scan: Scan; readonly signal: AbortSignal }

/**
 * Reads changed objects again, as they are now and at the pinned API version, with their children.
 *
 * What was asked for together is one batch with the time of its first request. Where that is too early by a moment,
 * nothing is lost: what changes during a scan has an event after the scan's start, so the next one reads it again.
 *
 * Tombstones have no version of their own, though their event has a time: rows carry the time of their request, by our
 * clock, and the vendor's clock may be behind it; a deletion would lose to a row that was read before it. That the object
 * is gone was read at `readAt`.
 */
export async function* hydrateObjects(
  api: StripeApi,
  stream: StripeStream,
  { changes, scan, signal }: HydrateRequest,
): AsyncGenerator<ScanItem> {
  for await (const wave of inWaves(changes, (change) => readObject(api, stream, { change, signal }))) {
    const gone = wave.filter(({ line }) => line === null)
    if (gone.length > 0)
      yield {
        kind: 'tombstones',
        keys: gone.map(({ change }) => ({ ...accountOf(api), id: change.id })),
        version: null,
        readAt: earliest(gone),
      }
    const fields = new Map(wave.map(({ change }) => [change.id, { ...eventOf(stream, change), ...api.fields }]))
    const here = wave.flatMap((each) =>
      each.line && isWanted(stream, each.line, scan)
        ? [{ line: each.line, readAt: each.readAt, fields: fields.get(each.change.id) ?? {} }]
        : [],
    )
    if (here.length === 0) continue
    const readAt = earliest(here)
    yield {
      kind: 'lines',
      lines: Buffer.concat(here.map((each) => extendLines(each.line, 1, each.fields))),
      rows: here.length,
      readAt,
    }
    const parents = {
      lines: Buffer.concat(here.map(({ line }) => line)),
      readAt,
      fields: (parent: string) => fields.get(parent) ?? {},
      signal,
    }
    for (const child of stream.children ?? [])
      if (scan.children.includes(child.name)) yield* childBatches(api, child, parents)
  }
}

/** What stands does not come of a deletion: it was made again. */
const eventOf = ({ events }: StripeStream, { event, type }: Change): { readonly [field: string]: string } =>
  type === events?.deleted ? {} : { _event_id: event, _event_type: type }

const earliest = (items: readonly { readonly readAt: Date }[]) =>
  new Date(Math.min(...items.map(({ readAt }) => readAt.getTime())))

/** Part of the key, where a connection has several. */
const accountOf = ({ fields: { _account } }: StripeApi): { readonly [field: string]: string } =>
  _account === undefined ? {} : { _account }

type Hydrated = { readonly change: Change; readonly line: Uint8Array | null; readonly readAt: Date }

async function readObject(
  api: StripeApi,
  { path, expand, docs, hidesTestClocks = false }: StripeStream,
  { change, signal }: { readonly change: Change; readonly signal: AbortSignal },
): Promise<Hydrated> {
  const gone = (readAt: Date): Hydrated => ({ change, line: null, readAt })
  // After a deletion, too: an id that the account gives itself (of a plan) may be used again, within the same second even, in
  // which the order of events is not documented. Whatever can be deleted can be asked for by its id.
  return api.get({
    path: `${path}/${encodeURIComponent(change.id)}`,
    endpoint: `${path}/:id`,
    expand,
    docs,
    signal,
    read: (bytes, readAt) => {
      const lines = cutObject(bytes, change.id)
      // https://docs.stripe.com/api/customers/retrieve : of a deleted customer the vendor says so instead.
      const isHere = !isDeleted(lines) && !(hidesTestClocks && isOnTestClock(lines))
      return isHere ? { change, line: lines, readAt } : gone(readAt)
    },
    recover: ({ statusCode, code }, readAt) =>
      statusCode === 404 && code === 'resource_missing' ? gone(readAt) : undefined,
  })
}

/** @throws MillraceError MR-3005 where it is not this object: what a row of it would say is not of it */
function cutObject(bytes: Uint8Array, id: string): Uint8Array {
  const { lines, rows } = cutPage(Buffer.concat([openList, bytes, closeList]), { records: '' })
  if (rows === 1 && findText(lines, 'id') === id) return lines
  throw new MillraceError('MR-3005', { message: `Reading ${id} of Stripe: the answer is not that object.` })
}

/** Nothing older than the sync's start is wanted, though it changed. */
function isWanted({ createdAs }: StripeStream, line: Uint8Array, { start }: Scan): boolean {
  const created = start === null ? undefined : findText(line, createdAs ?? 'created')
  return start === null || created === undefined || Number(created) >= Math.floor(Date.parse(start) / 1000)
}

const isDeleted = (line: Uint8Array) => Buffer.from(findValue(line, 'deleted') ?? []).toString() === 'true'

/** In no list: the next full pass would delete it. It may have been put on one after it was loaded. */
const isOnTestClock = (line: Uint8Array) => findText(line, 'test_clock') !== undefined

const openList = Buffer.from('[')
const closeList = Buffer.from(']')
