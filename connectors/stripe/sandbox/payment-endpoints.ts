import { collection, inRange, is, partsOf, type Endpoint } from './collection.ts'
import { describeCheckoutLine } from './objects/checkout.ts'
import { findPrice } from './objects/describe.ts'

export const paymentEndpoints: readonly Endpoint[] = [
  // https://docs.stripe.com/api/payment_intents/list
  ...collection({
    stored: 'payment_intents',
    noun: 'payment_intent',
    permission: 'rak_payment_intent_read',
    by: { customer: 'string' },
  }),
  // https://docs.stripe.com/api/setup_intents/list
  ...collection({
    stored: 'setup_intents',
    noun: 'setupintent',
    permission: 'rak_setup_intent_read',
    by: { customer: 'string' },
    takes: { attach_to_self: 'boolean', payment_method: 'string' },
    matches: ({ id }, { strings }) =>
      is(strings.attach_to_self, 'false') && is(strings.payment_method, id.replace('seti_', 'pm_')),
  }),
  // https://docs.stripe.com/api/refunds/list
  ...collection({
    stored: 'refunds',
    noun: 'refund',
    permission: 'rak_charge_read',
    by: { charge: 'string', payment_intent: 'string' },
  }),
  // https://docs.stripe.com/api/disputes/list
  ...collection({
    stored: 'disputes',
    noun: 'dispute',
    permission: 'rak_dispute_read',
    by: { charge: 'string', payment_intent: 'string' },
  }),
  // https://docs.stripe.com/api/balance_transactions/list
  ...collection({
    stored: 'balance_transactions',
    noun: 'balance_transaction',
    permission: 'rak_balance_transaction_source_read',
    by: { currency: 'string', payout: 'string', source: 'string', type: 'string' },
  }),
  // https://docs.stripe.com/api/payouts/list
  ...collection({
    stored: 'payouts',
    noun: 'payout',
    permission: 'rak_payout_read',
    by: { status: 'string' },
    takes: { arrival_date: 'range', destination: 'string' },
    matches: (record, { strings, ranges }) =>
      inRange(record.arrival_date, ranges.arrival_date) && is(strings.destination, 'ba_1MillraceSandbox'),
  }),
  // https://docs.stripe.com/api/checkout/sessions/list
  ...collection({
    stored: 'checkout_sessions',
    path: '/v1/checkout/sessions',
    noun: 'checkout.session',
    permission: 'rak_checkout_session_read',
    by: { customer: 'string', subscription: 'string', status: ['complete', 'expired', 'open'] },
    takes: { payment_intent: 'string', payment_link: 'string' },
    expandable: ['line_items'],
    matches: (_, { strings }) => is(strings.payment_intent, null) && is(strings.payment_link, null),
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
