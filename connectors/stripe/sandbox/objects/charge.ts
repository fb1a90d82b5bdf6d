import type { JsonObject } from 'millrace'
import type { ChargeRecord } from '../records.ts'

/** https://docs.stripe.com/api/charges/object */
export const describeCharge = (record: ChargeRecord): JsonObject => ({
  id: record.id,
  object: 'charge',
  amount: record.amount,
  amount_captured: record.status === 'succeeded' ? record.amount : 0,
  amount_refunded: record.refunded ? record.amount : 0,
  application: null,
  application_fee: record.application_fee ?? null,
  application_fee_amount: record.application_fee === undefined ? null : feeOf(record.amount),
  balance_transaction: record.status === 'succeeded' ? record.id.replace(/^(ch|py)_/, 'txn_') : null,
  billing_details: { address: null, email: record.email, name: record.name, phone: null, tax_id: null },
  calculated_statement_descriptor: 'ACME',
  captured: record.status === 'succeeded',
  created: record.created,
  currency: record.currency,
  customer: record.source_transfer === undefined ? record.customer : null,
  description: record.description,
  disputed: record.disputed ?? false,
  failure_balance_transaction: null,
  failure_code: record.status === 'failed' ? 'card_declined' : null,
  failure_message: record.status === 'failed' ? 'Your card was declined.' : null,
  fraud_details: {},
  livemode: false,
  metadata: {},
  on_behalf_of: null,
  outcome: record.status === 'failed' ? declined : authorized,
  paid: record.status === 'succeeded',
  payment_intent: record.id.replace('ch_', 'pi_'),
  payment_method: record.id.replace('ch_', 'pm_'),
  payment_method_details: { card, type: 'card' },
  radar_options: {},
  receipt_email: null,
  receipt_number: null,
  receipt_url: record.status === 'succeeded' ? `https://pay.stripe.com/receipts/${record.id}` : null,
  refunded: record.refunded,
  review: null,
  shipping: null,
  source: null,
  source_transfer: record.source_transfer ?? null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  status: record.status,
  transfer_data: null,
  transfer_group: null,
  ...(record.source_transfer !== undefined && ofTransfer),
})

/** What the platform takes of a connected account's charge. */
export const feeOf = (amount: number) => Math.round(amount / 20)

const authorized: JsonObject = {
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  network_status: 'approved_by_network',
  reason: null,
  risk_level: 'normal',
  risk_score: 12,
  seller_message: 'Payment complete.',
  type: 'authorized',
}

const declined: JsonObject = {
  ...authorized,
  advice_code: 'try_again_later',
  network_decline_code: '05',
  network_status: 'declined_by_network',
  reason: 'generic_decline',
  seller_message: 'The bank did not return any further details with this decline.',
  type: 'issuer_declined',
}

/** Between two accounts of Stripe. */
const ofTransfer: JsonObject = {
  calculated_statement_descriptor: null,
  outcome: null,
  payment_intent: null,
  payment_method: null,
  payment_method_details: { stripe_account: {}, type: 'stripe_account' },
}

const card: JsonObject = {
  amount_authorized: null,
  authorization_code: null,
  brand: 'visa',
  checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
  country: 'US',
  electronic_commerce_indicator: null,
  exp_month: 8,
  exp_year: 2031,
  extended_authorization: { status: 'disabled' },
  fingerprint: 'mToisGZ01V71BCos',
  funding: 'credit',
  incremental_authorization: { status: 'unavailable' },
  installments: null,
  last4: '4242',
  mandate: null,
  multicapture: { status: 'unavailable' },
  network: 'visa',
  network_token: { used: false },
  network_transaction_id: '104102978678771',
  overcapture: { maximum_amount_capturable: 0, status: 'unavailable' },
  regulated_status: 'unregulated',
  three_d_secure: null,
  transaction_link_id: null,
  wallet: null,
}
