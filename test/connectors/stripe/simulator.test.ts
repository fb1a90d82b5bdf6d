import { Stripe } from 'stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import simulator from '../../../connectors/stripe/sandbox.ts'
import { accountId } from '../../../connectors/stripe/sandbox/objects/account.ts'
import { newestVersion } from '../../../connectors/stripe/sandbox/versions.ts'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

import { publishedFields } from './declarations.ts'
import { describedAs } from './described-as.ts'

let sandbox: RunningSandbox
let stripe: Stripe
let fetchPath: (path: string, headers?: { readonly [name: string]: string }) => Promise<Response>
beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.1 })
  const { base_url, api_key } = sandbox.connection('stripe')
  const { host, port } = sandbox.addresses.stripe ?? { host: '', port: 0 }
  stripe = new Stripe(String(api_key), { host, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false })
  fetchPath = (path, headers = {}) =>
    fetch(`${base_url}${path}`, {
      headers: { authorization: `Bearer ${api_key}`, 'stripe-version': newestVersion.name, ...headers },
    })
})
afterAll(() => sandbox.close())

describe('the vendor’s description', () => {
  it.each(
    [...stripeStreams]
      .filter(
        ({ name }) =>
          !['customers', 'products', 'prices', 'subscriptions', 'invoices', 'charges', 'events'].includes(name),
      )
      .map(({ name, path, expand = [] }): [string, string, string] => {
        const [file, type] = describedAs[name] ?? ['', '']
        return [file, type, `${path}?${expand.map((field) => `expand[]=data.${field}`).join('&')}`]
      }),
  )('of %s is kept field by field, or says what is left out', async (file, type, path) => {
    const { data } = await fetchJson(`${path}&limit=100`)
    expect(compareFields(file, type, data)).toEqual(same)
  })

  it.each([
    ['Customers', 'Customer', '/v1/customers'],
    ['Products', 'Product', '/v1/products'],
    ['Prices', 'Price', '/v1/prices?expand[]=data.tiers&expand[]=data.currency_options'],
    ['Subscriptions', 'Subscription', '/v1/subscriptions'],
    ['Invoices', 'Invoice', '/v1/invoices'],
    ['Charges', 'Charge', '/v1/charges'],
    ['Events', 'EventBase', '/v1/events'],
  ])('of %s is kept field by field, or says what is left out', async (file, type, path) => {
    const { data } = await fetchJson(`${path}${path.includes('?') ? '&' : '?'}limit=100`)
    expect(compareFields(file, type, data)).toEqual(same)
  })

  it('of nested objects is kept too', async () => {
    const [invoice] = (await fetchJson('/v1/invoices')).data
    expect(compareFields('InvoiceLineItems', 'InvoiceLineItem', Object(invoice).lines.data)).toEqual(same)
    const [subscription] = (await fetchJson('/v1/subscriptions')).data
    expect(compareFields('SubscriptionItems', 'SubscriptionItem', Object(subscription).items.data)).toEqual(same)
    expect(compareFields('Plans', 'Plan', [Object(subscription).items.data[0].plan])).toEqual(same)
    const own: readonly object[] = [await fetchJson('/v1/account'), ...(await fetchJson('/v1/accounts')).data]
    expect(compareFields('Accounts', 'Account', own)).toEqual(same)
    const nested = async (path: string, field: string) =>
      (await fetchJson(path)).data.flatMap((each) => Object(each)[field].data)
    expect(
      compareFields('CreditNoteLineItems', 'CreditNoteLineItem', await nested('/v1/credit_notes', 'lines')),
    ).toEqual(same)
    const lines = await nested('/v1/checkout/sessions?expand[]=data.line_items', 'line_items')
    expect(compareFields('LineItems', 'LineItem', lines)).toEqual(same)
    expect(
      compareFields('TransferReversals', 'TransferReversal', await nested('/v1/transfers?limit=100', 'reversals')),
    ).toEqual(same)
    expect(compareFields('FeeRefunds', 'FeeRefund', await nested('/v1/application_fees?limit=100', 'refunds'))).toEqual(
      same,
    )
  })
})

describe('the simulator', () => {
  it('writes JSON as the vendor does, two spaces deep and newest first', async () => {
    const text = await (await fetchPath('/v1/charges?limit=2')).text()
    expect(text).toMatch(
      /^\{\n {2}"object": "list",\n {2}"url": "\/v1\/charges",\n {2}"has_more": true,\n {2}"data": \[\n {4}\{\n {6}"id": "ch_/,
    )
    const created = (await stripe.charges.list({ limit: 100 })).data.map((charge) => charge.created)
    expect(created).toEqual(created.toSorted((a, b) => b - a))
  })

  it('pages both ways, ten at a time where nothing is said', async () => {
    const first = await stripe.invoices.list()
    const second = await stripe.invoices.list({ starting_after: first.data.at(-1)?.id })
    const back = await stripe.invoices.list({ ending_before: second.data[0]?.id })
    expect(first.data).toHaveLength(10)
    expect(back.data.map(({ id }) => id)).toEqual(first.data.map(({ id }) => id))
    expect(back.has_more).toBe(false)
    const all = await stripe.invoices.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 })
    expect(new Set(all.map(({ id }) => id)).size).toBe((await sandbox.show('stripe', 'invoices')).length)
  })

  it('leaves canceled subscriptions and inactive prices out until it is asked for them', async () => {
    const statuses = (await stripe.subscriptions.list({ limit: 100 })).data.map(({ status }) => status)
    expect(statuses).not.toContain('canceled')
    expect((await stripe.subscriptions.list({ status: 'canceled' })).data.length).toBeGreaterThan(0)
    expect((await stripe.prices.list({ limit: 100 })).data.every(({ active }) => active)).toBe(true)
    expect((await stripe.prices.list({ active: false })).data.map(({ active }) => active)).toEqual([false])
  })

  it('embeds ten of a list and says that there is more', async () => {
    const large = (await sandbox.show('stripe', 'invoices')).find(
      ({ lines }) => Array.isArray(lines) && lines.length === 25,
    )
    const invoice = await stripe.invoices.retrieve(String(large?.id))
    expect(invoice.lines.data).toHaveLength(10)
    expect(invoice.lines.has_more).toBe(true)
    expect((await stripe.invoices.listLineItems(String(large?.id), { limit: 100 })).data).toHaveLength(25)
  })

  it('writes events in the account’s own older version, and lists thirty days of them', async () => {
    const { data } = await stripe.events.list({ types: ['invoice.paid'], limit: 100 })
    expect(data[0]).toMatchObject({ api_version: '2022-08-01', data: { object: { paid: true } } })
    expect(data[0]?.data.object).not.toHaveProperty('parent')
    const oldest = (await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 })).at(-1)?.created ?? 0
    expect(oldest).toBeGreaterThanOrEqual((await sandbox.now()).getTime() / 1000 - 30 * 86_400)
    await expect(
      stripe.events.list({ types: Array.from({ length: 21 }, (_, index) => `type.${index}`) }),
    ).rejects.toMatchObject({ statusCode: 400 })
  })

  it.each([
    ['an unknown version', '/v1/customers', { 'stripe-version': '1999-01-01' }, 400, undefined],
    ['a limit out of bounds', '/v1/customers?limit=101', {}, 400, 'parameter_invalid_integer'],
    ['a page after nothing', '/v1/customers?starting_after=cus_nobody', {}, 400, 'resource_missing'],
    ['a range that is no number', '/v1/customers?created[gte]=yesterday', {}, 400, 'parameter_invalid_integer'],
    ['a range of another kind', '/v1/customers?created[after]=1', {}, 400, 'parameter_unknown'],
    ['an expansion that is not there', '/v1/customers?expand[]=data.everything', {}, 400, undefined],
    ['an expansion of more than four levels', '/v1/customers?expand[]=data.a.b.c.d', {}, 400, undefined],
    ['a list’s expansion without data', '/v1/prices?expand[]=tiers', {}, 400, undefined],
    ['a status that is none', '/v1/subscriptions?status=gone', {}, 400, undefined],
    ['an object that is not there', '/v1/invoices/in_nobody', {}, 404, 'resource_missing'],
    ['a path that is not there', '/v1/everything', {}, 404, undefined],
    ['no key', '/v1/customers', { authorization: '' }, 401, undefined],
    ['an account that is not connected', '/v1/charges', { 'stripe-account': 'acct_of_nobody' }, 403, 'account_invalid'],
    [
      'a list of accounts by one of them',
      '/v1/accounts',
      { 'stripe-account': 'acct_1ConnectedBakery' },
      400,
      undefined,
    ],
    ['an object of another account', `/v1/accounts/${accountId}`, {}, 404, 'resource_missing'],
    ['a choice that is none', '/v1/checkout/sessions?status=done', {}, 400, undefined],
    ['a yes that is none', '/v1/invoiceitems?pending=maybe', {}, 400, undefined],
  ])('refuses %s', async (_, path, headers, status, code) => {
    const response = await fetchPath(path, headers)
    expect(response.status).toBe(status)
    expect(response.headers.get('request-id')).toMatch(/^req_/)
    expect(Object(await response.json()).error).toMatchObject({ type: 'invalid_request_error', ...(code && { code }) })
  })

  it('takes the key as the user of basic credentials', async () => {
    const key = String(sandbox.connection('stripe').api_key)
    expect((await fetchPath('/v1/account', { authorization: `Basic ${btoa(`${key}:`)}` })).status).toBe(200)
  })

  it('holds objects that belong together', async () => {
    const ids = async (type: string) => new Set((await sandbox.show('stripe', type)).map(({ id }) => id))
    const links: readonly (readonly [string, string, string])[] = [
      ['refunds', 'charge', 'charges'],
      ['refunds', 'balance_transaction', 'balance_transactions'],
      ['refunds', 'payment_intent', 'payment_intents'],
      ['disputes', 'charge', 'charges'],
      ['payouts', 'balance_transaction', 'balance_transactions'],
      ['credit_notes', 'invoice', 'invoices'],
      ['invoice_items', 'customer', 'customers'],
      ['subscription_schedules', 'subscription', 'subscriptions'],
      ['promotion_codes', 'coupon', 'coupons'],
      ['transfers', 'destination', 'accounts'],
      ['transfers', 'source_transaction', 'charges'],
      ['application_fees', 'account', 'accounts'],
    ]
    for (const [type, field, target] of links) {
      const held = await sandbox.show('stripe', type)
      const known = await ids(target)
      expect(held.length, type).toBeGreaterThan(0)
      expect(
        held.filter((each) => !known.has(each[field] ?? '')),
        `${type}.${field}`,
      ).toEqual([])
    }
    const transactions = await ids('balance_transactions')
    const charges = await stripe.charges.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 })
    const paid = charges.filter(({ status }) => status === 'succeeded')
    expect(paid.filter((charge) => !transactions.has(String(charge.balance_transaction)))).toEqual([])
    const [payout] = (await stripe.payouts.list({ limit: 1 })).data
    const collected = await stripe.balanceTransactions
      .list({ payout: payout?.id ?? '', limit: 100 })
      .autoPagingToArray({ limit: 10_000 })
    expect(collected.reduce((sum, { net }) => sum + net, 0)).toBe(payout?.amount)
  })

  it('gives a connected account ids that no other has, and events that name it', async () => {
    const account = { 'stripe-account': 'acct_1ConnectedBakery' }
    const listed = async (path: string) => Object(await (await fetchPath(path, account)).json()).data
    const charges = await listed('/v1/charges?limit=100')
    const own = new Set((await sandbox.show('stripe', 'charges')).map(({ id }) => id))
    // Two of them by transfers.
    expect(charges).toHaveLength(17)
    expect(charges.filter(({ id }: { id: string }) => own.has(id))).toEqual([])
    const events = await listed('/v1/events')
    expect(events.every((event: { account: string }) => event.account === account['stripe-account'])).toBe(true)
    expect(Object(await (await fetchPath('/v1/account', account)).json()).id).toBe(account['stripe-account'])
  })

  it('makes the same world of the same seed', async () => {
    const again = await startSimulators({ definitions: [simulator], dir: null, scale: 0.1 })
    for (const type of ['customers', 'invoices', 'charges', 'events'])
      expect(await again.show('stripe', type)).toEqual(await sandbox.show('stripe', type))
    await again.close()
  })

  it('gives customers the id that Salesforce knows them by', async () => {
    const customers = await sandbox.show('stripe', 'customers')
    expect(customers.every(({ metadata }) => /^ACME-\d{5}$/.test(String(Object(metadata).external_id)))).toBe(true)
  })
})

// What is asked for in these tests is a list, but for the account.
const fetchJson = async (path: string) => (await (await fetchPath(path)).json()) as { readonly data: readonly object[] }

/** The SDK's type declarations are made of the vendor's description. */
function compareFields(file: string, type: string, objects: readonly object[]) {
  const published = [...publishedFields(file, type).keys()]
  expect(published.length).toBeGreaterThan(5)
  const there = new Set(objects.flatMap((each) => Object.keys(each)))
  const noun = type === 'EventBase' ? 'event' : type.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase()
  const leftOut = (name: string) => `${noun}.${name}` in simulator.leftOut || `*.${name}` in simulator.leftOut
  return {
    missing: published.filter((name) => !there.has(name) && !leftOut(name)),
    made_up: [...there].filter((name) => !published.includes(name)),
  }
}

const same = { missing: [], made_up: [] }
