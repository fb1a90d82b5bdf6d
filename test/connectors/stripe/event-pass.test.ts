import type { Json, JsonObject, Scan, ScanItem } from 'millrace'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Checkpoint } from '../../../src/connector/checkpoint.ts'
import { readChanges } from '../../../connectors/stripe/event-pass.ts'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { openStripe, type OpenedStripe } from './open-stripe.ts'
import { rowsOf, tombstonesOf } from './scan-rows.ts'

/** Five days after the first scans: every kind of change has been. */
let stripe: OpenedStripe
let before: string
const first = new Map<string, readonly ScanItem[]>()
const names = stripeStreams.map(({ name }) => name)
const evented = stripeStreams.filter(({ events }) => events !== null).map(({ name }) => name)

beforeAll(async () => {
  stripe = await openStripe({ scale: 0.1 })
  const scan = await stripe.scanOf()
  before = scan.to
  for (const name of names) first.set(name, await stripe.read(name, scan))
  await stripe.sandbox.move(5)
})
beforeEach(() => stripe.requests())
afterAll(() => stripe[Symbol.asyncDispose]())

const since = (more: Partial<Scan> = {}) => stripe.scanOf({ from: before, ...more })
const checkpointsOf = (items: readonly ScanItem[]) =>
  items.filter((item): item is Checkpoint => item.kind === 'checkpoint')
/** Gone for the table, which has no row of them. */
const onTestClocks = async (name: string) =>
  name === 'customers' ? (await stripe.sandbox.show('stripe', 'clocked_customers')).map(({ id }) => String(id)) : []
/** What a warehouse would hold: keys of tombstones removed, the rest overwritten. */
const withoutStamps = (rows: ReadonlyMap<string, JsonObject>) =>
  new Map(
    [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, { _event_id, _event_type, ...row }]) => [id, row]),
  )

it('a list of events that is not as documented is told by its place', async () => {
  const body = Buffer.from(JSON.stringify({ has_more: false, data: [{ id: 'evt_1' }] }))
  const api = { get: async ({ read }: { read: (bytes: Uint8Array) => unknown }) => read(body) } as never // asked for nothing else
  const request = { scan: await since(), from: { phase: 'events', after: null }, signal: AbortSignal.timeout(5000) }
  const charges = stripeStreams.find(({ name }) => name === 'charges')
  await expect(Array.fromAsync(readChanges(api, charges as never, request as never))).rejects.toThrow(
    'A list of events of Stripe cannot be read: data.0.type is not what Stripe documents.',
  )
})

describe('a scan by events', () => {
  // Of events the list itself forgets.
  it.each(names.filter((name) => name !== 'events'))('leaves %s as a whole list would', async (name) => {
    const changed = await stripe.read(name, await since())
    const merged = rowsOf([...(first.get(name) ?? []), ...changed])
    const listed = rowsOf(await stripe.read(name, await stripe.scanOf({ full: true })))
    expect(withoutStamps(merged)).toEqual(withoutStamps(listed))
  })

  it.each(
    stripeStreams.flatMap(({ name, children = [] }) =>
      children.map((child): [string, string, string] => [name, child.name, child.parent]),
    ),
  )('brings the children of changed %s: %s', async (name, child, parent) => {
    const changed = await stripe.read(name, await since())
    const parents = changed.flatMap((item) =>
      item.kind === 'lines' && item.child?.stream === child ? item.child.parents : [],
    )
    expect(parents.length).toBeGreaterThan(0)
    expect([...new Set(parents)].sort()).toEqual([...rowsOf(changed).keys()].sort())
    const rows = [...rowsOf(changed, child).values()]
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.every((row) => parents.includes(String(row[parent])))).toBe(true)
  })

  it('reads objects again and takes no payload: those are of another API version', async () => {
    const [row] = rowsOf(await stripe.read('invoices', await since())).values()
    expect(row).toMatchObject({ parent: { type: 'subscription_details' }, _api_version: '2026-10-28.endive' })
    expect(row).not.toHaveProperty('paid')
    const [event] = await stripe.sandbox.show('stripe', 'events', String(row?._event_id))
    expect(event?.type).toBe(row?._event_type)
  })

  it('reads an object once, for its newest event', async () => {
    const rows = rowsOf(await stripe.read('subscriptions', await since()))
    const requests = await stripe.requests()
    expect(requests.filter(({ path }) => path.startsWith('/v1/subscriptions/'))).toHaveLength(rows.size)
    const events = await stripe.sandbox.show('stripe', 'events')
    for (const [id, row] of rows) {
      const own = events.filter(
        ({ object }) => typeof object === 'object' && object !== null && 'id' in object && object.id === id,
      )
      const newest = own.toSorted((a, b) => Number(a.created) - Number(b.created)).at(-1)
      expect(row._event_type).toBe(newest?.type)
    }
  })

  it('asks for no payload-only types, and for at most twenty of them', async () => {
    await stripe.read('invoices', await since())
    const [listing] = await stripe.requests()
    const types = [...new URL(listing?.path ?? '', 'http://x').searchParams].filter(([name]) =>
      name.startsWith('types'),
    )
    expect(types.length).toBeLessThanOrEqual(20)
    expect(types.map(([, type]) => type)).not.toContain('invoice.upcoming')
  })

  it.each(['customers', 'products', 'invoices', 'invoice_items', 'plans', 'coupons'])(
    'says which %s are gone',
    async (name) => {
      const left = new Set((await stripe.sandbox.show('stripe', name)).map(({ id }) => id))
      const gone = [...rowsOf(first.get(name) ?? []).keys()].filter((id) => !left.has(id))
      const items = await stripe.read(name, await since())
      expect(gone.length).toBeGreaterThan(0)
      expect([...tombstonesOf(items)].sort()).toEqual([...gone, ...(await onTestClocks(name))].sort())
      // By our clock, as the rows are: the vendor's may be behind.
      expect(items.every((item) => item.kind !== 'tombstones' || item.version === null)).toBe(true)
    },
  )

  it.each(['customers', 'products', 'plans'])(
    'says which %s are gone in a pass over everything, too, that does not find them by itself',
    async (name) => {
      const left = new Set((await stripe.sandbox.show('stripe', name)).map(({ id }) => id))
      const gone = [...rowsOf(first.get(name) ?? []).keys()].filter((id) => !left.has(id))
      const whole = await stripe.scanOf({ full: true, whole: false, last: { phase: 'done', to: before } })
      await stripe.requests()
      expect([...tombstonesOf(await stripe.read(name, whole))].sort()).toEqual(gone.sort())
      // What changed came with the list; only whether a deleted one is there again is asked.
      const objects = (await stripe.requests()).filter(({ path }) => path.startsWith(`/v1/${name}/`))
      expect(objects.map(({ path }) => path.split(/[/?]/)[3] ?? '').sort()).toEqual(gone)
      expect(tombstonesOf(await stripe.read(name, { ...whole, whole: true }))).toEqual([])
      expect(tombstonesOf(await stripe.read(name, { ...whole, last: null }))).toEqual([])
    },
  )

  it('warns in such a pass where the events do not reach back to the last scan, and takes those that there are', async () => {
    const told = stripe.events.length
    const left = new Set((await stripe.sandbox.show('stripe', 'plans')).map(({ id }) => id))
    const gone = [...rowsOf(first.get('plans') ?? []).keys()].filter((id) => !left.has(id))
    expect(gone).not.toEqual([])
    const to = new Date(Date.parse(before) - 40 * 86_400_000).toISOString()
    const whole = await stripe.scanOf({ full: true, whole: false, last: { phase: 'done', to } })
    expect([...tombstonesOf(await stripe.read('plans', whole))].sort()).toEqual(gone.sort())
    expect(JSON.stringify(stripe.events.slice(told))).toContain('What was deleted in the time before them stays')
  })

  it('takes the vendor’s word that a customer was deleted where the event of it is not yet there', async () => {
    const gone = tombstonesOf(await stripe.read('customers', await since()))
    const events = await stripe.sandbox.show('stripe', 'events')
    const deletion = events.find(
      ({ type, object }) =>
        type === 'customer.deleted' &&
        typeof object === 'object' &&
        object !== null &&
        'id' in object &&
        gone.includes(String(object.id)),
    )
    const cancelled = await stripe.read(
      'customers',
      await since({ from: before, to: new Date(Number(deletion?.created) * 1000).toISOString() }),
    )
    const update = rowsOf(cancelled)
    expect(gone.filter((id) => update.has(id))).toEqual([])
  })

  it('takes no customer in that is on a test clock, which the list would not have', async () => {
    const [clocked] = await onTestClocks('customers')
    const items = await stripe.read('customers', await since())
    expect((await stripe.requests()).map(({ path }) => path)).toContain(`/v1/customers/${clocked}`)
    expect(rowsOf(items).has(clocked ?? '')).toBe(false)
    // It may have been put on the clock after it was loaded.
    expect(tombstonesOf(items)).toContain(clocked)
  })

  it('takes a cancelled subscription as changed, not as gone', async () => {
    const items = await stripe.read('subscriptions', await since())
    const cancelled = [...rowsOf(items).values()].filter((row) => row._event_type === 'customer.subscription.deleted')
    expect(cancelled.length).toBeGreaterThan(0)
    expect(cancelled.every(({ status, canceled_at }) => status === 'canceled' && typeof canceled_at === 'number')).toBe(
      true,
    )
    expect(tombstonesOf(items)).toEqual([])
  })

  it('gives the same rows from every checkpoint', async () => {
    const scan = await since({ from: new Date(Date.parse(before) - 23 * 86_400_000).toISOString() })
    const whole = await stripe.read('invoices', scan)
    const checkpoints = checkpointsOf(whole)
    expect(checkpoints.length).toBeGreaterThan(2)
    for (const checkpoint of checkpoints) {
      const rest = await stripe.read('invoices', { ...scan, resume: JSON.parse(JSON.stringify(checkpoint.resume)) })
      expect([...rowsOf(rest)]).toEqual([...rowsOf(whole.slice(whole.indexOf(checkpoint) + 1))])
    }
  })

  it('begins again where the event that it had come to is forgotten', async () => {
    const scan = await since()
    const whole = rowsOf(await stripe.read('disputes', scan))
    expect(
      rowsOf(await stripe.read('disputes', { ...scan, resume: { phase: 'events', after: 'evt_forgotten' } })),
    ).toEqual(whole)
  })

  it('leaves out what was created before the sync’s start', async () => {
    const all = rowsOf(await stripe.read('customers', await since()))
    const years = [...all.values()].map(({ created }) => Number(created)).toSorted((a, b) => a - b)
    const start = new Date((years[Math.floor(years.length / 2)] ?? 0) * 1000).toISOString()
    const some = rowsOf(await stripe.read('customers', await since({ start })))
    expect([...some.keys()]).toEqual(
      [...all].filter(([, { created }]) => Number(created) >= Date.parse(start) / 1000).map(([id]) => id),
    )
  })

  it('finds nothing after its end', async () => {
    const { to } = await stripe.scanOf()
    expect(rowsOf(await stripe.read('customers', await stripe.scanOf({ from: to }))).size).toBe(0)
  })
})

describe('a failure while changes are read', () => {
  it.each([
    ['of the events', '^/v1/events'],
    ['of an object that is read again', '^/v1/invoices/in_'],
  ])('is retried once: %s', async (_, match) => {
    const whole = rowsOf(await stripe.read('invoices', await since()))
    const calm = (await stripe.requests()).length
    await stripe.sandbox.setFault('stripe', 'status', { status: 500, match })
    expect([...rowsOf(await stripe.read('invoices', await since()))]).toEqual([...whole])
    expect((await stripe.requests()).length).toBe(calm + 1)
  })

  it.each<[string, Json]>([
    ['an error', { error: { code: 'internal_error', message: 'x' } }],
    ['nothing', ''],
    ['a list', { object: 'list', data: [], has_more: false }],
    ['another object', { id: 'in_of_somebody', object: 'invoice' }],
    ['two things', '{"id":"in_1"},{"id":"in_2"}'],
  ])('asks again for an object where the vendor answers 200 with %s', async (_, body) => {
    const whole = rowsOf(await stripe.read('invoices', await since()))
    const calm = (await stripe.requests()).length
    await stripe.sandbox.setFault('stripe', 'error_200', { match: '^/v1/invoices/in_', body })
    expect([...rowsOf(await stripe.read('invoices', await since()))]).toEqual([...whole])
    expect((await stripe.requests()).length).toBe(calm + 1)
  })

  it('takes no answer for an object that is not of it, and ends before its checkpoint', async () => {
    const items: ScanItem[] = []
    await stripe.sandbox.setFault('stripe', 'error_200', { match: '^/v1/invoices/in_', times: 'always' })
    const reading = (await stripe.stream('invoices')).read(
      await since(),
      stripe.host.context(AbortSignal.timeout(9000)),
    )
    const outcome = await (async () => {
      for await (const item of reading) items.push(item)
    })().catch((error: unknown) => error)
    await stripe.sandbox.setFault('stripe', 'error_200', null)
    expect(outcome).toMatchObject({ code: 'MR-3005', message: expect.stringMatching(/the answer is not that object/) })
    expect(items).toEqual([])
  })

  /** Three pages of events and more. */
  const long = () => since({ from: new Date(Date.parse(before) - 23 * 86_400_000).toISOString() })
  const eventOf = (id: string, object: JsonObject) => ({ id, type: 'invoice.updated', data: { object } })

  it.each<[string, (last: string) => JsonObject]>([
    ['is empty, and has more after it', () => ({ has_more: true, data: [] })],
    [
      'ends where the last one ended, and has more after it',
      (last) => ({ has_more: true, data: [eventOf(last, { id: 'in_1' })] }),
    ],
    ['ends where the last one ended', (last) => ({ has_more: false, data: [eventOf(last, { id: 'in_1' })] })],
    [
      'has an event that does not say of what it is',
      () => ({ has_more: false, data: [eventOf('evt_1', { object: 'invoice' })] }),
    ],
  ])('takes no page of events for the end that %s', async (_, page) => {
    const scan = await long()
    const whole = await stripe.read('invoices', scan)
    const calm = (await stripe.requests()).length
    const resume = checkpointsOf(whole)[0]?.resume as JsonObject | undefined
    const body: JsonObject = { object: 'list', url: '/v1/events', ...page(String(resume?.after)) }
    await stripe.sandbox.setFault('stripe', 'error_200', { match: '^/v1/events', after: 1, body })
    const items = await stripe.read('invoices', scan)
    expect([...rowsOf(items)]).toEqual([...rowsOf(whole)])
    expect(checkpointsOf(items)).toEqual(checkpointsOf(whole))
    expect((await stripe.requests()).length).toBe(calm + 1)
  })

  it('keeps to the last checkpoint where the limit of rows ends it', async () => {
    const items = await stripe.read('invoices', await since({ limit: 2 }))
    expect(rowsOf(items).size).toBe(2)
    expect(checkpointsOf(items)).toEqual([])
  })
})

describe('a gap that events do not reach over', () => {
  it.each(evented)('is filled by the whole list of %s, and said', async (name) => {
    const from = new Date((await stripe.sandbox.now()).getTime() - 29 * 86_400_000 - 60_000).toISOString()
    const told = stripe.events.length
    const items = await stripe.read(name, await since({ from }))
    expect(rowsOf(items).size).toBe((await stripe.sandbox.show('stripe', name)).length)
    // Of the events that there still are only what the list cannot tell.
    const types = (await stripe.requests())
      .filter(({ path }) => path.startsWith('/v1/events'))
      .flatMap(({ path }) => [...new URL(path, 'http://x').searchParams].filter(([each]) => each.startsWith('types')))
    const deleted = stripeStreams.find((stream) => stream.name === name)?.events?.deleted
    expect(types.map(([, type]) => type)).toEqual(deleted === undefined ? [] : [deleted])
    const said = stripe.events
      .slice(told)
      .filter((event) => event.type === 'run.warning' && event.message.startsWith(`${name}: `))
    expect(said).toMatchObject([{ message: expect.stringContaining('30 days') }])
  })

  it('has its deletions marked as far back as there are events, also where it was interrupted', async () => {
    const left = new Set((await stripe.sandbox.show('stripe', 'plans')).map(({ id }) => id))
    const gone = [...rowsOf(first.get('plans') ?? []).keys()].filter((id) => !left.has(id)).sort()
    const from = new Date((await stripe.sandbox.now()).getTime() - 40 * 86_400_000).toISOString()
    const scan = await since({ from })
    const items = await stripe.read('plans', scan)
    expect([...tombstonesOf(items)].sort()).toEqual(gone)
    const pages = items.filter((item) => item.kind === 'checkpoint' && JSON.stringify(item.resume).includes('"gone"'))
    expect(pages.length).toBeGreaterThan(1)
    for (const page of pages.slice(0, -1)) {
      const rest = await stripe.read('plans', { ...scan, resume: page.kind === 'checkpoint' ? page.resume : null })
      expect([...tombstonesOf(rest)].sort()).toEqual(gone)
    }
  })

  it.each(['balance_transactions', 'accounts'])('is none for %s, of which there are no events', async (name) => {
    const from = new Date((await stripe.sandbox.now()).getTime() - 200 * 86_400_000).toISOString()
    const listed = rowsOf(await stripe.read(name, await since({ from })))
    const created = (await stripe.sandbox.show('stripe', name)).filter(
      (each) => Number(each.created) >= Date.parse(from) / 1000,
    )
    expect(created.length).toBeGreaterThan(0)
    expect(created.every(({ id }) => listed.has(String(id)))).toBe(true)
  })

  it('begins at 29 days', async () => {
    const from = new Date((await stripe.sandbox.now()).getTime() - 29 * 86_400_000 + 60_000).toISOString()
    await stripe.read('customers', await since({ from }))
    expect((await stripe.requests())[0]?.path).toMatch(/^\/v1\/events/)
  })
})
