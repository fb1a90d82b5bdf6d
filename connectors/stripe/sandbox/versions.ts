import type { Json, JsonObject } from 'millrace'

/** How an API version shows an object that is described in the newest one. https://docs.stripe.com/upgrades */
export type ApiVersion = {
  readonly name: string
  readonly object: (whole: JsonObject) => JsonObject
  readonly line: (whole: JsonObject) => JsonObject
  readonly item: (whole: JsonObject) => JsonObject
}

const asItIs = (whole: JsonObject) => whole

/** The version that stripe 23.1.0 is made for. */
export const newestVersion: ApiVersion = { name: '2026-10-28.endive', object: asItIs, line: asItIs, item: asItIs }

/** The account's own: what events are written in, and what a request without `Stripe-Version` gets. */
export const olderVersion: ApiVersion = { name: '2022-08-01', object: objectOf2022, line: lineOf2022, item: itemOf2022 }

export const findVersion = (name: string | null): ApiVersion | undefined =>
  name === null ? olderVersion : [newestVersion, olderVersion].find((version) => version.name === name)

function objectOf2022(whole: JsonObject): JsonObject {
  switch (whole.object) {
    case 'customer':
      return {
        ...without(whole, ['business_name', 'individual_name', 'customer_account']),
        default_currency: whole.currency ?? null,
      }
    case 'product':
      return { ...without(whole, ['marketing_features', 'tax_details']), attributes: [], features: [] }
    case 'subscription':
      return subscriptionOf2022(whole)
    case 'invoice':
      return invoiceOf2022(whole)
    case 'payment_intent':
      return {
        ...without(whole, ['latest_charge', 'payment_record', 'customer_account', 'managed_payments']),
        charges: { object: 'list', data: [], has_more: false, url: `/v1/charges?payment_intent=${String(whole.id)}` },
      }
    case 'charge':
      return {
        ...without(whole, ['presentment_details']),
        refunds: {
          object: 'list',
          data: [],
          has_more: false,
          total_count: 0,
          url: `/v1/charges/${String(whole.id)}/refunds`,
        },
      }
    default:
      return whole
  }
}

/** The period stood on the subscription, and one plan on top: https://docs.stripe.com/changelog/basil/2025-03-31 */
function subscriptionOf2022(whole: JsonObject): JsonObject {
  const items = listOf(whole.items)
  const [first] = items
  return {
    ...without(whole, [
      'billing_mode',
      'billing_schedules',
      'managed_payments',
      'customer_account',
      'discounts',
      'billing_cycle_anchor_config',
    ]),
    current_period_end: first?.current_period_end ?? null,
    current_period_start: first?.current_period_start ?? null,
    discount: null,
    items: { ...objectOrEmpty(whole.items), data: items.map(itemOf2022) },
    plan: items.length === 1 ? (first?.plan ?? null) : null,
    quantity: items.length === 1 ? (first?.quantity ?? null) : null,
  }
}

function invoiceOf2022(whole: JsonObject): JsonObject {
  const parent = objectOrEmpty(objectOrEmpty(whole.parent).subscription_details)
  return {
    ...without(whole, [
      'parent',
      'amount_overpaid',
      'total_taxes',
      'customer_account',
      'automatically_finalizes_at',
      'total_pretax_credit_amounts',
    ]),
    charge: null,
    discount: null,
    lines: { ...objectOrEmpty(whole.lines), data: listOf(whole.lines).map(lineOf2022) },
    paid: whole.status === 'paid',
    paid_out_of_band: false,
    payment_intent: null,
    subscription: parent.subscription ?? null,
    tax: null,
    total_tax_amounts: [],
  }
}

function lineOf2022(whole: JsonObject): JsonObject {
  const details = objectOrEmpty(objectOrEmpty(whole.parent).subscription_item_details)
  return {
    ...without(whole, ['parent', 'pricing', 'taxes', 'quantity_decimal', 'subtotal', 'pretax_credit_amounts']),
    price: { id: objectOrEmpty(objectOrEmpty(whole.pricing).price_details).price ?? null, object: 'price' },
    proration: details.proration ?? false,
    subscription_item: details.subscription_item ?? null,
    tax_amounts: [],
    tax_rates: [],
    type: 'subscription',
  }
}

function itemOf2022(whole: JsonObject): JsonObject {
  return without(whole, ['current_period_end', 'current_period_start', 'current_trial', 'discounts'])
}

const without = (whole: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => !names.includes(name)))

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const objectOrEmpty = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})

function listOf(value: Json | undefined): readonly JsonObject[] {
  const { data } = objectOrEmpty(value)
  return Array.isArray(data) ? data.filter(isObject) : []
}
