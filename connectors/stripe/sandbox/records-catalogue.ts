/** What the simulator keeps of discounts, taxes, and bills beside invoices. See records.ts. */
import type { Made, Metadata } from './records.ts'

export type CouponRecord = Made & {
  readonly name: string
  readonly amount_off: number | null
  readonly currency: string | null
  readonly percent_off: number | null
  readonly duration: 'once' | 'forever' | 'repeating'
  readonly max_redemptions: number | null
  readonly times_redeemed: number
  /** Only of these products. */
  readonly products: readonly string[]
  readonly metadata: Metadata
}

export type PromotionCodeRecord = Made & {
  readonly coupon: string
  readonly code: string
  readonly active: boolean
  readonly customer: string | null
  readonly max_redemptions: number | null
  readonly times_redeemed: number
  readonly expires_at: number | null
}

export type TaxRateRecord = Made & {
  readonly display_name: string
  readonly country: string
  readonly percentage: number
  readonly inclusive: boolean
  readonly active: boolean
  readonly description: string | null
}

/** `created` is the vendor's `date`. */
export type InvoiceItemRecord = Made & {
  readonly customer: string
  readonly invoice: string | null
  readonly subscription: string | null
  readonly price: string
  readonly amount: number
  readonly currency: string
  readonly quantity: number
  readonly proration: boolean
  readonly description: string
}

export type CreditNoteRecord = Made & {
  readonly invoice: string
  readonly customer: string
  readonly currency: string
  readonly number: string
  readonly reason: 'order_change' | 'product_unsatisfactory'
  readonly memo: string | null
  readonly status: 'issued' | 'void'
  readonly voided_at: number | null
  readonly lines: readonly CreditLineRecord[]
}

export type CreditLineRecord = {
  readonly id: string
  readonly invoice_line_item: string
  readonly amount: number
  readonly quantity: number
  readonly description: string
}

export type ScheduleRecord = Made & {
  readonly customer: string
  readonly subscription: string
  readonly status: 'active' | 'canceled' | 'released'
  readonly ended_at: number | null
  readonly phase: { readonly start: number; readonly end: number; readonly price: string; readonly currency: string }
}

export type AccountRecord = Made & {
  readonly name: string
  readonly email: string
  readonly country: string
  readonly currency: string
  readonly charges_enabled: boolean
  readonly payouts_enabled: boolean
  readonly metadata: Metadata
}
