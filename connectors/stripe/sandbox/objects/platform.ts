import type { JsonObject } from 'millrace'
import type { AccountRecord } from '../records-catalogue.ts'
import type { ApplicationFeeRecord, PartRecord, TransferRecord } from '../records-money.ts'
import { account } from './account.ts'
import { embedList } from './embedded-list.ts'

/** https://docs.stripe.com/api/transfers/object */
export const describeTransfer = (record: TransferRecord): JsonObject => {
  const reversed = sumOf(record.reversals)
  return {
    id: record.id,
    object: 'transfer',
    amount: record.amount,
    amount_reversed: reversed,
    balance_transaction: record.balance_transaction,
    created: record.created,
    currency: record.currency,
    description: null,
    destination: record.destination,
    destination_payment: record.id.replace('tr_', 'py_'),
    livemode: false,
    metadata: record.metadata,
    reversals: embedList(`/v1/transfers/${record.id}/reversals`, record.reversals, (part) =>
      describeReversal(part, record),
    ),
    reversed: reversed === record.amount,
    source_transaction: record.source_transaction,
    source_type: 'card',
    transfer_group: `group_${record.source_transaction}`,
  }
}

/** https://docs.stripe.com/api/transfer_reversals/object */
export const describeReversal = (part: PartRecord, transfer: TransferRecord): JsonObject => ({
  id: part.id,
  object: 'transfer_reversal',
  amount: part.amount,
  balance_transaction: null,
  created: part.created,
  currency: transfer.currency,
  destination_payment_refund: part.id.replace('trr_', 'pyr_'),
  metadata: {},
  source_refund: null,
  transfer: transfer.id,
})

/** https://docs.stripe.com/api/application_fees/object */
export const describeFee = (record: ApplicationFeeRecord): JsonObject => ({
  id: record.id,
  object: 'application_fee',
  account: record.account,
  amount: record.amount,
  amount_refunded: sumOf(record.refunds),
  application: 'ca_MillraceSandbox',
  balance_transaction: record.balance_transaction,
  charge: record.charge,
  created: record.created,
  currency: record.currency,
  fee_source: { charge: record.charge, type: 'charge' },
  livemode: false,
  originating_transaction: null,
  refunded: sumOf(record.refunds) === record.amount,
  refunds: embedList(`/v1/application_fees/${record.id}/refunds`, record.refunds, (part) =>
    describeFeeRefund(part, record),
  ),
})

/** https://docs.stripe.com/api/fee_refunds/object */
export const describeFeeRefund = (
  part: PartRecord,
  { id, currency }: Pick<ApplicationFeeRecord, 'id' | 'currency'>,
): JsonObject => ({
  id: part.id,
  object: 'fee_refund',
  amount: part.amount,
  balance_transaction: null,
  created: part.created,
  currency,
  fee: id,
  metadata: {},
})

/** https://docs.stripe.com/api/accounts/object : a connected one shows more than one's own */
export const describeConnected = (record: AccountRecord): JsonObject => ({
  ...account,
  id: record.id,
  business_profile: {
    mcc: '5734',
    name: record.name,
    support_email: null,
    support_phone: null,
    support_url: null,
    url: null,
  },
  business_type: 'company',
  charges_enabled: record.charges_enabled,
  company: { name: record.name, tax_id_provided: true },
  controller: {
    fees: { payer: 'application' },
    is_controller: true,
    losses: { payments: 'application' },
    type: 'application',
  },
  country: record.country,
  created: record.created,
  default_currency: record.currency,
  email: record.email,
  external_accounts: {
    object: 'list',
    data: [],
    has_more: false,
    total_count: 0,
    url: `/v1/accounts/${record.id}/external_accounts`,
  },
  future_requirements: requirements,
  groups: { payments_pricing: null },
  metadata: record.metadata,
  payouts_enabled: record.payouts_enabled,
  requirements,
  tos_acceptance: { date: record.created },
  type: 'express',
})

const sumOf = (parts: readonly PartRecord[]) => parts.reduce((sum, { amount }) => sum + amount, 0)

const requirements: JsonObject = {
  alternatives: [],
  current_deadline: null,
  currently_due: [],
  disabled_reason: null,
  errors: [],
  eventually_due: [],
  past_due: [],
  pending_verification: [],
}
