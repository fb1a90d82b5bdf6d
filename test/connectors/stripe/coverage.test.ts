import type { Refusal } from 'millrace/sandbox'
import { Stripe } from 'stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

const endpoints: {
  readonly [endpoint: string]: { readonly of?: string; readonly isList: boolean; readonly ask: Ask }
} = {
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
