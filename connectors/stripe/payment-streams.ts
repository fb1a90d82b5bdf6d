/** What money moves through. https://docs.stripe.com/api */
import {
  balanceTransaction,
  checkoutLine,
  checkoutSession,
  dispute,
  paymentIntent,
  payout,
  refund,
  setupIntent,
} from './payment-columns.ts'
import { inCurrency, listOf, type StripeStream } from './stream-table.ts'

export const paymentStreams: readonly StripeStream[] = [
  {
    name: 'payment_intents',
    docs: 'https://docs.stripe.com/api/payment_intents/list',
    path: '/v1/payment_intents',
    columns: paymentIntent,
    enumerates: false,
    events: {
      own: [
        'payment_intent.amount_capturable_updated',
        'payment_intent.canceled',
        'payment_intent.created',
        'payment_intent.partially_funded',
        'payment_intent.payment_failed',
        'payment_intent.processing',
        'payment_intent.requires_action',
        'payment_intent.succeeded',
      ],
      by: { payment_intent: ['charge.captured', 'charge.refunded', 'charge.succeeded', 'charge.updated'] },
    },
    // There is no `payment_intent.updated`: an edit of the amount, the metadata, the payment method is not told.
    untold: { daily: 7 },
    minorUnits: inCurrency('amount amount_capturable amount_received application_fee_amount'),
  },
  {
    name: 'setup_intents',
    docs: 'https://docs.stripe.com/api/setup_intents/list',
    path: '/v1/setup_intents',
    columns: setupIntent,
    enumerates: false,
    events: {
      own: [
        'setup_intent.canceled',
        'setup_intent.created',
        'setup_intent.requires_action',
        'setup_intent.setup_failed',
        'setup_intent.succeeded',
      ],
    },
    // As of payment intents.
    untold: { daily: 7 },
  },
  {
    name: 'refunds',
    docs: 'https://docs.stripe.com/api/refunds/list',
    path: '/v1/refunds',
    columns: refund,
    enumerates: false,
    events: {
      // `charge.refund.updated` is the older name, whose object is the refund too.
      own: ['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated'],
    },
    // As of charges: what a reversal takes back (`pyr_…`).
    untold: { isNew: true, daily: 7 },
    minorUnits: inCurrency('amount'),
  },
  {
    name: 'disputes',
    docs: 'https://docs.stripe.com/api/disputes/list',
    path: '/v1/disputes',
    columns: dispute,
    enumerates: false,
    events: {
      own: [
        'charge.dispute.created',
        'charge.dispute.updated',
        'charge.dispute.closed',
        'charge.dispute.funds_reinstated',
        'charge.dispute.funds_withdrawn',
      ],
    },
    minorUnits: inCurrency('amount'),
  },
  {
    name: 'balance_transactions',
    docs: 'https://docs.stripe.com/api/balance_transactions/list',
    path: '/v1/balance_transactions',
    columns: balanceTransaction,
    enumerates: false,
    events: null,
    // Never changed but for `status`, pending → available: 31 days is the longest delay of payouts that can be set.
    untold: { isNew: true, daily: 45 },
    minorUnits: inCurrency('amount fee net'),
  },
  {
    name: 'payouts',
    docs: 'https://docs.stripe.com/api/payouts/list',
    path: '/v1/payouts',
    columns: payout,
    enumerates: false,
    events: {
      own: [
        'payout.canceled',
        'payout.created',
        'payout.failed',
        'payout.paid',
        'payout.reconciliation_completed',
        'payout.updated',
      ],
    },
    minorUnits: inCurrency('amount application_fee_amount'),
  },
  {
    name: 'checkout_sessions',
    docs: 'https://docs.stripe.com/api/checkout/sessions/list',
    path: '/v1/checkout/sessions',
    columns: checkoutSession,
    expand: ['line_items'],
    enumerates: false,
    events: {
      own: [
        'checkout.session.async_payment_failed',
        'checkout.session.async_payment_succeeded',
        'checkout.session.completed',
        'checkout.session.expired',
      ],
    },
    // Its end is told, its beginning is not. It lives for a day at most.
    untold: { isNew: true },
    minorUnits: inCurrency('amount_subtotal amount_total'),
    children: [
      {
        name: 'checkout_session_line_items',
        docs: 'https://docs.stripe.com/api/checkout/sessions/line_items',
        columns: checkoutLine,
        field: 'line_items',
        // In setup mode nothing is sold.
        noneWhere: { field: 'mode', is: 'setup' },
        parent: 'checkout_session',
        taken: { checkout_session: 'id' },
        list: listOf('checkout/sessions', 'line_items'),
        minorUnits: inCurrency('amount_discount amount_subtotal amount_tax amount_total'),
      },
    ],
  },
]
