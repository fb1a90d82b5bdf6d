import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Stripe } from 'stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inMode } from '../../../connectors/stripe/account.ts'
import stripeConnector from '../../../connectors/stripe/index.ts'
import { liveKey, restrictedKey, sandboxKey } from '../../../connectors/stripe/sandbox/serve.ts'
import { streamNames, stripeStreams } from '../../../connectors/stripe/streams.ts'
import { declarationsOf } from './declarations.ts'
import { openStripe, type OpenedStripe } from './open-stripe.ts'

let stripe: OpenedStripe
beforeAll(async () => {
  stripe = await openStripe()
})
afterAll(() => stripe[Symbol.asyncDispose]())

const signal = new AbortController().signal

describe('a connection', () => {
  it('says which account it reads', async () => {
    expect(await stripe.opened.account({ signal })).toBe('acct_1MillraceSandbox (test mode)')
  })

  it.each([
    [sandboxKey, ' (test mode)'],
    [restrictedKey('rak_charge_read'), ' (test mode)'],
    [liveKey, ''],
  ])('tells the modes of an account apart, whose objects are others, by its key: %s', async (api_key, mode) => {
    await using own = await openStripe({ keys: { api_key } })
    expect(await own.opened.account({ signal })).toBe(`acct_1MillraceSandbox${mode}`)
    expect((await own.stream('charges')).source).toBeUndefined()
    await using other = await openStripe({ keys: { api_key, account: 'acct_1ConnectedFlorist' } })
    expect((await other.stream('charges')).source).toBe(`acct_1ConnectedFlorist${mode}`)
  })

  it('says nothing of the mode of a key that does not tell it', () => {
    for (const key of ['sk_live_1', 'rk_live_1', 'sk_org_1', 'sk_testament'])
      expect(inMode('acct_1', key)).toBe('acct_1')
    for (const key of ['sk_test_1', 'rk_test_1']) expect(inMode('acct_1', key)).toBe('acct_1 (test mode)')
    expect(inMode('', 'sk_test_1')).toBe('')
  })

  it('takes nothing for its account that is none', async () => {
    await using other = await openStripe()
    const body = { id: 'of_a_proxy', status: 'ok' }
    await other.sandbox.setFault('stripe', 'error_200', { match: '/v1/account', body })
    expect(await other.opened.account({ signal })).toBe('acct_1MillraceSandbox (test mode)')
  })

  it('asks for its account once, whoever wants to know it', async () => {
    await using other = await openStripe({ keys: { accounts: 'all' } })
    await other.opened.account({ signal })
    expect(await other.opened.now?.({ signal })).toEqual(await other.sandbox.now())
    await other.read('charges', await other.scanOf())
    expect((await other.requests()).filter(({ path }) => path === '/v1/account')).toHaveLength(1)
  })

  describe.each([undefined, 'acct_1ConnectedFlorist'])(
    'by a key that may not read its account (account: %s)',
    (account) => {
      const keys = { api_key: restrictedKey('rak_accounts_kyc_basic_read'), ...(account !== undefined && { account }) }

      it('knows the time, and no account', async () => {
        await using other = await openStripe({ keys })
        expect(await other.opened.now?.({ signal })).toEqual(await other.sandbox.now())
        expect(await other.opened.account({ signal })).toBe('')
      })

      it('fails its check, which says the permission', async () => {
        await using other = await openStripe({ keys })
        await expect(other.opened.check({ signal })).rejects.toThrow(/rak_accounts_kyc_basic_read/)
      })
    },
  )

  it('reads no accounts by a key that may not read its own, and says the permission', async () => {
    const api_key = restrictedKey('rak_accounts_kyc_basic_read')
    await using other = await openStripe({ keys: { api_key, accounts: 'all' } })
    expect(await other.opened.account({ signal })).toBe('')
    await expect(other.read('charges', await other.scanOf())).rejects.toThrow(/rak_accounts_kyc_basic_read/)
  })

  it.each([
    ['a wrong key', { api_key: 'sk_test_4eC39HqLyjWDarjtT1zdp7dc' }],
    ['the account of somebody else', { account: 'acct_of_nobody' }],
  ])('knows neither time nor account by %s', async (_, keys) => {
    for (const asked of ['now', 'account'] as const) {
      await using other = await openStripe({ keys })
      await expect(other.opened[asked]?.({ signal })).rejects.toMatchObject({ code: 'MR-3001' })
    }
  })

  it('takes the vendor’s clock from its answers', async () => {
    await stripe.opened.check({ signal })
    expect(stripe.host.lastDate()).toEqual(await stripe.sandbox.now())
  })

  it('refuses a wrong key in the vendor’s words, without saying it', async () => {
    await using other = await openStripe({ keys: { api_key: 'sk_test_4eC39HqLyjWDarjtT1zdp7dc' } })
    const refused = other.opened.check({ signal })
    await expect(refused).rejects.toMatchObject({ code: 'MR-3001' })
    await expect(refused).rejects.toThrow(/Invalid API Key provided: sk_test_\*+p7dc/)
    expect(await other.requests()).toHaveLength(1)
  })

  it('reads another account by its name, and says where it may not', async () => {
    await using own = await openStripe({ keys: { account: 'acct_1MillraceSandbox' } })
    await own.opened.check({ signal })
    expect((await own.requests())[0]?.headers['stripe-account']).toBe('acct_1MillraceSandbox')
    await using other = await openStripe({ keys: { account: 'acct_of_nobody' } })
    await expect(other.opened.check({ signal })).rejects.toThrow(/does not have access to account/)
  })

  it('is pinned to the API version that the SDK is made for', () => {
    expect(stripeConnector.config.parse({ api_key: 'k' })).toMatchObject({
      api_version: Stripe.API_VERSION,
      base_url: 'https://api.stripe.com',
    })
  })

  it.each(['https://api.stripe.com/v1', 'https://api.stripe.com/?a=b'])(
    'refuses the base URL %s, whose path the SDK would drop',
    (base_url) => {
      const { error } = stripeConnector.config.safeParse({ api_key: 'k', base_url })
      expect(error?.issues).toMatchObject([{ path: ['base_url'], message: expect.stringContaining('no path') }])
    },
  )

  it('obeys its signal while an answer is waited for', async () => {
    await stripe.sandbox.setFault('stripe', 'hang', {})
    const startedAt = performance.now()
    await expect(stripe.opened.check({ signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: 'MR-7001' })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  it('does not follow an answer to another address, where its key would go along', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // A server that listens on a port has an address of this form.
    const { port } = server.address() as AddressInfo
    await using other = await openStripe({ keys: { base_url: `http://127.0.0.1:${port}` } })
    await expect(other.opened.check({ signal })).rejects.toMatchObject({ code: 'MR-3004' })
    expect(asked).toEqual(['/v1/account'])
    server.close()
  })
})

describe('the streams', () => {
  it('are known without a connection, children among them', async () => {
    expect(streamNames).toEqual([
      'customers',
      'products',
      'prices',
      'subscriptions',
      'subscription_items',
      'invoices',
      'invoice_line_items',
      'charges',
      'payment_intents',
      'setup_intents',
      'refunds',
      'disputes',
      'balance_transactions',
      'payouts',
      'checkout_sessions',
      'checkout_session_line_items',
      'invoice_items',
      'subscription_schedules',
      'plans',
      'coupons',
      'promotion_codes',
      'credit_notes',
      'credit_note_line_items',
      'tax_rates',
      'transfers',
      'transfer_reversals',
      'application_fees',
      'application_fee_refunds',
      'accounts',
      'events',
    ])
    expect(stripeConnector.streamNames).toEqual(streamNames)
  })

  it('come with their parent where only a child is asked for', async () => {
    const streams = await stripe.opened.streams?.({ names: ['subscription_items'], signal })
    expect(streams?.map(({ name }) => name)).toEqual(['subscriptions'])
  })

  it('ask for at most twenty types of events, each of which the SDK knows', () => {
    const known = new Set([...declarationsOf('Events').matchAll(/^ {4}type: '([\w.]+)';$/gm)].map(([, type]) => type))
    for (const { events } of stripeStreams) {
      const types = [...(events?.own ?? []), ...Object.values(events?.by ?? {}).flat()]
      expect(types.length).toBeLessThanOrEqual(20)
      expect(new Set(types).size).toBe(types.length)
      expect(types.filter((type) => !known.has(type))).toEqual([])
    }
  })
})
