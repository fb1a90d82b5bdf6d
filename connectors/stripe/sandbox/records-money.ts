/** What the simulator keeps of payments and of what becomes of them. See records.ts. */
import type { Made, Metadata } from './records.ts'

export type PaymentIntentRecord = Made & {
  readonly customer: string | null
  readonly amount: number
  readonly currency: string
  readonly status: 'succeeded' | 'requires_payment_method' | 'canceled'
  readonly latest_charge: string | null
  readonly canceled_at: number | null
  readonly description: string | null
  readonly metadata: Metadata
}

export type SetupIntentRecord = Made & {
  readonly customer: string | null
  readonly status: 'succeeded' | 'requires_payment_method' | 'canceled'
  readonly metadata: Metadata
}

export type RefundRecord = Made & {
  readonly charge: string
  readonly payment_intent: string
  readonly amount: number
  readonly currency: string
  readonly status: 'pending' | 'succeeded'
  readonly reason: 'requested_by_customer' | 'duplicate' | null
  readonly balance_transaction: string
}

export type DisputeRecord = Made & {
  readonly charge: string
  readonly payment_intent: string
  readonly amount: number
  readonly currency: string
  readonly reason: string
  readonly status: 'needs_response' | 'under_review' | 'won' | 'lost'
  readonly transactions: readonly string[]
}

/** Whether it is available yet, the clock says. */
export type BalanceTransactionRecord = Made & {
  readonly amount: number
  readonly fee: number
  readonly currency: string
  readonly source: string
  readonly type: 'charge' | 'payment' | 'refund' | 'adjustment' | 'payout' | 'transfer' | 'application_fee'
  readonly available_on: number
  /** Which one paid it out: not a field of the object, but one that its list can be asked for. */
  readonly payout: string | null
}

export type PayoutRecord = Made & {
  readonly amount: number
  readonly currency: string
  readonly arrival_date: number
  readonly status: 'pending' | 'in_transit' | 'paid'
  readonly balance_transaction: string
}

export type CheckoutSessionRecord = Made & {
  readonly customer: string | null
  readonly customer_email: string
  /** null: in setup mode. */
  readonly currency: string | null
  readonly status: 'open' | 'complete' | 'expired'
  readonly subscription: string | null
  readonly lines: readonly CheckoutLineRecord[]
}

export type CheckoutLineRecord = {
  readonly id: string
  readonly price: string
  readonly quantity: number
  readonly amount: number
  readonly description: string
}

export type TransferRecord = Made & {
  readonly amount: number
  readonly currency: string
  readonly destination: string
  readonly source_transaction: string
  readonly balance_transaction: string
  readonly metadata: Metadata
  readonly reversals: readonly PartRecord[]
}

export type ApplicationFeeRecord = Made & {
  readonly account: string
  readonly charge: string
  readonly amount: number
  readonly currency: string
  readonly balance_transaction: string
  readonly refunds: readonly PartRecord[]
}

/** Of a transfer that was reversed, or of a fee that was refunded. */
export type PartRecord = Made & { readonly amount: number }

export type FeeRefundRecord = PartRecord & { readonly fee: string; readonly currency: string }
