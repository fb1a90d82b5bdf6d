import type { SimulatorStore } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import {
  getRecord,
  putRecord,
  type ChargeRecord,
  type InvoiceRecord,
  type LineRecord,
  type PriceRecord,
  type SubscriptionRecord,
} from './records.ts'

export type Bill = {
  readonly subscription: SubscriptionRecord
  readonly at: number
  /** Prorations beside the line of each item. */
  readonly extraLines: number
  readonly status: InvoiceRecord['status']
  readonly reason: InvoiceRecord['billing_reason']
  /** From its creation to its payment. */
  readonly settleSeconds: number
  readonly price: (id: string) => PriceRecord | undefined
}

/** A line per item of the subscription, then the prorations. */
export function makeInvoice(store: SimulatorStore, bill: Bill): InvoiceRecord {
  const { subscription, at, status } = bill
  const lines = makeLines(store, bill)
  const isFinal = status !== 'draft'
  const customer = getRecord(store, 'customers', subscription.customer)
  return {
    id: makeId(store, 'in'),
    created: at,
    customer: subscription.customer,
    customer_email: customer?.email ?? null,
    customer_name: customer?.name ?? null,
    customer_phone: customer?.phone ?? null,
    subscription: subscription.id,
    currency: subscription.currency,
    number: isFinal ? takeNumber(store, subscription.customer) : null,
    status,
    billing_reason: bill.reason,
    total: lines.reduce((sum, { amount }) => sum + amount, 0),
    period_start: at,
    period_end: at + (subscription.period_end - subscription.period_start),
    finalized_at: isFinal ? at + bill.settleSeconds - 100 : null,
    paid_at: status === 'paid' ? at + bill.settleSeconds : null,
    attempt_count: isFinal ? 1 : 0,
    lines,
  }
}

export const chargeInvoice = (store: SimulatorStore, invoice: InvoiceRecord, at: number): ChargeRecord => ({
  id: makeId(store, 'ch'),
  created: at,
  customer: invoice.customer,
  email: invoice.customer_email,
  name: invoice.customer_name,
  amount: invoice.total,
  currency: invoice.currency,
  status: 'succeeded',
  refunded: false,
  description: invoice.billing_reason === 'subscription_create' ? 'Subscription creation' : 'Subscription update',
})

function makeLines(store: SimulatorStore, { subscription, extraLines, price }: Bill): readonly LineRecord[] {
  const lines = subscription.items.map((item): LineRecord => {
    const unit = Number(price(item.price)?.unit_amount_decimal ?? 0)
    const amount = Math.round(unit * item.quantity)
    return {
      id: makeId(store, 'il'),
      item: item.id,
      price: item.price,
      amount,
      quantity: item.quantity,
      proration: false,
      description: `${item.quantity} × ${price(item.price)?.nickname ?? 'item'}`,
    }
  })
  const [first] = lines
  if (!first) return lines
  const prorations = Array.from({ length: extraLines }, (_, index): LineRecord => ({
    ...first,
    id: makeId(store, 'il'),
    amount: (index % 2 === 0 ? 1 : -1) * (101 + index),
    quantity: 1,
    proration: true,
    description: `${index % 2 === 0 ? 'Remaining' : 'Unused'} time after change ${index + 1}`,
  }))
  return [...lines, ...prorations]
}

/** https://docs.stripe.com/invoicing/customize#invoice-numbering : counted per customer */
function takeNumber(store: SimulatorStore, customerId: string): string | null {
  const customer = getRecord(store, 'customers', customerId)
  if (!customer) return null
  putRecord(store, 'customers', { ...customer, next_invoice_sequence: customer.next_invoice_sequence + 1 })
  return `${customerId.slice(4, 12).toUpperCase()}-${String(customer.next_invoice_sequence).padStart(4, '0')}`
}
