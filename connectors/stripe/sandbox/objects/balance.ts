import type { JsonObject } from 'millrace'
import type { BalanceTransactionRecord, PayoutRecord } from '../records-money.ts'

/** https://docs.stripe.com/api/balance_transactions/object : only its status ever changes, and no event says so */
export const describeBalanceTransaction = (record: BalanceTransactionRecord, now: number): JsonObject => ({
  id: record.id,
  object: 'balance_transaction',
  amount: record.amount,
  available_on: record.available_on,
  balance_type: 'payments',
  created: record.created,
  currency: record.currency,
  description: null,
  exchange_rate: record.currency === 'eur' ? 1.08734 : null,
  fee: record.fee,
  fee_details:
    record.fee === 0
      ? []
      : [
          {
            amount: record.fee,
            application: null,
            currency: record.currency,
            description: 'Stripe processing fees',
            type: 'stripe_fee',
          },
        ],
  net: record.amount - record.fee,
  reporting_category: categories[record.type],
  source: record.source,
  status: record.available_on <= now ? 'available' : 'pending',
  type: record.type,
})

/** https://docs.stripe.com/api/payouts/object */
export const describePayout = (record: PayoutRecord): JsonObject => ({
  id: record.id,
  object: 'payout',
  amount: record.amount,
  application_fee: null,
  application_fee_amount: null,
  arrival_date: record.arrival_date,
  automatic: true,
  balance_transaction: record.balance_transaction,
  created: record.created,
  currency: record.currency,
  description: 'STRIPE PAYOUT',
  destination: 'ba_1MillraceSandbox',
  failure_balance_transaction: null,
  failure_code: null,
  failure_message: null,
  livemode: false,
  metadata: {},
  method: 'standard',
  original_payout: null,
  payout_method: null,
  reconciliation_status: record.status === 'paid' ? 'completed' : 'in_progress',
  reversed_by: null,
  source_type: 'card',
  statement_descriptor: null,
  status: record.status,
  trace_id:
    record.status === 'paid' ? { status: 'supported', value: record.id.slice(3) } : { status: 'pending', value: null },
  type: 'bank_account',
})

/** https://docs.stripe.com/reports/reporting-categories */
const categories: { readonly [type in BalanceTransactionRecord['type']]: string } = {
  charge: 'charge',
  payment: 'charge',
  refund: 'refund',
  adjustment: 'dispute',
  payout: 'payout',
  transfer: 'transfer',
  application_fee: 'platform_earning',
}
