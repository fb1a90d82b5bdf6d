/** The published fields of what a platform has, and of events. See columns.ts. */
import { declareColumns } from './columns.ts'

// https://docs.stripe.com/api/transfers/object : `reversals` is a child stream
export const transfer = declareColumns({
  string: `id object balance_transaction currency description destination destination_payment source_transaction
    source_type transfer_group`,
  integer: 'amount amount_reversed',
  boolean: 'livemode reversed',
  timestamp: 'created',
  json: 'metadata',
})

// https://docs.stripe.com/api/transfer_reversals/object
export const transferReversal = declareColumns({
  string: 'id object balance_transaction currency destination_payment_refund source_refund transfer',
  integer: 'amount',
  timestamp: 'created',
  json: 'metadata',
})

// https://docs.stripe.com/api/application_fees/object : `refunds` is a child stream
export const applicationFee = declareColumns({
  string: 'id object account application balance_transaction charge currency originating_transaction',
  integer: 'amount amount_refunded',
  boolean: 'livemode refunded',
  timestamp: 'created',
  json: 'fee_source',
})

// https://docs.stripe.com/api/fee_refunds/object
export const feeRefund = declareColumns({
  string: 'id object balance_transaction currency fee',
  integer: 'amount',
  timestamp: 'created',
  json: 'metadata',
})

// https://docs.stripe.com/api/accounts/object
export const connectedAccount = declareColumns({
  string: 'id object business_type country default_currency email type',
  boolean: 'charges_enabled details_submitted payouts_enabled',
  timestamp: 'created',
  json: `business_profile capabilities company controller external_accounts future_requirements groups individual metadata
    requirements settings tos_acceptance`,
})

// https://docs.stripe.com/api/events/object : `data` is in the version that `api_version` says
export const event = declareColumns({
  string: 'id object account api_version context type',
  integer: 'pending_webhooks',
  boolean: 'livemode',
  timestamp: 'created',
  json: 'data request',
})
