import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Stripe } from 'stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import simulator from '../../../connectors/stripe/sandbox.ts'
import { newestVersion } from '../../../connectors/stripe/sandbox/versions.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

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
    expect(compareFields('Accounts', 'Account', [await fetchJson('/v1/account')])).toEqual(same)
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
    ['a list’s expansion without data', '/v1/prices?expand[]=tiers', {}, 400, undefined],
    ['a status that is none', '/v1/subscriptions?status=gone', {}, 400, undefined],
    ['an object that is not there', '/v1/invoices/in_nobody', {}, 404, 'resource_missing'],
    ['a path that is not there', '/v1/everything', {}, 404, undefined],
    ['no key', '/v1/customers', { authorization: '' }, 401, undefined],
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
  const source = readFileSync(
    fileURLToPath(import.meta.resolve('stripe')).replace(/stripe\.esm\.node\.js$/, `resources/${file}.d.ts`),
    'utf8',
  )
  const [, body = ''] = new RegExp(`export interface ${type} \\{\\n([\\s\\S]*?)\\n\\}`).exec(source) ?? []
  const published = [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => String(name))
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
