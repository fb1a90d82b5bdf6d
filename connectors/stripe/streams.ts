/**
 * The streams as data: a further one is a further entry. What a list endpoint, its events and its embedded lists are is
 * the vendor's business, and stands here; how they are read is in list-pass.ts, event-pass.ts and child-sets.ts.
 */
import {
  charge,
  customer,
  invoice,
  invoiceLine,
  price,
  product,
  subscription,
  subscriptionItem,
  type Columns,
} from './columns.ts'

export type StripeStream = {
  readonly name: string
  readonly docs: string
  /** Of its list; one object is at `<path>/<id>`. */
  readonly path: string
  readonly columns: Columns
  /** What is asked for, in so many passes: some lists leave things out unless they are asked for them. @default one, with nothing */
  readonly passes?: readonly Query[]
  /** Fields that come only when they are expanded. */
  readonly expand?: readonly string[]
  /** A pass lists everything that is not deleted: what it did not list is gone. */
  readonly enumerates: boolean
  readonly events: EventTypes
  readonly children?: readonly StripeChild[]
}

/** Where a stream's changes come from: at most twenty types, which is what one list of events takes. */
export type EventTypes = {
  /** Events whose object is the stream's own. */
  readonly own: readonly string[]
  /** Events of other objects that change it, by the field that holds its id. */
  readonly by?: { readonly [field: string]: readonly string[] }
  /** These say that it is gone for good. */
  readonly deleted?: string
}

export type StripeChild = {
  readonly name: string
  readonly docs: string
  readonly columns: Columns
  /** The parent's field with the embedded list: its first ten. */
  readonly field: string
  /** The child's field with its parent's id. */
  readonly parent: string
  /** The whole list of one parent. */
  readonly list: (parent: string) => { readonly path: string; readonly query: Query }
}

export type Query = { readonly [name: string]: string | number }

export const stripeStreams: readonly StripeStream[] = [
  {
    name: 'customers',
    docs: 'https://docs.stripe.com/api/customers/list',
    path: '/v1/customers',
    columns: customer,
    enumerates: true,
    events: {
      own: ['customer.created', 'customer.updated', 'customer.deleted'],
      by: { customer: ['customer.discount.created', 'customer.discount.updated', 'customer.discount.deleted'] },
      deleted: 'customer.deleted',
    },
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
        list: (subscription) => ({ path: '/v1/subscription_items', query: { subscription } }),
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
    children: [
      {
        name: 'invoice_line_items',
        docs: 'https://docs.stripe.com/api/invoice-line-item/retrieve',
        columns: invoiceLine,
        field: 'lines',
        parent: 'invoice',
        list: (invoice) => ({ path: `/v1/invoices/${encodeURIComponent(invoice)}/lines`, query: {} }),
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
  },
]

/** Every name that a sync may ask for. */
export const streamNames: readonly string[] = stripeStreams.flatMap(({ name, children = [] }) => [
  name,
  ...children.map((child) => child.name),
])
