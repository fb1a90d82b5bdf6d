/**
 * The streams as data (see stream-table.ts): a further one is a further entry. What a list endpoint, its events and its
 * embedded lists are is the vendor's business, and stands here; how they are read is in list-pass.ts, event-pass.ts and child-sets.ts.
 */
import { billingStreams } from './billing-streams.ts'
import { charge, customer, invoice, invoiceLine, price, product, subscription, subscriptionItem } from './columns.ts'
import { paymentStreams } from './payment-streams.ts'
import { platformStreams } from './platform-streams.ts'
import { inCurrency, listOf, type StripeStream } from './stream-table.ts'

const coreStreams: readonly StripeStream[] = [
  {
    name: 'customers',
    docs: 'https://docs.stripe.com/api/customers/list',
    path: '/v1/customers',
    columns: customer,
    enumerates: true,
    hidesTestClocks: true,
    events: {
      own: ['customer.created', 'customer.updated', 'customer.deleted'],
      by: { customer: ['customer.discount.created', 'customer.discount.updated', 'customer.discount.deleted'] },
      deleted: 'customer.deleted',
    },
    minorUnits: inCurrency('balance'),
  },
  {
    name: 'products',
    docs: 'https://docs.stripe.com/api/products/list',
    path: '/v1/products',
    columns: product,
    enumerates: true,
    events: { own: ['product.created', 'product.updated', 'product.deleted'], deleted: 'product.deleted' },
  },
  {
    name: 'prices',
    docs: 'https://docs.stripe.com/api/prices/list',
    path: '/v1/prices',
    columns: price,
    // Active ones unless it is asked for the others.
    passes: [{ active: 'true' }, { active: 'false' }],
    expand: ['tiers', 'currency_options'],
    // Prices that were made inline (`price_data`) are never listed, though their events come.
    enumerates: false,
    events: { own: ['price.created', 'price.updated', 'price.deleted'], deleted: 'price.deleted' },
    minorUnits: inCurrency('unit_amount unit_amount_decimal'),
  },
  {
    name: 'subscriptions',
    docs: 'https://docs.stripe.com/api/subscriptions/list',
    path: '/v1/subscriptions',
    columns: subscription,
    // Without it, canceled ones are left out.
    passes: [{ status: 'all' }],
    // Never deleted, only canceled; of a deleted customer's it is not documented that they stay listed.
    enumerates: false,
    hidesTestClocks: true,
    events: {
      own: [
        'customer.subscription.created',
        'customer.subscription.updated',
        // Cancelled, that is: the subscription can still be read.
        'customer.subscription.deleted',
        'customer.subscription.paused',
        'customer.subscription.resumed',
        'customer.subscription.pending_update_applied',
        'customer.subscription.pending_update_expired',
        'customer.subscription.trial_will_end',
      ],
    },
    children: [
      {
        name: 'subscription_items',
        docs: 'https://docs.stripe.com/api/subscription_items/list',
        columns: subscriptionItem,
        field: 'items',
        parent: 'subscription',
        list: (subscription) => ({
          path: '/v1/subscription_items',
          endpoint: '/v1/subscription_items',
          query: { subscription },
        }),
      },
    ],
  },
  {
    name: 'invoices',
    docs: 'https://docs.stripe.com/api/invoices/list',
    path: '/v1/invoices',
    columns: invoice,
    // Drafts can be deleted.
    enumerates: true,
    events: {
      // `invoice.upcoming` is left out: a preview without an id.
      own: [
        'invoice.created',
        'invoice.updated',
        'invoice.deleted',
        'invoice.finalized',
        'invoice.finalization_failed',
        'invoice.marked_uncollectible',
        'invoice.overdue',
        'invoice.overpaid',
        'invoice.paid',
        'invoice.payment_action_required',
        'invoice.payment_attempt_required',
        'invoice.payment_failed',
        'invoice.payment_succeeded',
        'invoice.sent',
        'invoice.voided',
        'invoice.will_be_due',
      ],
      by: { invoice: ['invoice_payment.paid', 'credit_note.created', 'credit_note.updated', 'credit_note.voided'] },
      deleted: 'invoice.deleted',
    },
    minorUnits: inCurrency(
      'amount_due amount_overpaid amount_paid amount_paid_off_stripe amount_remaining amount_shipping ending_balance ' +
        'post_payment_credit_notes_amount pre_payment_credit_notes_amount starting_balance subtotal ' +
        'subtotal_excluding_tax total total_excluding_tax',
    ),
    children: [
      {
        name: 'invoice_line_items',
        docs: 'https://docs.stripe.com/api/invoice-line-item/retrieve',
        columns: invoiceLine,
        field: 'lines',
        parent: 'invoice',
        list: listOf('invoices', 'lines'),
        minorUnits: inCurrency('amount subtotal'),
      },
    ],
  },
  {
    name: 'charges',
    docs: 'https://docs.stripe.com/api/charges/list',
    path: '/v1/charges',
    columns: charge,
    // Never deleted.
    enumerates: false,
    events: {
      own: [
        'charge.captured',
        'charge.expired',
        'charge.failed',
        'charge.pending',
        'charge.refunded',
        'charge.succeeded',
        'charge.updated',
      ],
      by: {
        charge: [
          'charge.dispute.created',
          'charge.dispute.updated',
          'charge.dispute.closed',
          'charge.dispute.funds_reinstated',
          'charge.dispute.funds_withdrawn',
          'charge.refund.updated',
          'refund.created',
          'refund.updated',
          'refund.failed',
        ],
      },
    },
    // What a transfer or a destination charge leaves in a connected account (`py_…`) has no event that Stripe publishes.
    untold: { isNew: true, daily: 7 },
    minorUnits: inCurrency('amount amount_captured amount_refunded application_fee_amount'),
  },
]

export const stripeStreams: readonly StripeStream[] = [
  ...coreStreams,
  ...paymentStreams,
  ...billingStreams,
  ...platformStreams,
]

/** Every name that a sync may ask for. */
export const streamNames: readonly string[] = stripeStreams.flatMap(({ name, children = [] }) => [
  name,
  ...children.map((child) => child.name),
])
