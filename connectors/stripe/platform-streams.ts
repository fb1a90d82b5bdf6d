/** What a platform has, and the stream of events itself. https://docs.stripe.com/connect */
import { applicationFee, connectedAccount, event, feeRefund, transfer, transferReversal } from './platform-columns.ts'
import { inCurrency, listOf, type StripeStream } from './stream-table.ts'

export const platformStreams: readonly StripeStream[] = [
  {
    name: 'transfers',
    docs: 'https://docs.stripe.com/api/transfers/list',
    path: '/v1/transfers',
    columns: transfer,
    enumerates: false,
    events: { own: ['transfer.created', 'transfer.reversed', 'transfer.updated'] },
    minorUnits: inCurrency('amount amount_reversed'),
    children: [
      {
        name: 'transfer_reversals',
        docs: 'https://docs.stripe.com/api/transfer_reversals/list',
        columns: transferReversal,
        field: 'reversals',
        parent: 'transfer',
        list: listOf('transfers', 'reversals'),
        minorUnits: inCurrency('amount'),
      },
    ],
  },
  {
    name: 'application_fees',
    docs: 'https://docs.stripe.com/api/application_fees/list',
    path: '/v1/application_fees',
    columns: applicationFee,
    enumerates: false,
    events: {
      own: ['application_fee.created', 'application_fee.refunded'],
      by: { fee: ['application_fee.refund.updated'] },
    },
    minorUnits: inCurrency('amount amount_refunded'),
    children: [
      {
        name: 'application_fee_refunds',
        docs: 'https://docs.stripe.com/api/fee_refunds/list',
        columns: feeRefund,
        field: 'refunds',
        parent: 'fee',
        list: listOf('application_fees', 'refunds'),
        minorUnits: inCurrency('amount'),
      },
    ],
  },
  {
    name: 'accounts',
    docs: 'https://docs.stripe.com/api/accounts/list',
    path: '/v1/accounts',
    columns: connectedAccount,
    enumerates: true,
    // As often as it is listed whole.
    fullEveryMs: 86_400_000,
    // `account.updated` is an event of the connected account and not of the platform.
    events: null,
    untold: { isNew: true, daily: 'all' },
    ofPlatform: true,
  },
  {
    name: 'events',
    docs: 'https://docs.stripe.com/api/events/list',
    path: '/v1/events',
    columns: event,
    // Thirty days of them: what is no longer listed was not deleted.
    enumerates: false,
    appendOnly: true,
    events: null,
    untold: { isNew: true },
  },
]
