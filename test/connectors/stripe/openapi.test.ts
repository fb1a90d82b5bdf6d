/**
 * Holds columns, requests and answers against the vendor's own files (github.com/stripe/openapi), where it is pointed at one:
 * MILLRACE_STRIPE_OPENAPI=…/fixtures3.json (columns alone) or …/spec3.json
 */
import { readFileSync } from 'node:fs'
import { Stripe } from 'stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import stripe from '../../../connectors/stripe/index.ts'
import simulator from '../../../connectors/stripe/sandbox.ts'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { openRecorded, type Recorded } from '../open-api-exchanges.ts'
import { isServed, readOpenApi } from '../open-api.ts'

const path = process.env.MILLRACE_STRIPE_OPENAPI
const text = path ? readFileSync(path, 'utf8') : '{}'
const file: {
  readonly resources?: Fields
  readonly info?: { readonly version?: string }
  readonly paths?: object
  readonly components?: { readonly schemas?: Schemas }
} = JSON.parse(text)
const api = file.paths ? readOpenApi(text) : null
/** An older one lacks what came since, and has what has gone. */
const isPinned = !api || file.info?.version === Stripe.API_VERSION

type Fields = { readonly [resource: string]: object }
type Schemas = { readonly [resource: string]: { readonly properties?: object } }

const tables = stripeStreams.flatMap(({ name, columns, children = [] }) => [
  { name, columns, embedded: children.map(({ field }) => field) },
  ...children.map((child) => ({ name: child.name, columns: child.columns, embedded: [] })),
])

/** Where the vendor names it otherwise than its list. */
const resourceOf: { readonly [stream: string]: string } = {
  invoice_items: 'invoiceitem',
  invoice_line_items: 'line_item',
  checkout_sessions: 'checkout.session',
  checkout_session_line_items: 'item',
  application_fee_refunds: 'fee_refund',
}

/** Not read: see the connector's README. `invoice.subscription` is in the fixtures, and no longer in the description. */
const left = new Set(['client_secret', 'refunds', 'subscription', 'deleted'])
const expandedOnly = new Set(
  'cash_balance invoice_credit_balance sources subscriptions tax tax_ids payments confirmation_secret'.split(' '),
)

describe.skipIf(path === undefined || !isPinned)('the vendor’s file, of the version that is pinned,', () => {
  it.each(tables)('has no field of $name that is not read', ({ name, columns, embedded }) => {
    const resource = resourceOf[name] ?? name.replace(/s$/, '')
    const fields = Object.keys(file.resources?.[resource] ?? file.components?.schemas?.[resource]?.properties ?? {})
    expect(fields.length).toBeGreaterThan(5)
    const missing = fields.filter((field) => !(field in columns) && !embedded.includes(field))
    expect(missing.filter((field) => !left.has(field) && !expandedOnly.has(field))).toEqual([])
  })
})

describe.skipIf(!api)('the vendor’s description', () => {
  let recorded: Recorded
  beforeAll(async () => {
    recorded = await openRecorded({
      connector: stripe,
      simulator,
      keys: { rate_per_second: 1000, rate_per_endpoint: 1000 },
    })
    const { opened, host, read, sandbox } = recorded
    await opened.check(host.context(new AbortController().signal))
    const from = new Date((await sandbox.now()).getTime() - 3 * day).toISOString()
    for (const { name } of stripeStreams) {
      await read(name)
      await read(name, { full: false, from })
    }
  }, 120_000)
  afterAll(async () => {
    await recorded?.[Symbol.asyncDispose]()
  })

  it('has what the simulator serves', () => {
    expect(Object.keys(simulator.coverage).filter((endpoint) => !api || !isServed(api, endpoint))).toEqual([])
    expect(recorded.exchanges.length).toBeGreaterThan(50)
  })

  it('knows what the connector asks', () => {
    const odd = unique(recorded.exchanges.flatMap((each) => api?.checkRequest(each) ?? []))
    expect(odd.filter((said) => isPinned || !came.includes(said))).toEqual([])
  })

  it('knows what the simulator answers: nothing of another kind, and nothing missing', () => {
    const odd = unique(recorded.exchanges.flatMap((each) => api?.checkAnswer(each) ?? []))
    const isOlder = (said: string) => said.endsWith(' is not described') || gone.some((each) => said.endsWith(each))
    expect(odd.filter((said) => isPinned || !isOlder(said))).toEqual([])
  })
})

/** Not yet in descriptions of some years ago; the SDK's declarations have them. */
const came = ['GET /v1/checkout/sessions: no parameter created', 'GET /v1/credit_notes: no parameter created']

/**
 * In descriptions of before the version that is pinned:
 * https://docs.stripe.com/changelog/basil (2025-03-31) and https://docs.stripe.com/changelog/clover (2025-09-30)
 */
const gone = [
  'tax_amounts',
  'total_tax_amounts',
  'lines.data[].proration',
  'lines.data[].type',
  'lines 200.data[].proration',
  'lines 200.data[].type',
  'invoices 200.data[].paid',
  'invoices 200.data[].paid_out_of_band',
  '{invoice} 200.paid',
  '{invoice} 200.paid_out_of_band',
  'subscriptions 200.data[].current_period_start',
  'subscriptions 200.data[].current_period_end',
  'promotion_codes 200.data[].coupon',
].map((field) => `${field} is required`)

const unique = (said: readonly string[]) => [...new Set(said)]
const day = 86_400_000
