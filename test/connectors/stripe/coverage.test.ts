import type { Refusal } from 'millrace/sandbox'
import { Stripe } from 'stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endpoints as served } from '../../../connectors/stripe/sandbox/endpoints.ts'
import { restrictedKey } from '../../../connectors/stripe/sandbox/serve.ts'
import simulator from '../../../connectors/stripe/sandbox.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

let sandbox: RunningSandbox
beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
})
afterAll(() => sandbox.close())

/** The SDK as a user would have it, retries off. */
function openSdk(key?: string): Stripe {
  const { host, port } = sandbox.addresses.stripe ?? { host: '', port: 0 }
  return new Stripe(key ?? String(sandbox.connection('stripe').api_key), {
    host,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  })
}

const firstId = async (type: string) => String((await sandbox.show('stripe', type))[0]?.id)

// Wrong on purpose: the SDK's types would not let them through.
type Ask = (stripe: Stripe, id: string, parameters: never) => Promise<unknown>

type Asked = { readonly of?: string; readonly isList: boolean; readonly ask: Ask }

type Resource = {
  readonly list: (parameters: never) => Promise<unknown>
  readonly retrieve: (id: string, parameters: never) => Promise<unknown>
}

/** A list and its single objects, as the SDK names them. */
const pair = (path: string, of: string, resource: (stripe: Stripe) => Resource): { [endpoint: string]: Asked } => ({
  [`GET ${path}`]: { isList: true, ask: (stripe, _, parameters) => resource(stripe).list(parameters) },
  [`GET ${path}/:id`]: {
    of,
    isList: false,
    ask: (stripe, id, parameters) => resource(stripe).retrieve(id, parameters),
  },
})

const endpoints: { readonly [endpoint: string]: Asked } = {
  ...pair('/v1/payment_intents', 'payment_intents', (stripe) => stripe.paymentIntents),
  ...pair('/v1/setup_intents', 'setup_intents', (stripe) => stripe.setupIntents),
  ...pair('/v1/refunds', 'refunds', (stripe) => stripe.refunds),
  ...pair('/v1/disputes', 'disputes', (stripe) => stripe.disputes),
  ...pair('/v1/balance_transactions', 'balance_transactions', (stripe) => stripe.balanceTransactions),
  ...pair('/v1/payouts', 'payouts', (stripe) => stripe.payouts),
  ...pair('/v1/checkout/sessions', 'checkout_sessions', (stripe) => stripe.checkout.sessions),
  'GET /v1/checkout/sessions/:id/line_items': {
    of: 'checkout_sessions',
    isList: true,
    ask: (stripe, id, parameters) => stripe.checkout.sessions.listLineItems(id, parameters),
  },
  ...pair('/v1/invoiceitems', 'invoice_items', (stripe) => stripe.invoiceItems),
  ...pair('/v1/subscription_schedules', 'subscription_schedules', (stripe) => stripe.subscriptionSchedules),
  ...pair('/v1/plans', 'plans', (stripe) => stripe.plans),
  ...pair('/v1/coupons', 'coupons', (stripe) => stripe.coupons),
  ...pair('/v1/promotion_codes', 'promotion_codes', (stripe) => stripe.promotionCodes),
  ...pair('/v1/credit_notes', 'credit_notes', (stripe) => stripe.creditNotes),
  'GET /v1/credit_notes/:id/lines': {
    of: 'credit_notes',
    isList: true,
    ask: (stripe, id, parameters) => stripe.creditNotes.listLineItems(id, parameters),
  },
  ...pair('/v1/tax_rates', 'tax_rates', (stripe) => stripe.taxRates),
  ...pair('/v1/transfers', 'transfers', (stripe) => stripe.transfers),
  'GET /v1/transfers/:id/reversals': {
    of: 'transfers',
    isList: true,
    ask: (stripe, id, parameters) => stripe.transfers.listReversals(id, parameters),
  },
  ...pair('/v1/application_fees', 'application_fees', (stripe) => stripe.applicationFees),
  'GET /v1/application_fees/:id/refunds': {
    of: 'application_fees',
    isList: true,
    ask: (stripe, id, parameters) => stripe.applicationFees.listRefunds(id, parameters),
  },
  ...pair('/v1/accounts', 'accounts', (stripe) => stripe.accounts),
  'GET /v1/account': { isList: false, ask: (stripe, _, parameters) => stripe.accounts.retrieve(null, parameters) },
  'GET /v1/customers': { isList: true, ask: (stripe, _, parameters) => stripe.customers.list(parameters) },
  'GET /v1/customers/:id': {
    of: 'customers',
    isList: false,
    ask: (stripe, id, parameters) => stripe.customers.retrieve(id, parameters),
  },
  'GET /v1/products': { isList: true, ask: (stripe, _, parameters) => stripe.products.list(parameters) },
  'GET /v1/products/:id': {
    of: 'products',
    isList: false,
    ask: (stripe, id, parameters) => stripe.products.retrieve(id, parameters),
  },
  'GET /v1/prices': { isList: true, ask: (stripe, _, parameters) => stripe.prices.list(parameters) },
  'GET /v1/prices/:id': {
    of: 'prices',
    isList: false,
    ask: (stripe, id, parameters) => stripe.prices.retrieve(id, parameters),
  },
  'GET /v1/subscriptions': { isList: true, ask: (stripe, _, parameters) => stripe.subscriptions.list(parameters) },
  'GET /v1/subscriptions/:id': {
    of: 'subscriptions',
    isList: false,
    ask: (stripe, id, parameters) => stripe.subscriptions.retrieve(id, parameters),
  },
  'GET /v1/subscription_items': {
    of: 'subscriptions',
    isList: true,
    ask: (stripe, subscription, parameters) =>
      stripe.subscriptionItems.list({ ...(subscription ? { subscription } : {}), ...(parameters as object) } as never),
  },
  'GET /v1/invoices': { isList: true, ask: (stripe, _, parameters) => stripe.invoices.list(parameters) },
  'GET /v1/invoices/:id': {
    of: 'invoices',
    isList: false,
    ask: (stripe, id, parameters) => stripe.invoices.retrieve(id, parameters),
  },
  'GET /v1/invoices/:id/lines': {
    of: 'invoices',
    isList: true,
    ask: (stripe, id, parameters) => stripe.invoices.listLineItems(id, parameters),
  },
  'GET /v1/charges': { isList: true, ask: (stripe, _, parameters) => stripe.charges.list(parameters) },
  'GET /v1/charges/:id': {
    of: 'charges',
    isList: false,
    ask: (stripe, id, parameters) => stripe.charges.retrieve(id, parameters),
  },
  'GET /v1/events': { isList: true, ask: (stripe, _, parameters) => stripe.events.list(parameters) },
}

const walk = Object.entries(simulator.coverage).flatMap(([endpoint, refusals]) =>
  refusals.map((refusal): [string, Refusal] => [endpoint, refusal]),
)

describe('every endpoint of the simulator', () => {
  it('is asked here', () => {
    expect(Object.keys(endpoints).sort()).toEqual(Object.keys(simulator.coverage).sort())
  })

  it.each(Object.keys(endpoints))('answers what is right: %s', async (name) => {
    const { of, ask } = endpoints[name] ?? { ask: () => Promise.reject(new Error(name)) }
    expect(await ask(openSdk(), of ? await firstId(of) : '', {} as never)).toHaveProperty('object')
  })

  it.each(walk)('%s refuses: %s', async (name, refusal) => {
    const { of, isList, ask } = endpoints[name] ?? { isList: false, ask: () => Promise.reject(new Error(name)) }
    const id = of ? await firstId(of) : ''
    const sdk = refusal === 'bad_credentials' ? openSdk('sk_test_4eC39HqLyjWDarjtT1zdp7dc') : openSdk()
    const given = {
      unknown_field: { nonsense: 1 },
      wrong_type: isList ? { limit: 'many' } : { expand: 'all' },
      missing_parameter: {},
      bad_credentials: {},
      too_many_requests: {},
    }[refusal]
    if (refusal === 'too_many_requests') await sandbox.setFault('stripe', 'rate_limit', {})
    const refused = ask(sdk, refusal === 'missing_parameter' ? '' : id, given as never)
    await expect(refused).rejects.toMatchObject({
      ...{
        unknown_field: {
          type: 'StripeInvalidRequestError',
          statusCode: 400,
          code: 'parameter_unknown',
          param: 'nonsense',
          message: 'Received unknown parameter: nonsense',
        },
        wrong_type: isList
          ? {
              type: 'StripeInvalidRequestError',
              statusCode: 400,
              code: 'parameter_invalid_integer',
              param: 'limit',
              message: 'Invalid integer: many',
            }
          : { type: 'StripeInvalidRequestError', statusCode: 400, param: 'expand', message: 'Invalid array: all' },
        missing_parameter: {
          type: 'StripeInvalidRequestError',
          statusCode: 400,
          code: 'parameter_missing',
          param: 'subscription',
        },
        bad_credentials: {
          type: 'StripeAuthenticationError',
          statusCode: 401,
          message: 'Invalid API Key provided: sk_test_********************p7dc',
        },
        too_many_requests: { type: 'StripeRateLimitError', statusCode: 429, code: 'rate_limit' },
      }[refusal],
      requestId: expect.stringMatching(/^req_\w+$/),
    })
  })
})

describe('a restricted key', () => {
  it.each(served.map(({ path, permission }) => [path, permission]))(
    'without its permission is refused at %s: %s',
    async (path, permission) => {
      const { of, ask } = endpoints[`GET ${path}`] ?? { ask: () => Promise.reject(new Error(path)) }
      const id = of ? await firstId(of) : 'sub_any'
      await expect(ask(openSdk(restrictedKey(permission)), id, {} as never)).rejects.toMatchObject({
        type: 'StripePermissionError',
        statusCode: 403,
        message: expect.stringMatching(`Having the '${permission}' permission would allow this request to continue`),
      })
      if (of) expect(await ask(openSdk(restrictedKey('rak_other')), id, {} as never)).toHaveProperty('object')
    },
  )
})

describe('every list', () => {
  const lists = served.filter(({ isList }) => isList).map(({ path, takes }) => [path, 'created' in takes] as const)

  it.each(lists)('%s refuses bounds, places, expansions and accounts that do not exist', async (path, isBounded) => {
    const { of, ask } = endpoints[`GET ${path}`] ?? { ask: () => Promise.reject(new Error(path)) }
    const id = of ? await firstId(of) : ''
    const refused = (parameters: object) => ask(openSdk(), id, parameters as never)
    const missing = { statusCode: 400, code: 'resource_missing' }
    await expect(refused({ starting_after: 'x_nobody' })).rejects.toMatchObject({ ...missing, param: 'starting_after' })
    await expect(refused({ ending_before: 'x_nobody' })).rejects.toMatchObject({ ...missing, param: 'ending_before' })
    for (const limit of [0, 101])
      await expect(refused({ limit })).rejects.toMatchObject({ statusCode: 400, param: 'limit' })
    await expect(refused({ expand: ['data.everything'] })).rejects.toMatchObject({ statusCode: 400, param: 'expand' })
    await expect(refused({ expand: ['data.a.b.c.d'] })).rejects.toThrow(/more than 4 levels/)
    if (isBounded) {
      await expect(refused({ created: { after: 1 } })).rejects.toMatchObject({ code: 'parameter_unknown' })
      await expect(refused({ created: { gte: 'soon' } })).rejects.toMatchObject({ code: 'parameter_invalid_integer' })
    } else await expect(refused({ created: 1 })).rejects.toMatchObject({ code: 'parameter_unknown' })
    const { base_url, api_key } = sandbox.connection('stripe')
    const headers = {
      authorization: `Bearer ${api_key}`,
      'stripe-version': Stripe.API_VERSION,
      'stripe-account': 'acct_of_nobody',
    }
    const elsewhere = await fetch(`${base_url}${path.replace(':id', id)}`, { headers })
    expect(elsewhere.status).toBe(403)
    expect(Object(await elsewhere.json()).error.code).toBe('account_invalid')
  })
})
