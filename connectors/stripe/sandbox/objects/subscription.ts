import type { JsonObject } from 'millrace'
import type { ItemRecord, PriceRecord, SubscriptionRecord } from '../records.ts'
import { embedList } from './embedded-list.ts'
import { describePlan, describePrice } from './price.ts'

/** https://docs.stripe.com/api/subscriptions/object */
export const describeSubscription = (record: SubscriptionRecord, price: FindPrice): JsonObject => ({
  id: record.id,
  object: 'subscription',
  application: null,
  application_fee_percent: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_cycle_anchor: record.created,
  billing_cycle_anchor_config: null,
  billing_mode: { flexible: null, type: 'classic' },
  billing_schedules: [],
  billing_thresholds: null,
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: record.canceled_at,
  cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: record.cancellation_reason },
  collection_method: 'charge_automatically',
  created: record.created,
  currency: record.currency,
  customer: record.customer,
  customer_account: null,
  days_until_due: null,
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  ended_at: record.canceled_at,
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: { type: 'self' },
  },
  items: embedList(`/v1/subscription_items?subscription=${record.id}`, record.items, (item) =>
    describeItem(item, record, price),
  ),
  latest_invoice: record.latest_invoice,
  livemode: false,
  managed_payments: { enabled: false },
  metadata: record.metadata,
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pause_collection: null,
  payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  schedule: record.schedule ?? null,
  start_date: record.created,
  status: record.status,
  test_clock: null,
  transfer_data: null,
  trial_end: record.trial_end,
  trial_settings: { end_behavior: { missing_payment_method: 'create_invoice' } },
  trial_start: record.trial_end === null ? null : record.created,
})

/** https://docs.stripe.com/api/subscription_items/object */
export const describeItem = (item: ItemRecord, parent: SubscriptionRecord, price: FindPrice): JsonObject => ({
  id: item.id,
  object: 'subscription_item',
  billing_thresholds: null,
  created: item.created,
  current_period_end: parent.period_end,
  current_period_start: parent.period_start,
  current_trial: null,
  discounts: [],
  metadata: item.metadata,
  plan: describePlan(price(item.price)),
  price: describePrice(price(item.price), new Set()),
  quantity: item.quantity,
  subscription: parent.id,
  tax_rates: [],
})

export type FindPrice = (id: string) => PriceRecord
