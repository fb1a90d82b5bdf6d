import { collection, is, partsOf, type Endpoint } from './collection.ts'
import { describeFeeRefund, describeReversal } from './objects/platform.ts'
import { refuseNoPlatform } from './refusal.ts'

export const platformEndpoints: readonly Endpoint[] = [
  // https://docs.stripe.com/api/transfers/list
  ...collection({
    stored: 'transfers',
    noun: 'transfer',
    permission: 'rak_transfer_read',
    by: { destination: 'string' },
    takes: { transfer_group: 'string' },
    matches: (record, { strings }) => is(strings.transfer_group, `group_${record.source_transaction}`),
  }),
  // https://docs.stripe.com/api/transfer_reversals/list
  partsOf({
    stored: 'transfers',
    path: '/v1/transfers/:id/reversals',
    noun: 'transfer',
    partNoun: 'transfer_reversal',
    permission: 'rak_transfer_read',
    parts: ({ reversals }) => reversals,
    describe: describeReversal,
  }),
  // https://docs.stripe.com/api/application_fees/list
  ...collection({
    stored: 'application_fees',
    noun: 'application fee',
    permission: 'rak_application_fee_read',
    by: { charge: 'string' },
  }),
  // https://docs.stripe.com/api/fee_refunds/list
  partsOf({
    stored: 'application_fees',
    path: '/v1/application_fees/:id/refunds',
    noun: 'application fee',
    partNoun: 'fee refund',
    permission: 'rak_application_fee_read',
    parts: ({ refunds }) => refunds,
    describe: describeFeeRefund,
  }),
  // https://docs.stripe.com/api/accounts/list : those that are connected to the platform
  ...collection({
    stored: 'accounts',
    noun: 'account',
    permission: 'rak_connected_account_read',
  }).map((endpoint): Endpoint => ({
    ...endpoint,
    answer: (asked) => (asked.account === null ? endpoint.answer(asked) : refuseNoPlatform()),
  })),
]
