import { collection, inRange, is, partsOf, type Endpoint } from './collection.ts'
import { describeCreditLine } from './objects/billing.ts'

export const billingEndpoints: readonly Endpoint[] = [
  // https://docs.stripe.com/api/invoiceitems/list
  ...collection({
    stored: 'invoice_items',
    path: '/v1/invoiceitems',
    noun: 'invoiceitem',
    permission: 'rak_invoice_read',
    by: { customer: 'string', invoice: 'string' },
    takes: { pending: 'boolean' },
    matches: ({ invoice }, { strings }) => is(strings.pending, String(invoice === null)),
  }),
  // https://docs.stripe.com/api/subscription_schedules/list
  ...collection({
    stored: 'subscription_schedules',
    noun: 'subscription_schedule',
    permission: 'rak_subscription_read',
    by: { customer: 'string' },
    takes: { scheduled: 'boolean', canceled_at: 'range', completed_at: 'range', released_at: 'range' },
    matches: (record, { strings, ranges }) =>
      is(strings.scheduled, 'false') &&
      inRange(record.status === 'canceled' ? record.ended_at : null, ranges.canceled_at) &&
      inRange(null, ranges.completed_at) &&
      inRange(record.status === 'released' ? record.ended_at : null, ranges.released_at),
  }),
  // https://docs.stripe.com/api/plans/list
  ...collection({
    stored: 'plans',
    noun: 'plan',
    permission: 'rak_plan_read',
    by: { active: 'boolean', product: 'string' },
    expandable: ['tiers'],
  }),
  // https://docs.stripe.com/api/coupons/list
  ...collection({
    stored: 'coupons',
    noun: 'coupon',
    permission: 'rak_coupon_read',
    expandable: ['applies_to', 'currency_options'],
  }),
  // https://docs.stripe.com/api/promotion_codes/list
  ...collection({
    stored: 'promotion_codes',
    noun: 'promotion code',
    permission: 'rak_promotion_code_read',
    by: { active: 'boolean', code: 'string', coupon: 'string', customer: 'string' },
  }),
  // https://docs.stripe.com/api/credit_notes/list
  ...collection({
    stored: 'credit_notes',
    noun: 'credit_note',
    permission: 'rak_credit_note_read',
    by: { customer: 'string', invoice: 'string' },
  }),
  // https://docs.stripe.com/api/credit_notes/lines
  partsOf({
    stored: 'credit_notes',
    path: '/v1/credit_notes/:id/lines',
    noun: 'credit_note',
    partNoun: 'credit_note_line_item',
    permission: 'rak_credit_note_read',
    parts: ({ lines }) => lines,
    describe: (line) => describeCreditLine(line),
  }),
  // https://docs.stripe.com/api/tax_rates/list
  ...collection({
    stored: 'tax_rates',
    noun: 'tax_rate',
    permission: 'rak_tax_rate_read',
    by: { active: 'boolean', inclusive: 'boolean' },
  }),
]
