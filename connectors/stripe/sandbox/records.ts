/**
 * What the simulator keeps: the fields that differ from one object to the next, under the vendor's names. `objects/`
 * makes the vendor's whole object of them when it is asked for, so that a world of 25,000 objects is seeded in well
 * under a second and its file stays small.
 */
import type { JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'
import type {
  AccountRecord,
  CouponRecord,
  CreditNoteRecord,
  InvoiceItemRecord,
  PromotionCodeRecord,
  ScheduleRecord,
  TaxRateRecord,
} from './records-catalogue.ts'
import type {
  ApplicationFeeRecord,
  BalanceTransactionRecord,
  CheckoutSessionRecord,
  DisputeRecord,
  FeeRefundRecord,
  PaymentIntentRecord,
  PayoutRecord,
  RefundRecord,
  SetupIntentRecord,
  TransferRecord,
} from './records-money.ts'

export type Metadata = { readonly [name: string]: string }

/** What every kept object has. */
export type Made = { readonly id: string; readonly created: number }

export type CustomerRecord = Made & {
  readonly name: string
  readonly email: string
  readonly phone: string | null
  readonly country: string
  readonly currency: string
  readonly delinquent: boolean
  readonly next_invoice_sequence: number
  readonly metadata: Metadata
  readonly test_clock?: string
}

export type ProductRecord = Made & {
  readonly updated: number
  readonly name: string
  readonly description: string | null
  readonly active: boolean
  readonly default_price: string | null
  readonly unit_label: string | null
  readonly metadata: Metadata
}

export type PriceRecord = Made & {
  readonly product: string
  readonly active: boolean
  readonly currency: string
  readonly nickname: string | null
  readonly unit_amount: number | null
  readonly unit_amount_decimal: string | null
  readonly interval: 'month' | 'year' | null
  readonly usage_type: 'licensed' | 'metered'
  readonly tiered: boolean
  readonly metadata: Metadata
}

export type SubscriptionRecord = Made & {
  readonly customer: string
  readonly currency: string
  readonly status: 'active' | 'canceled' | 'past_due' | 'trialing'
  readonly canceled_at: number | null
  readonly cancellation_reason: 'cancellation_requested' | 'payment_failed' | null
  readonly trial_end: number | null
  readonly period_start: number
  readonly period_end: number
  readonly latest_invoice: string | null
  readonly schedule?: string
  readonly metadata: Metadata
  readonly items: readonly ItemRecord[]
}

export type ItemRecord = Made & {
  readonly price: string
  readonly quantity: number
  readonly metadata: Metadata
}

export type InvoiceRecord = Made & {
  readonly customer: string
  /** As they were when it was made: later edits of the customer do not reach it. */
  readonly customer_email: string | null
  readonly customer_name: string | null
  readonly customer_phone: string | null
  readonly subscription: string
  readonly currency: string
  readonly number: string | null
  readonly status: 'draft' | 'open' | 'paid'
  readonly billing_reason: 'subscription_create' | 'subscription_cycle' | 'manual'
  readonly total: number
  readonly period_start: number
  readonly period_end: number
  readonly finalized_at: number | null
  readonly paid_at: number | null
  readonly attempt_count: number
  /** By credit notes, after it was paid. */
  readonly credited?: number
  readonly lines: readonly LineRecord[]
}

export type LineRecord = {
  readonly id: string
  readonly item: string
  readonly price: string
  readonly amount: number
  readonly quantity: number
  readonly proration: boolean
  readonly description: string
}

export type ChargeRecord = Made & {
  readonly customer: string
  readonly email: string | null
  readonly name: string | null
  readonly amount: number
  readonly currency: string
  readonly status: 'succeeded' | 'failed'
  readonly refunded: boolean
  readonly disputed?: boolean
  readonly application_fee?: string
  /** What left it in a connected account: nobody paid it there. */
  readonly source_transfer?: string
  readonly description: string | null
}

/** A change, with the object as it stood then. */
export type EventRecord = Made & {
  readonly type: string
  readonly stored: StoredType | 'gone'
  readonly object: JsonObject
}

/** A deleted object: of a customer the vendor still answers that it was there. */
export type GoneRecord = { readonly id: string; readonly object: string }

export type Records = {
  readonly customers: CustomerRecord
  /** Those on a test clock: there by their ids, and in no list. */
  readonly clocked_customers: CustomerRecord
  readonly products: ProductRecord
  readonly prices: PriceRecord
  readonly subscriptions: SubscriptionRecord
  readonly invoices: InvoiceRecord
  readonly charges: ChargeRecord
  readonly payment_intents: PaymentIntentRecord
  readonly setup_intents: SetupIntentRecord
  readonly refunds: RefundRecord
  readonly disputes: DisputeRecord
  readonly balance_transactions: BalanceTransactionRecord
  readonly payouts: PayoutRecord
  readonly checkout_sessions: CheckoutSessionRecord
  readonly invoice_items: InvoiceItemRecord
  readonly subscription_schedules: ScheduleRecord
  /** The old twins of recurring prices, and some that were never prices. */
  readonly plans: PriceRecord
  readonly coupons: CouponRecord
  readonly promotion_codes: PromotionCodeRecord
  readonly credit_notes: CreditNoteRecord
  readonly tax_rates: TaxRateRecord
  readonly transfers: TransferRecord
  readonly application_fees: ApplicationFeeRecord
  readonly accounts: AccountRecord
  /** Kept within their fees; here for the events of them. */
  readonly fee_refunds: FeeRefundRecord
  readonly events: EventRecord
  readonly gone: GoneRecord
}

export type StoredType = keyof Records

export function getRecord<T extends StoredType>(store: SimulatorStore, type: T, id: string): Records[T] | undefined {
  // The store holds under each type only what `putRecord` put there.
  return store.get(type, id) as Records[T] | undefined
}

export function putRecord<T extends StoredType>(store: SimulatorStore, type: T, record: Records[T]): void {
  store.put(type, record.id, record)
}

/** Oldest first. */
export function* eachRecord<T extends StoredType>(store: SimulatorStore, type: T): Generator<Records[T]> {
  // As above.
  for (const [, record] of store.all(type)) yield record as unknown as Records[T]
}
