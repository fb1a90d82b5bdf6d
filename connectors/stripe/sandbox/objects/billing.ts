import type { JsonObject } from 'millrace'
import type { CreditLineRecord, CreditNoteRecord, InvoiceItemRecord, ScheduleRecord } from '../records-catalogue.ts'
import { embedList } from './embedded-list.ts'
import type { FindPrice } from './subscription.ts'

/** https://docs.stripe.com/api/invoiceitems/object */
export const describeInvoiceItem = (record: InvoiceItemRecord, price: FindPrice): JsonObject => ({
  id: record.id,
  object: 'invoiceitem',
  amount: record.amount,
  currency: record.currency,
  customer: record.customer,
  customer_account: null,
  date: record.created,
  description: record.description,
  discountable: !record.proration,
  discounts: [],
  invoice: record.invoice,
  livemode: false,
  metadata: {},
  net_amount: record.amount,
  parent:
    record.subscription === null
      ? null
      : { subscription_details: { subscription: record.subscription }, type: 'subscription_details' },
  period: { end: record.created, start: record.created },
  pricing: {
    price_details: { price: record.price, product: price(record.price).product },
    type: 'price_details',
    unit_amount_decimal: price(record.price).unit_amount_decimal,
  },
  proration: record.proration,
  quantity: record.quantity,
  quantity_decimal: String(record.quantity),
  tax_rates: [],
  test_clock: null,
})

/** https://docs.stripe.com/api/subscription_schedules/object */
export const describeSchedule = (record: ScheduleRecord): JsonObject => ({
  id: record.id,
  object: 'subscription_schedule',
  application: null,
  billing_mode: { flexible: null, type: 'classic' },
  canceled_at: record.status === 'canceled' ? record.ended_at : null,
  completed_at: null,
  created: record.created,
  current_phase: record.status === 'active' ? { end_date: record.phase.end, start_date: record.phase.start } : null,
  customer: record.customer,
  customer_account: null,
  default_settings: {
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: 'automatic',
    billing_thresholds: null,
    collection_method: 'charge_automatically',
    default_payment_method: null,
    description: null,
    invoice_settings: { account_tax_ids: null, days_until_due: null, issuer: { type: 'self' } },
    on_behalf_of: null,
    transfer_data: null,
  },
  end_behavior: 'release',
  livemode: false,
  metadata: {},
  pause_schedules: [],
  phases: [
    {
      add_invoice_items: [],
      application_fee_percent: null,
      billing_cycle_anchor: null,
      collection_method: null,
      billing_thresholds: null,
      currency: record.phase.currency,
      default_payment_method: null,
      description: null,
      discounts: [],
      end_date: record.phase.end,
      invoice_settings: null,
      items: [
        {
          billing_thresholds: null,
          discounts: [],
          metadata: {},
          plan: record.phase.price,
          price: record.phase.price,
          quantity: 1,
        },
      ],
      metadata: {},
      on_behalf_of: null,
      proration_behavior: 'create_prorations',
      start_date: record.phase.start,
      transfer_data: null,
      trial_end: null,
    },
  ],
  released_at: record.status === 'released' ? record.ended_at : null,
  released_subscription: record.status === 'released' ? record.subscription : null,
  status: record.status,
  subscription: record.status === 'released' ? null : record.subscription,
  test_clock: null,
})

/** https://docs.stripe.com/api/credit_notes/object */
export const describeCreditNote = (record: CreditNoteRecord): JsonObject => {
  const amount = creditedBy(record)
  return {
    id: record.id,
    object: 'credit_note',
    amount,
    amount_shipping: 0,
    created: record.created,
    currency: record.currency,
    customer: record.customer,
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: record.created,
    invoice: record.invoice,
    lines: embedList(`/v1/credit_notes/${record.id}/lines`, record.lines, describeCreditLine),
    livemode: false,
    memo: record.memo,
    metadata: {},
    number: record.number,
    out_of_band_amount: amount,
    pdf: `https://pay.stripe.com/credit_notes/acct_sandbox/${record.id}/pdf?s=ap`,
    post_payment_amount: amount,
    pre_payment_amount: 0,
    pretax_credit_amounts: [],
    reason: record.reason,
    refunds: [],
    shipping_cost: null,
    status: record.status,
    subtotal: amount,
    subtotal_excluding_tax: amount,
    total: amount,
    total_excluding_tax: amount,
    total_taxes: [],
    type: 'post_payment',
    voided_at: record.voided_at,
  }
}

/** https://docs.stripe.com/api/credit_notes/line_item */
export const describeCreditLine = (line: CreditLineRecord): JsonObject => ({
  id: line.id,
  object: 'credit_note_line_item',
  amount: line.amount,
  description: line.description,
  discount_amount: 0,
  discount_amounts: [],
  invoice_line_item: line.invoice_line_item,
  livemode: false,
  metadata: {},
  pretax_credit_amounts: [],
  quantity: line.quantity,
  tax_rates: [],
  taxes: [],
  type: 'invoice_line_item',
  unit_amount: null,
  unit_amount_decimal: null,
})

export const creditedBy = ({ lines }: CreditNoteRecord) => lines.reduce((sum, { amount }) => sum + amount, 0)
