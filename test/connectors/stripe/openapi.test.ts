/**
 * Holds the columns against the vendor's own files (github.com/stripe/openapi), where it is pointed at one:
 * MILLRACE_STRIPE_OPENAPI=…/fixtures3.json or …/spec3.json
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'

const path = process.env.MILLRACE_STRIPE_OPENAPI
const file: { readonly resources?: Fields; readonly components?: { readonly schemas?: Schemas } } = path
  ? JSON.parse(readFileSync(path, 'utf8'))
  : {}

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

describe.skipIf(path === undefined)('the vendor’s file', () => {
  it.each(tables)('has no field of $name that is not read', ({ name, columns, embedded }) => {
    const resource = resourceOf[name] ?? name.replace(/s$/, '')
    const fields = Object.keys(file.resources?.[resource] ?? file.components?.schemas?.[resource]?.properties ?? {})
    expect(fields.length).toBeGreaterThan(5)
    const missing = fields.filter((field) => !(field in columns) && !embedded.includes(field))
    expect(missing.filter((field) => !left.has(field) && !expandedOnly.has(field))).toEqual([])
  })
})
