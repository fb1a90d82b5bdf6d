/** What a made-up account has, and what may become of it. */
import type { JsonObject } from 'millrace'
import type { StoredType } from '../../../connectors/stripe/sandbox/records.ts'

export type Kind = {
  readonly stored: StoredType
  /** The field that tells an older version from a newer one. */
  readonly stamp: string
  /** null: no event tells of a new one. */
  readonly born: string | null
  /** The events of a change; none: it never changes, but silently. */
  readonly changed: readonly string[]
  /** It is changed without an event, too. */
  readonly isSilent?: true
  /** The event of a deletion; null: it has none; undefined: it is never deleted. */
  readonly dies?: string | null
  /** Its account gives it its id, which may be used again. */
  readonly isNamed?: true
  /** The records inside, by their field: the child stream, its parent's field, and the field that tells versions apart. */
  readonly parts?: { readonly field: string; readonly stream: string; readonly parent: string; readonly column: string }
}

const noun = (stored: StoredType, name: string, stamp: string) => ({
  stored,
  stamp,
  born: `${name}.created`,
  changed: [`${name}.updated`],
})
const parts = (field: string, stream: string, parent: string, column = 'quantity') => ({
  parts: { field, stream, parent, column },
})
const silentlyBorn = { born: null, changed: [] } as const

/** The events of all streams are told by these, too. */
export const customers: Kind = { ...noun('customers', 'customer', 'name'), dies: 'customer.deleted' }

/** By stream. */
export const kinds: { readonly [stream: string]: Kind } = {
  customers,
  products: { ...noun('products', 'product', 'name'), dies: 'product.deleted', isNamed: true },
  prices: { ...noun('prices', 'price', 'nickname'), dies: 'price.deleted' },
  plans: { ...noun('plans', 'plan', 'nickname'), dies: 'plan.deleted', isNamed: true },
  coupons: { ...noun('coupons', 'coupon', 'name'), isSilent: true, dies: 'coupon.deleted', isNamed: true },
  promotion_codes: { ...noun('promotion_codes', 'promotion_code', 'code'), isSilent: true },
  invoice_items: {
    ...noun('invoice_items', 'invoiceitem', 'description'),
    changed: [],
    isSilent: true,
    dies: 'invoiceitem.deleted',
  },
  invoices: {
    ...noun('invoices', 'invoice', 'number'),
    changed: ['invoice.updated', 'invoice.finalized', 'invoice.paid', 'invoice.voided'],
    dies: 'invoice.deleted',
    ...parts('lines', 'invoice_line_items', 'invoice'),
  },
  subscriptions: {
    ...noun('subscriptions', 'customer.subscription', 'latest_invoice'),
    changed: ['customer.subscription.updated', 'customer.subscription.deleted'],
    ...parts('items', 'subscription_items', 'subscription'),
  },
  credit_notes: {
    ...noun('credit_notes', 'credit_note', 'memo'),
    ...parts('lines', 'credit_note_line_items', 'credit_note'),
  },
  charges: {
    stored: 'charges',
    stamp: 'description',
    born: null,
    changed: ['charge.succeeded', 'charge.updated'],
    isSilent: true,
  },
  payment_intents: {
    ...noun('payment_intents', 'payment_intent', 'description'),
    changed: ['payment_intent.canceled'],
    isSilent: true,
  },
  balance_transactions: { stored: 'balance_transactions', stamp: 'source', ...silentlyBorn },
  checkout_sessions: {
    stored: 'checkout_sessions',
    stamp: 'customer_email',
    born: null,
    changed: ['checkout.session.completed', 'checkout.session.expired'],
    ...parts('lines', 'checkout_session_line_items', 'checkout_session'),
  },
  transfers: {
    ...noun('transfers', 'transfer', 'balance_transaction'),
    changed: ['transfer.updated', 'transfer.reversed'],
    ...parts('reversals', 'transfer_reversals', 'transfer', 'amount'),
  },
  accounts: { stored: 'accounts', stamp: 'email', ...silentlyBorn, isSilent: true, dies: null },
}

/** Every field that one of them has; each takes its own. `v12` is the twelfth version of whatever there is. */
export function fieldsOf(version: number, at: number, { stamp }: Kind): JsonObject {
  const nothing = {
    canceled_at: null,
    cancellation_reason: null,
    customer_email: null,
    customer_name: null,
    customer_phone: null,
    default_price: null,
    expires_at: null,
    finalized_at: null,
    invoice: null,
    latest_charge: null,
    max_redemptions: null,
    paid_at: null,
    payout: null,
    percent_off: null,
    subscription: null,
    trial_end: null,
    unit_label: null,
    voided_at: null,
  }
  const dearly = 9_007_199_254_000_000 + version
  return {
    ...nothing,
    active: version % 3 !== 0,
    amount: -dearly,
    amount_off: version,
    attempt_count: 0,
    // Some become available by themselves, days later.
    available_on: at + (version % 4) * 2 * 86_400 + 40_000,
    billing_reason: 'manual',
    country: 'US',
    currency: version % 2 ? 'kwd' : 'jpy',
    customer: 'cus_1',
    delinquent: version % 2 === 0,
    duration: 'once',
    fee: 1,
    inclusive: false,
    interval: 'month',
    items: [],
    lines: [],
    metadata: { 'a "key"': `{"${version}\n`, stripe: '\\' },
    next_invoice_sequence: version,
    period_end: at,
    period_start: at,
    phone: version % 2 ? `+${version}` : null,
    payouts_enabled: version % 2 === 0,
    price: 'price_1',
    product: 'prod_1',
    products: [],
    proration: false,
    quantity: version,
    refunded: false,
    status: version % 2 ? 'open' : 'paid',
    tiered: version % 2 === 0,
    times_redeemed: version,
    total: dearly,
    type: 'charge',
    unit_amount: 99_990_000 + version,
    unit_amount_decimal: `${99_990_000 + version}.123456789012`,
    updated: at,
    usage_type: 'licensed',
    [stamp]: `v${version}`,
  }
}
