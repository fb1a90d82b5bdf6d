import { collection, inRange, is, partsOf, type Endpoint } from './collection.ts'
import { describeCheckoutLine } from './objects/checkout.ts'
import { findPrice } from './objects/describe.ts'

export const paymentEndpoints: readonly Endpoint[] = [
  // https://docs.stripe.com/api/payment_intents/list
  ...collection({
    stored: 'payment_intents',
    noun: 'payment_intent',
    permission: 'rak_payment_intent_read',
    takes: { customer: 'string' },
    matches: (record, { strings }) => is(strings.customer, record.customer),
  }),
  // https://docs.stripe.com/api/setup_intents/list
  ...collection({
    stored: 'setup_intents',
    noun: 'setupintent',
    permission: 'rak_setup_intent_read',
    takes: { customer: 'string', attach_to_self: 'boolean', payment_method: 'string' },
    matches: (record, { strings }) =>
      is(strings.customer, record.customer) &&
      is(strings.attach_to_self, 'false') &&
      is(strings.payment_method, record.id.replace('seti_', 'pm_')),
  }),
  // https://docs.stripe.com/api/refunds/list
  ...collection({
    stored: 'refunds',
    noun: 'refund',
    permission: 'rak_charge_read',
    takes: { charge: 'string', payment_intent: 'string' },
    matches: (record, { strings }) =>
      is(strings.charge, record.charge) && is(strings.payment_intent, record.payment_intent),
  }),
  // https://docs.stripe.com/api/disputes/list
  ...collection({
    stored: 'disputes',
    noun: 'dispute',
    permission: 'rak_dispute_read',
    takes: { charge: 'string', payment_intent: 'string' },
    matches: (record, { strings }) =>
      is(strings.charge, record.charge) && is(strings.payment_intent, record.payment_intent),
  }),
  // https://docs.stripe.com/api/balance_transactions/list
  ...collection({
    stored: 'balance_transactions',
    noun: 'balance_transaction',
    permission: 'rak_balance_transaction_source_read',
    takes: { currency: 'string', payout: 'string', source: 'string', type: 'string' },
    matches: (record, { strings }) =>
      is(strings.currency, record.currency) &&
      is(strings.payout, record.payout) &&
      is(strings.source, record.source) &&
      is(strings.type, record.type),
  }),
  // https://docs.stripe.com/api/payouts/list
  ...collection({
    stored: 'payouts',
    noun: 'payout',
    permission: 'rak_payout_read',
    takes: { arrival_date: 'range', destination: 'string', status: 'string' },
    matches: (record, { strings, ranges }) =>
      inRange(record.arrival_date, ranges.arrival_date) &&
      is(strings.destination, 'ba_1MillraceSandbox') &&
      is(strings.status, record.status),
  }),
  // https://docs.stripe.com/api/checkout/sessions/list
  ...collection({
    stored: 'checkout_sessions',
    path: '/v1/checkout/sessions',
    noun: 'checkout.session',
    permission: 'rak_checkout_session_read',
    takes: {
      customer: 'string',
      payment_intent: 'string',
      payment_link: 'string',
      subscription: 'string',
      status: ['complete', 'expired', 'open'],
    },
    expandable: ['line_items'],
    matches: (record, { strings }) =>
      is(strings.customer, record.customer) &&
      is(strings.subscription, record.subscription) &&
      is(strings.status, record.status) &&
      is(strings.payment_intent, null) &&
      is(strings.payment_link, null),
  }),
  // https://docs.stripe.com/api/checkout/sessions/line_items
  partsOf({
    stored: 'checkout_sessions',
    path: '/v1/checkout/sessions/:id/line_items',
    noun: 'checkout.session',
    partNoun: 'item',
    permission: 'rak_checkout_session_read',
    parts: ({ lines }) => lines,
    describe: (line, session, { context: { store } }) => describeCheckoutLine(line, session, findPrice(store)),
  }),
]
