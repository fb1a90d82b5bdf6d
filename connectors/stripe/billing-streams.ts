/** What is billed, and what the catalogue has beside products and prices. https://docs.stripe.com/api */
import {
  coupon,
  creditNote,
  creditNoteLine,
  invoiceItem,
  plan,
  promotionCode,
  subscriptionSchedule,
  taxRate,
} from './billing-columns.ts'
import { inCurrency, listOf, type StripeStream } from './stream-table.ts'

export const billingStreams: readonly StripeStream[] = [
  {
    name: 'invoice_items',
    docs: 'https://docs.stripe.com/api/invoiceitems/list',
    path: '/v1/invoiceitems',
    columns: invoiceItem,
    createdAs: 'date',
    enumerates: true,
    events: { own: ['invoiceitem.created', 'invoiceitem.deleted'], deleted: 'invoiceitem.deleted' },
    // No event tells of an edit, nor that it was put on an invoice, which may be a year later.
    untold: { daily: 'all' },
    minorUnits: inCurrency('amount net_amount'),
  },
  {
    name: 'subscription_schedules',
    docs: 'https://docs.stripe.com/api/subscription_schedules/list',
    path: '/v1/subscription_schedules',
    columns: subscriptionSchedule,
    enumerates: false,
    hidesTestClocks: true,
    events: {
      own: [
        'subscription_schedule.aborted',
        'subscription_schedule.canceled',
        'subscription_schedule.completed',
        'subscription_schedule.created',
        'subscription_schedule.expiring',
        'subscription_schedule.released',
        'subscription_schedule.updated',
      ],
    },
  },
  {
    name: 'plans',
    docs: 'https://docs.stripe.com/api/plans/list',
    path: '/v1/plans',
    columns: plan,
    expand: ['tiers'],
    // As of prices, whose old twins they are.
    enumerates: false,
    events: { own: ['plan.created', 'plan.updated', 'plan.deleted'], deleted: 'plan.deleted' },
    minorUnits: inCurrency('amount amount_decimal'),
  },
  {
    name: 'coupons',
    docs: 'https://docs.stripe.com/api/coupons/list',
    path: '/v1/coupons',
    columns: coupon,
    expand: ['applies_to', 'currency_options'],
    enumerates: true,
    events: { own: ['coupon.created', 'coupon.updated', 'coupon.deleted'], deleted: 'coupon.deleted' },
    // `times_redeemed` and `valid` move without an event.
    untold: { daily: 'all' },
    minorUnits: inCurrency('amount_off'),
  },
  {
    name: 'promotion_codes',
    docs: 'https://docs.stripe.com/api/promotion_codes/list',
    path: '/v1/promotion_codes',
    columns: promotionCode,
    // Never deleted.
    enumerates: false,
    events: { own: ['promotion_code.created', 'promotion_code.updated'] },
    // As of coupons.
    untold: { daily: 'all' },
  },
  {
    name: 'credit_notes',
    docs: 'https://docs.stripe.com/api/credit_notes/list',
    path: '/v1/credit_notes',
    columns: creditNote,
    // Never deleted, only voided.
    enumerates: false,
    events: { own: ['credit_note.created', 'credit_note.updated', 'credit_note.voided'] },
    minorUnits: inCurrency(
      `amount amount_shipping discount_amount out_of_band_amount post_payment_amount pre_payment_amount subtotal ` +
        `subtotal_excluding_tax total total_excluding_tax`,
    ),
    children: [
      {
        name: 'credit_note_line_items',
        docs: 'https://docs.stripe.com/api/credit_notes/lines',
        columns: creditNoteLine,
        field: 'lines',
        parent: 'credit_note',
        taken: { credit_note: 'id', currency: 'currency' },
        list: listOf('credit_notes', 'lines'),
        minorUnits: inCurrency('amount discount_amount unit_amount unit_amount_decimal'),
      },
    ],
  },
  {
    name: 'tax_rates',
    docs: 'https://docs.stripe.com/api/tax_rates/list',
    path: '/v1/tax_rates',
    columns: taxRate,
    // Never deleted, only archived.
    enumerates: false,
    events: { own: ['tax_rate.created', 'tax_rate.updated'] },
  },
]
