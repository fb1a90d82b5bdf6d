import { MillraceError, z, type Scan, type ScanItem } from 'millrace'
import type { StripeApi } from './client.ts'
import { hydrateObjects } from './hydrate.ts'
import { nextAfter, pageRows } from './list-page.ts'
import type { EventPosition } from './position.ts'
import type { EventTypes, Query, StripeStream } from './stream-table.ts'

/** The newest event of an object. */
export type Change = {
  readonly id: string
  readonly event: string
  readonly type: string
}

export type EventRequest = {
  readonly scan: Scan & { readonly from: string }
  readonly from: EventPosition
  readonly signal: AbortSignal
}

/**
 * What changed, by the feed of events: newest first, each object once, a checkpoint a page of events. An event only says
 * that something changed. Its payload is of that moment, in the API version that the account had then, and never expanded: so
 * the object itself is read again.
 * https://docs.stripe.com/api/events/list
 */
export async function* readChanges(
  api: StripeApi,
  stream: StripeStream,
  request: EventRequest,
): AsyncGenerator<ScanItem> {
  const { scan, signal } = request
  const { seen, after } = await findPlace(api, stream, request)
  let left = scan.limit ?? Infinity
  for await (const { changes, last } of eventPages(api, stream, { scan, signal, after })) {
    const fresh = takeUnseen(changes, seen)
    yield* hydrateObjects(api, stream, { changes: fresh.slice(0, left), scan, signal })
    if (fresh.length > left) return
    left -= fresh.length
    const resume: EventPosition = { phase: 'events', after: last, ...(request.from.gone && { gone: true }) }
    yield { kind: 'checkpoint', resume }
  }
}

/**
 * Goes through the events that an interrupted scan was done with, so that an object keeps its newest one. Where the kept
 * event is not there (Stripe forgets them after thirty days), all of it is read again.
 */
async function findPlace(
  api: StripeApi,
  stream: StripeStream,
  { scan, signal, from }: EventRequest,
): Promise<{ readonly seen: Set<string>; readonly after: string | null }> {
  const seen = new Set<string>()
  if (from.after === null) return { seen, after: null }
  for await (const { changes, last } of eventPages(api, stream, { scan, signal, after: null })) {
    takeUnseen(changes, seen)
    if (last === from.after) return { seen, after: last }
  }
  return { seen: new Set(), after: null }
}

function takeUnseen(changes: readonly Change[], seen: Set<string>): readonly Change[] {
  return changes.filter(({ id }) => {
    if (seen.has(id)) return false
    // Past it an object may be read twice, which does no harm; memory stays flat.
    if (seen.size < maxRemembered) seen.add(id)
    return true
  })
}

type EventsAfter = Pick<EventRequest, 'scan' | 'signal'> & { readonly after: string | null }

async function* eventPages(
  api: StripeApi,
  { events }: StripeStream,
  { scan, signal, after: start }: EventsAfter,
): AsyncGenerator<{ readonly changes: readonly Change[]; readonly last: string }> {
  if (!events) return
  // A list of everything has brought what changed, and only lacks what is gone.
  const types = scan.full ? [events.deleted ?? []].flat() : [...events.own, ...Object.values(events.by ?? {}).flat()]
  const bounds: Query = {
    // Whole seconds, rounded outwards: a change that is seen twice is read twice.
    'created[gte]': Math.floor(Date.parse(scan.from) / 1000),
    'created[lt]': Math.ceil(Date.parse(scan.to) / 1000),
    limit: pageRows,
    ...Object.fromEntries(types.map((type, index) => [`types[${index}]`, type])),
  }
  for (let after = start; ;) {
    const begin = after
    const page: EventPage = await api.get({
      path: '/v1/events',
      query: begin === null ? bounds : { ...bounds, starting_after: begin },
      docs: 'https://docs.stripe.com/api/events/list',
      signal,
      read: (bytes) => readEvents(bytes, { events, after: begin }),
    })
    if (page.last === undefined) return
    yield { changes: page.changes, last: page.last }
    if (page.next === null) return
    after = page.next
  }
}

type EventPage = {
  readonly changes: readonly Change[]
  readonly last: string | undefined
  readonly next: string | null
}

type PlaceOfEvents = { readonly events: EventTypes; readonly after: string | null }

/** Small, and read for four of their fields: these are parsed. */
function readEvents(bytes: Uint8Array, { events, after }: PlaceOfEvents): EventPage {
  const page = eventList.safeParse(JSON.parse(Buffer.from(bytes).toString()))
  if (!page.success) throw malformed(`${page.error.issues[0]?.path.join('.') || 'it'} is not what Stripe documents`)
  const { data, has_more: hasMore } = page.data
  const last = data.at(-1)?.id
  return {
    changes: data.flatMap((event) => changeOf(events, event)),
    last,
    next: nextAfter({ last, hasMore, after }),
  }
}

function changeOf(
  events: EventTypes,
  { id: event, type, data: { object } }: z.output<typeof eventList>['data'][number],
): readonly Change[] {
  const by = Object.entries(events.by ?? {}).find(([, types]) => types.includes(type))?.[0]
  const id = object[by ?? 'id']
  if (typeof id === 'string') return [{ id, event, type }]
  // A dispute or a refund may belong to no charge; then nothing of this stream changed.
  if (by !== undefined) return []
  throw malformed(`the event ${event} (${type}) does not say of which object it is`)
}

const malformed = (what: string) =>
  new MillraceError('MR-3005', { message: `A list of events of Stripe cannot be read: ${what}.` })

const eventList = z.object({
  has_more: z.boolean(),
  data: z.array(
    z.object({
      id: z.string().min(1),
      type: z.string(),
      data: z.object({ object: z.record(z.string(), z.unknown()) }),
    }),
  ),
})

const maxRemembered = 500_000
