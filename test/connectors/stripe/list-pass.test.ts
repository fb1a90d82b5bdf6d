import type { ScanItem } from 'millrace'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Checkpoint } from '../../../src/connector/checkpoint.ts'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { openStripe, type OpenedStripe } from './open-stripe.ts'
import { rowsOf } from './scan-rows.ts'

let stripe: OpenedStripe
beforeAll(async () => {
  stripe = await openStripe({ scale: 0.1 })
})
beforeEach(() => stripe.requests())
afterAll(() => stripe[Symbol.asyncDispose]())

const names = stripeStreams.map(({ name }) => name)
const show = (type: string) => stripe.sandbox.show('stripe', type)
const checkpointsOf = (items: readonly ScanItem[]) =>
  items.filter((item): item is Checkpoint => item.kind === 'checkpoint')
const listOf = (value: unknown) => (Array.isArray(value) ? value : [])

describe('a first scan', () => {
  it.each(names)('reads all %s, each once', async (name) => {
    const items = await stripe.read(name, await stripe.scanOf())
    const count = items.reduce((sum, item) => sum + (item.kind === 'lines' && !item.child ? item.rows : 0), 0)
    const ids = (await show(name)).map(({ id }) => String(id)).sort()
    expect([...rowsOf(items).keys()].sort()).toEqual(ids)
    expect(count).toBe(ids.length)
  })

  it.each(names)('declares every field that a row of %s has', async (name) => {
    const { columns, children } = await stripe.stream(name)
    const items = await stripe.read(name, await stripe.scanOf())
    const fieldsOf = (child?: string) => new Set([...rowsOf(items, child).values()].flatMap((row) => Object.keys(row)))
    const embedded = stripeStreams.find((each) => each.name === name)?.children?.map(({ field }) => field) ?? []
    expect([...fieldsOf()].filter((field) => !(field in columns) && field !== 'client_secret').toSorted()).toEqual(
      embedded,
    )
    for (const child of children)
      expect([...fieldsOf(child.name)].filter((field) => !(field in child.columns))).toEqual([])
  })

  it('reads every line of an invoice, and not the first ten', async () => {
    const items = await stripe.read('invoices', await stripe.scanOf())
    const lines = [...rowsOf(items, 'invoice_line_items').values()]
    const invoices = await show('invoices')
    const large = invoices.find((invoice) => listOf(invoice.lines).length === 25)
    expect(lines.filter(({ invoice }) => invoice === large?.id)).toHaveLength(25)
    expect(lines).toHaveLength(invoices.reduce((sum, invoice) => sum + listOf(invoice.lines).length, 0))
    expect(lines.every((line) => line._api_version === '2026-10-28.endive')).toBe(true)
  })

  it.each([
    ['credit_notes', 'credit_note_line_items', 'lines'],
    ['checkout_sessions', 'checkout_session_line_items', 'lines'],
    ['transfers', 'transfer_reversals', 'reversals'],
    ['application_fees', 'application_fee_refunds', 'refunds'],
  ])('reads all that is in %s, also where it is more than ten', async (name, child, field) => {
    const items = await stripe.read(name, await stripe.scanOf())
    const stored = await show(name)
    const sizes = stored.map((each) => listOf(each[field]).length)
    expect(Math.max(...sizes)).toBeGreaterThan(10)
    expect(rowsOf(items, child).size).toBe(sizes.reduce((sum, size) => sum + size, 0))
    const { parent } = (await stripe.stream(name)).children.find((each) => each.name === child) ?? { parent: '' }
    for (const each of stored)
      expect([...rowsOf(items, child).values()].filter((row) => row[parent] === each.id)).toHaveLength(
        listOf(each[field]).length,
      )
    expect([...rowsOf(items, child).values()].every(({ currency }) => /^[a-z]{3}$/.test(String(currency)))).toBe(true)
  })

  it('goes on where an invoice of many lines is deleted before they are read', async () => {
    const gone = (await show('invoices')).find(({ lines }) => listOf(lines).length > 10)
    await stripe.sandbox.setFault('stripe', 'status', {
      status: 404,
      match: `/v1/invoices/${String(gone?.id)}/lines`,
      times: 'always',
      body: JSON.stringify({
        error: {
          type: 'invalid_request_error',
          code: 'resource_missing',
          message: `No such invoice: '${String(gone?.id)}'`,
          param: 'invoice',
        },
      }),
    })
    const items = await stripe.read('invoices', await stripe.scanOf())
    await stripe.sandbox.setFault('stripe', 'status', null)
    const lines = [...rowsOf(items, 'invoice_line_items').values()]
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.filter(({ invoice }) => invoice === gone?.id)).toEqual([])
    const parents = items.flatMap((item) => (item.kind === 'lines' && item.child ? item.child.parents : []))
    expect(parents).toContain(gone?.id)
  })

  it('takes a session in setup mode for one without lines', async () => {
    const items = await stripe.read('checkout_sessions', await stripe.scanOf())
    const setup = [...rowsOf(items).values()].filter(({ mode }) => mode === 'setup')
    expect(setup).toMatchObject([{ line_items: null }])
    const parents = items.flatMap((item) => (item.kind === 'lines' && item.child ? item.child.parents : []))
    expect(parents).toContain(setup[0]?.id)
  })

  it.each([
    ['in setup mode with a list that is none', { mode: 'setup', line_items: {} }],
    ['that sells, and has null in their place', { mode: 'subscription', line_items: null }],
    ['that sells, and comes without them', { mode: 'payment' }],
    ['without a mode', {}],
  ])('does not take a session %s for one without lines, whose lines would be deleted', async (_what, session) => {
    await stripe.sandbox.setFault('stripe', 'status', {
      status: 200,
      match: '/v1/checkout/sessions',
      times: 'always',
      body: JSON.stringify({ data: [{ id: 'cs_1', created: 1, ...session }], has_more: false }),
    })
    const outcome = await stripe.read('checkout_sessions', await stripe.scanOf()).catch((error: unknown) => error)
    await stripe.sandbox.setFault('stripe', 'status', null)
    expect(outcome).toMatchObject({ code: 'MR-3005' })
  })

  it('names each parent once, with its complete set, before the checkpoint of its page', async () => {
    const items = await stripe.read('invoices', await stripe.scanOf())
    const parents = items.flatMap((item) => (item.kind === 'lines' && item.child ? item.child.parents : []))
    expect([...parents].sort()).toEqual((await show('invoices')).map(({ id }) => String(id)).sort())
    expect(items.at(-1)?.kind).toBe('checkpoint')
  })

  it('reads canceled subscriptions, and all items of a large one', async () => {
    const items = await stripe.read('subscriptions', await stripe.scanOf())
    const statuses = new Set([...rowsOf(items).values()].map(({ status }) => String(status)))
    const stored = await show('subscriptions')
    const large = stored.find((subscription) => listOf(subscription.items).length === 15)
    expect([...statuses].sort()).toEqual(['active', 'canceled', 'past_due', 'trialing'])
    const read = [...rowsOf(items, 'subscription_items').values()]
    expect(read.filter(({ subscription }) => subscription === large?.id)).toHaveLength(15)
    expect(read).toHaveLength(stored.reduce((sum, subscription) => sum + listOf(subscription.items).length, 0))
  })

  it('reads active and inactive prices, with what must be expanded, every digit as it was sent', async () => {
    const prices = [...rowsOf(await stripe.read('prices', await stripe.scanOf())).values()]
    expect(new Set(prices.map(({ active }) => active))).toEqual(new Set([true, false]))
    expect(prices.map((price) => price.unit_amount_decimal)).toEqual(
      expect.arrayContaining(['0.000123456789', '12.345678901234']),
    )
    const tiered = prices.find((price) => price.billing_scheme === 'tiered')
    expect(tiered).toMatchObject({ tiers: [{ up_to: 1000 }, { unit_amount_decimal: '0.000123456789' }] })
    expect(new Set(prices.map(({ currency }) => currency))).toEqual(new Set(['usd', 'eur', 'gbp', 'jpy', 'kwd']))
  })

  it.each(names)('reads of %s what was created in a range, for a backfill', async (name) => {
    const held = (await show(name)).map(({ id, created }) => ({ id: String(id), created: Number(created) }))
    const moments = held.map(({ created }) => created).sort((a, b) => a - b)
    const [from = 0, to = 0] = [moments[Math.floor(moments.length / 3)], moments[Math.floor((moments.length * 2) / 3)]]
    const iso = (seconds: number) => new Date(seconds * 1000).toISOString()
    const range = { full: true, from: iso(from), to: iso(to) }
    const inside = held.filter(({ created }) => created >= from && created < to).map(({ id }) => id)
    expect((await stripe.stream(name)).boundedBy).toBe(name === 'invoice_items' ? 'date' : 'created')
    expect([...rowsOf(await stripe.read(name, await stripe.scanOf(range))).keys()].sort()).toEqual(inside.sort())
    // What the sync's start leaves out stays out.
    const later = await stripe.scanOf({ ...range, start: iso(to) })
    expect([...rowsOf(await stripe.read(name, later)).keys()]).toEqual([])
  })

  it('leaves children alone that the sync does not want', async () => {
    const items = await stripe.read('invoices', await stripe.scanOf({ children: [] }))
    expect(items.some((item) => item.kind !== 'checkpoint' && item.child)).toBe(false)
    expect((await stripe.requests()).every(({ path }) => path.startsWith('/v1/invoices?'))).toBe(true)
  })

  it('keeps to the start of the sync and to the end of the scan', async () => {
    const start = '2026-08-01T00:00:00Z'
    const to = '2026-11-01T00:00:00Z'
    const created = [...rowsOf(await stripe.read('charges', await stripe.scanOf({ start, to }))).values()].map(
      (charge) => Number(charge.created),
    )
    const stored = (await show('charges')).map((charge) => Number(charge.created))
    expect(created.length).toBe(
      stored.filter((each) => each >= Date.parse(start) / 1000 && each < Date.parse(to) / 1000).length,
    )
    expect(created.length).toBeGreaterThan(0)
  })

  it('stops at its limit', async () => {
    const items = await stripe.read('charges', await stripe.scanOf({ limit: 130 }))
    expect(rowsOf(items).size).toBe(130)
  })
})

describe('a scan that goes on', () => {
  it.each(['prices', 'subscriptions', 'invoices', 'charges'])(
    'gives the rest of %s from every checkpoint',
    async (name) => {
      const scan = await stripe.scanOf()
      const whole = await stripe.read(name, scan)
      for (const checkpoint of checkpointsOf(whole)) {
        const rest = await stripe.read(name, { ...scan, resume: JSON.parse(JSON.stringify(checkpoint.resume)) })
        expect([...rowsOf(rest)]).toEqual([...rowsOf(whole.slice(whole.indexOf(checkpoint) + 1))])
      }
    },
  )

  it('goes on after an object that was deleted meanwhile', async () => {
    await using other = await openStripe({ scale: 0.1 })
    const scan = await other.scanOf()
    const stored = (await other.sandbox.show('stripe', 'customers')).toReversed()
    await other.sandbox.move(1)
    const left = new Set((await other.sandbox.show('stripe', 'customers')).map(({ id }) => id))
    const gone = stored.findIndex(({ id }) => !left.has(String(id)))
    const resume = { phase: 'list', pass: 0, after: stored[gone]?.id ?? '', created: Number(stored[gone]?.created) }
    const rest = rowsOf(await other.read('customers', { ...scan, resume }))
    expect([...rest.keys()]).toEqual(stored.slice(gone + 1).map(({ id }) => id))
  })

  it('refuses a position that is not its own', async () => {
    const scan = await stripe.scanOf({ resume: { page: 3 } })
    await expect(stripe.read('charges', scan)).rejects.toMatchObject({ code: 'MR-1401' })
  })
})

describe('a failure in mid-list', () => {
  it.each([
    ['the vendor’s limit', 'rate_limit', {}],
    ['a 500', 'status', { status: 500 }],
    ['a 503 with a page of a proxy', 'status', { status: 503, body: '<html>' }],
    ['a reset before the request', 'reset_before', {}],
    ['a reset after the request', 'reset_after', {}],
    ['half of an answer', 'cut_json', {}],
    ['a wrong length', 'wrong_length', {}],
    ['an answer that inflates', 'inflate', {}],
    ['a page of HTML as 200', 'html', {}],
    ['an error as 200', 'error_200', {}],
    ['an empty page with more after it', 'error_200', { body: { object: 'list', has_more: true, data: [] } }],
    ['null in place of a list', 'error_200', { body: { object: 'list', has_more: false, data: null } }],
    [
      'an object without an id',
      'error_200',
      { body: { object: 'list', has_more: false, data: [{ object: 'charge', created: 1 }] } },
    ],
  ])('is retried once, by the host alone: %s', async (_, fault, spec) => {
    const whole = rowsOf(await stripe.read('charges', await stripe.scanOf()))
    const calm = (await stripe.requests()).length
    await stripe.sandbox.setFault('stripe', fault, { ...spec, after: 2, match: '/v1/charges' })
    const rows = rowsOf(await stripe.read('charges', await stripe.scanOf()))
    expect([...rows]).toEqual([...whole])
    expect((await stripe.requests()).length).toBe(calm + 1)
  })

  it.each([true, false])(
    'is a page that ends where the last one ended, be there more after it or not: %s',
    async (has_more) => {
      const scan = await stripe.scanOf()
      const whole = await stripe.read('charges', scan)
      const calm = (await stripe.requests()).length
      const [last] = [...rowsOf(whole).keys()].slice(199)
      const body = { object: 'list', has_more, data: [{ id: String(last), object: 'charge', created: 1 }] }
      await stripe.sandbox.setFault('stripe', 'error_200', { body, after: 2, match: '/v1/charges' })
      expect([...rowsOf(await stripe.read('charges', scan))]).toEqual([...rowsOf(whole)])
      expect((await stripe.requests()).length).toBe(calm + 1)
    },
  )

  it('is a first page that is refused for the object that it begins after: it names none', async () => {
    await stripe.sandbox.setFault('stripe', 'status', { ...placeGone, match: '/v1/charges' })
    await expect(stripe.read('charges', await stripe.scanOf())).rejects.toMatchObject({ code: 'MR-3004' })
  })

  it.each([400, 404])(
    'is a list in an object whose next page is refused again and again, which is not the object that is gone: %i',
    async (status) => {
      await using other = await openStripe({ scale: 0.1 })
      const page = { object: 'list', has_more: true, data: [{ id: 'il_1', object: 'line_item' }] }
      const always = { times: 'always' } as const
      await other.sandbox.setFault('stripe', 'error_200', { ...always, match: '/lines[?]limit=100$', body: page })
      const refusal = { ...always, ...placeGone, status }
      await other.sandbox.setFault('stripe', 'status', { ...refusal, match: '/lines[?].*starting_after' })
      await expect(other.read('invoices', await other.scanOf())).rejects.toMatchObject({
        code: 'MR-3005',
        message: expect.stringContaining('no longer there'),
      })
    },
  )

  it('is a list in an object that has null in its place: its children would be deleted', async () => {
    const body = {
      object: 'list',
      has_more: false,
      data: [{ id: 'in_1', created: 1, lines: { object: 'list', has_more: false, data: null } }],
    }
    await stripe.sandbox.setFault('stripe', 'error_200', { match: '/v1/invoices', body })
    await expect(stripe.read('invoices', await stripe.scanOf())).rejects.toMatchObject({ code: 'MR-3005' })
  })
})

/** As Stripe refuses a page after an object that is not there. */
const placeGone = {
  status: 400,
  body: {
    error: {
      type: 'invalid_request_error',
      code: 'resource_missing',
      param: 'starting_after',
      message: 'No such object: ch_1',
    },
  },
}
