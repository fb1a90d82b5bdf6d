import type { JsonObject } from 'millrace'
import type { CheckoutLineRecord, CheckoutSessionRecord } from '../records-money.ts'
import { embedList } from './embedded-list.ts'
import { describePrice } from './price.ts'
import type { FindPrice } from './subscription.ts'

/** https://docs.stripe.com/api/checkout/sessions/object */
export const describeSession = (
  record: CheckoutSessionRecord,
  { price, expand }: { readonly price: FindPrice; readonly expand: ReadonlySet<string> },
): JsonObject => {
  const amount = record.lines.reduce((sum, line) => sum + line.amount, 0)
  const isComplete = record.status === 'complete'
  // It keeps a payment method for later, and sells nothing.
  const isSetup = record.lines.length === 0
  return {
    id: record.id,
    object: 'checkout.session',
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: isSetup ? null : amount,
    amount_total: isSetup ? null : amount,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: 'https://acme.test/cancel',
    client_reference_id: null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: record.created,
    currency: record.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: record.customer,
    customer_account: null,
    customer_creation: 'always',
    customer_details: isComplete
      ? {
          address: null,
          business_name: null,
          email: record.customer_email,
          individual_name: null,
          name: null,
          phone: null,
          tax_exempt: 'none',
          tax_ids: [],
        }
      : null,
    customer_email: record.customer_email,
    discounts: [],
    expires_at: record.created + 86_400,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    ...(expand.has('line_items') && {
      line_items: isSetup
        ? null
        : embedList(`/v1/checkout/sessions/${record.id}/line_items`, record.lines, (line) =>
            describeCheckoutLine(line, record, price),
          ),
    }),
    livemode: false,
    locale: null,
    managed_payments: null,
    metadata: {},
    mode: isSetup ? 'setup' : 'subscription',
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: 'always',
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_status: isSetup ? 'no_payment_required' : isComplete ? 'paid' : 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: record.status,
    submit_type: null,
    subscription: record.subscription,
    success_url: 'https://acme.test/success',
    total_details: isSetup ? null : { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: record.status === 'open' ? `https://checkout.stripe.com/c/pay/${record.id}` : null,
    wallet_options: null,
  }
}

/** https://docs.stripe.com/api/checkout/sessions/line_items */
export const describeCheckoutLine = (
  line: CheckoutLineRecord,
  session: CheckoutSessionRecord,
  price: FindPrice,
): JsonObject => ({
  id: line.id,
  object: 'item',
  adjustable_quantity: null,
  amount_discount: 0,
  amount_subtotal: line.amount,
  amount_tax: 0,
  amount_total: line.amount,
  currency: session.currency,
  description: line.description,
  metadata: {},
  price: describePrice(price(line.price), new Set()),
  quantity: line.quantity,
})
