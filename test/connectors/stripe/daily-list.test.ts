import type { Json, Scan, ScanItem } from 'millrace'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { openStripe, type OpenedStripe } from './open-stripe.ts'
import { rowsOf, tombstonesOf } from './scan-rows.ts'

/** A day after the first scans. */
let stripe: OpenedStripe
let before: string
const first = new Map<string, readonly ScanItem[]>()
const daily = stripeStreams.filter(({ untold }) => untold?.daily !== undefined).map(({ name }) => name)
const silent = stripeStreams.filter(({ untold }) => untold?.isNew).map(({ name }) => name)

beforeAll(async () => {
  stripe = await openStripe({ scale: 0.1 })
  const scan = await stripe.scanOf()
  before = scan.to
  for (const name of new Set([...daily, ...silent])) first.set(name, await stripe.read(name, scan))
  await stripe.sandbox.move(1)
})
beforeEach(() => stripe.requests())
afterAll(() => stripe[Symbol.asyncDispose]())

const since = (more: Partial<Scan> = {}) => stripe.scanOf({ from: before, ...more })
const lastOf = (items: readonly ScanItem[]): Json =>
  items.findLast((item) => item.kind === 'checkpoint')?.resume ?? null
const listsOf = async (name: string) => {
  const path = stripeStreams.find((each) => each.name === name)?.path
  return (await stripe.requests()).filter((request) => request.path.startsWith(`${path}?`))
}
const hoursAfter = (instant: string, hours: number) => new Date(Date.parse(instant) + hours * 3_600_000).toISOString()

describe('what events do not tell', () => {
  it('is declared: which streams are listed once a day, and which lack an event of a new one', () => {
    expect(daily.toSorted()).toEqual([
      'accounts',
      'balance_transactions',
      'charges',
      'coupons',
      'invoice_items',
      'payment_intents',
      'promotion_codes',
      'refunds',
      'setup_intents',
    ])
    expect(silent.toSorted()).toEqual([
      'accounts',
      'balance_transactions',
      'charges',
      'checkout_sessions',
      'events',
      'refunds',
    ])
  })

  it.each([
    ['accounts', 'metadata'],
    ['balance_transactions', 'status'],
    ['coupons', 'times_redeemed'],
    ['invoice_items', 'description'],
    ['promotion_codes', 'times_redeemed'],
  ])('is found in %s a day later: %s', async (name, field) => {
    const held = rowsOf(first.get(name) ?? [])
    const read = rowsOf(await stripe.read(name, await since()))
    const changed = [...read].filter(
      ([id, row]) => held.has(id) && JSON.stringify(held.get(id)?.[field]) !== JSON.stringify(row[field]),
    )
    expect(changed.length).toBeGreaterThan(0)
    // No event brought them.
    expect(changed.every(([, row]) => !('_event_id' in row) || name === 'invoice_items')).toBe(true)
  })

  it.each(daily)('is not listed again of %s within a day of the last list', async (name) => {
    const last = lastOf(first.get(name) ?? [])
    expect(last).toMatchObject({ phase: 'done', listed: before })
    const soon = await since({ to: hoursAfter(before, 22), last })
    const isNew = stripeStreams.find((each) => each.name === name)?.untold?.isNew === true
    const items = await stripe.read(name, soon)
    const lists = await listsOf(name)
    expect(lists).toHaveLength(isNew ? 1 : 0)
    // Only what was created since.
    if (isNew)
      expect(decodeURIComponent(lists[0]?.path ?? '')).toContain(
        `created[gte]=${Math.floor(Date.parse(before) / 1000)}`,
      )
    expect(lastOf(items)).toMatchObject({ phase: 'done', listed: before })
  })

  it.each(daily)('is listed of %s after a day, and the next scan is told', async (name) => {
    const items = await stripe.read(name, await since({ last: lastOf(first.get(name) ?? []) }))
    expect((await listsOf(name)).length).toBeGreaterThan(0)
    const { to } = await since()
    expect(lastOf(items)).toEqual({ phase: 'done', to, listed: to })
  })

  it('is listed once a day (UTC) where nothing is kept of the last scan', async () => {
    const noon = `${before.slice(0, 10)}T12:00:00.000Z`
    await stripe.read('coupons', await since({ from: noon, to: hoursAfter(noon, 11) }))
    expect(await listsOf('coupons')).toHaveLength(0)
    await stripe.read('coupons', await since({ from: noon, to: hoursAfter(noon, 13) }))
    expect(await listsOf('coupons')).toHaveLength(1)
  })

  it('is looked for as far back as it may happen, and no further', async () => {
    await stripe.read('balance_transactions', await since())
    const [list] = await listsOf('balance_transactions')
    const from = Math.floor(Date.parse(before) / 1000) - 46 * 86_400
    expect(new URL(list?.path ?? '', 'http://x').searchParams.get('created[gte]')).toBe(String(from))
  })

  it.each([...new Set([...daily, ...silent])])('goes on in %s from every checkpoint', async (name) => {
    const scan = await since()
    const whole = await stripe.read(name, scan)
    for (const [index, item] of whole.entries()) {
      if (item.kind !== 'checkpoint') continue
      const rest = await stripe.read(name, { ...scan, resume: JSON.parse(JSON.stringify(item.resume)) })
      expect([...rowsOf(rest).keys()]).toEqual([...rowsOf(whole.slice(index + 1)).keys()])
      expect(tombstonesOf(rest)).toEqual(tombstonesOf(whole.slice(index + 1)))
    }
  })
})

describe('the stream of events', () => {
  it('is what Stripe lists, each with its payload and the version that it is in', async () => {
    const rows = [...rowsOf(first.get('events') ?? []).values()]
    expect(rows.length).toBeGreaterThan(100)
    expect(rows.every((row) => row.api_version === '2022-08-01' && row._api_version === '2026-10-28.endive')).toBe(true)
    const paid = rows.find(({ type }) => type === 'invoice.paid')
    expect(paid).toMatchObject({ data: { object: { object: 'invoice', paid: true } } })
  })

  it('has payloads that stay as they were, whatever comes of what they tell', async () => {
    await using other = await openStripe({ scale: 0.1 })
    await other.sandbox.move(1)
    const held = rowsOf(await other.read('events', await other.scanOf()))
    await other.sandbox.move(8)
    const later = rowsOf(await other.read('events', await other.scanOf()))
    const both = [...held.values()].filter(({ id }) => later.has(String(id)))
    expect(both.some(({ type }) => type === 'charge.dispute.created')).toBe(true)
    for (const { id, data } of both) expect(later.get(String(id))?.data).toEqual(data)
  })

  it('is added to, and never read twice', async () => {
    expect((await stripe.stream('events')).appendOnly).toBe(true)
    const more = rowsOf(await stripe.read('events', await since()))
    const held = rowsOf(first.get('events') ?? [])
    expect(more.size).toBeGreaterThan(0)
    const edge = Math.floor(Date.parse(before) / 1000)
    expect([...more].filter(([id, row]) => held.has(id) && Number(row.created) > edge)).toEqual([])
  })

  it('says what is lost where the last scan is too long ago', async () => {
    await stripe.read('events', await since({ from: hoursAfter(before, -24 * 40) }))
    expect(stripe.events.some((event) => event.type === 'run.warning' && event.message.includes('are lost'))).toBe(true)
  })
})
