import type { JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'
import { getRecord, type PriceRecord, type Records } from '../records.ts'
import { olderVersion, type ApiVersion } from '../versions.ts'
import { describeBalanceTransaction, describePayout } from './balance.ts'
import { describeCreditNote, describeInvoiceItem, describeSchedule } from './billing.ts'
import { describeCharge } from './charge.ts'
import { describeSession } from './checkout.ts'
import { describeCustomer } from './customer.ts'
import { describeCoupon, describePromotionCode, describeTaxRate } from './discount.ts'
import { describeEvent } from './event.ts'
import { describeInvoice } from './invoice.ts'
import { describeDispute, describePaymentIntent, describeRefund, describeSetupIntent } from './payment.ts'
import { describeConnected, describeFee, describeFeeRefund, describeTransfer } from './platform.ts'
import { describePlan, describePrice } from './price.ts'
import { describeProduct } from './product.ts'
import { describeSubscription, type FindPrice } from './subscription.ts'

export type Described = {
  readonly stored: keyof Records
  readonly record: Records[keyof Records]
  /** null: events, whose payload has the account's own. */
  readonly version: ApiVersion | null
  readonly expand: ReadonlySet<string>
  /** Unix seconds. */
  readonly now: number
}

/** The vendor's whole object of a record, as the asked API version has it. */
export function describe(store: SimulatorStore, { stored, record, version, expand, now }: Described): JsonObject {
  // `stored` says which record it is: both come from one lookup.
  const describeAs = describers[stored] as (record: Records[keyof Records], at: At) => JsonObject
  const whole = describeAs(record, { store, expand, now })
  return version ? version.object(whole) : whole
}

type At = Pick<Described, 'expand' | 'now'> & { readonly store: SimulatorStore }

const describers: { readonly [T in keyof Records]: (record: Records[T], at: At) => JsonObject } = {
  customers: describeCustomer,
  clocked_customers: describeCustomer,
  products: describeProduct,
  prices: (record, { expand }) => describePrice(record, expand),
  subscriptions: (record, { store }) => describeSubscription(record, findPrice(store)),
  invoices: (record, { store }) => describeInvoice(record, findPrice(store)),
  charges: describeCharge,
  payment_intents: describePaymentIntent,
  setup_intents: describeSetupIntent,
  refunds: describeRefund,
  disputes: (record, { store, now }) =>
    describeDispute(
      record,
      record.transactions.flatMap((id) => {
        const transaction = getRecord(store, 'balance_transactions', id)
        return transaction ? [describeBalanceTransaction(transaction, now)] : []
      }),
    ),
  balance_transactions: (record, { now }) => describeBalanceTransaction(record, now),
  payouts: describePayout,
  checkout_sessions: (record, { store, expand }) => describeSession(record, { price: findPrice(store), expand }),
  invoice_items: (record, { store }) => describeInvoiceItem(record, findPrice(store)),
  subscription_schedules: describeSchedule,
  plans: (record, { expand }) => describePlan(record, expand),
  coupons: (record, { expand }) => describeCoupon(record, expand),
  promotion_codes: describePromotionCode,
  credit_notes: describeCreditNote,
  tax_rates: describeTaxRate,
  transfers: describeTransfer,
  application_fees: describeFee,
  accounts: describeConnected,
  fee_refunds: (record) => describeFeeRefund(record, { id: record.fee, currency: record.currency }),
  // What has changed since then by itself, as money that became available, is not in it.
  events: (record, { store }) =>
    describeEvent(record, (stored, object) =>
      describe(store, { stored, record: object, version: olderVersion, expand: new Set(), now: record.created }),
    ),
  gone: (record) => ({ ...record, deleted: true }),
}

/** Prices are never removed here, so that every item finds its own. */
export const findPrice =
  (store: SimulatorStore): FindPrice =>
  (id) =>
    getRecord(store, 'prices', id) ?? lostPrice(id)

const lostPrice = (id: string): PriceRecord => ({
  id,
  created: 0,
  product: '',
  active: false,
  currency: 'usd',
  nickname: null,
  unit_amount: null,
  unit_amount_decimal: null,
  interval: 'month',
  usage_type: 'licensed',
  tiered: false,
  metadata: {},
})
