import type { Random } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { chargeInvoice, makeInvoice } from './make-invoice.ts'
import { recordEvent } from './record-event.ts'
import {
  putRecord,
  type ChargeRecord,
  type InvoiceRecord,
  type PriceRecord,
  type SubscriptionRecord,
} from './records.ts'
import { daySeconds, type Scene } from './scene.ts'

/** An invoice per period of the last year, and a charge for each that was paid or could not be. */
export function seedInvoices(
  scene: Scene,
  subscriptions: readonly SubscriptionRecord[],
  prices: readonly PriceRecord[],
): void {
  const random = scene.world.random('stripe invoices')
  const priceOf = new Map(prices.map((price) => [price.id, price]))
  const latest = new Map<string, string>()
  const dates = subscriptions
    .flatMap((subscription, index) =>
      billingDates(scene, subscription).map((at, period, all) => ({
        at,
        subscription,
        index,
        period,
        isLast: period === all.length - 1,
      })),
    )
    .toSorted((a, b) => a.at - b.at)
  // One invoice of 25 lines in every world.
  const large = subscriptions.findIndex(({ items }) => items.length === 15)
  const charges: ChargeRecord[] = []
  for (const { at, subscription, index, period, isLast } of dates) {
    const extraLines =
      isLast && index === large ? 25 - subscription.items.length : random.chance(0.01) ? random.integer(11, 29) : 0
    const invoice = makeInvoice(scene.store, {
      subscription,
      at,
      extraLines,
      status: pickStatus(random, { subscription, isLast }),
      reason: period === 0 ? 'subscription_create' : 'subscription_cycle',
      settleSeconds: 3600,
      price: (id) => priceOf.get(id),
    })
    putRecord(scene.store, 'invoices', invoice)
    latest.set(subscription.id, invoice.id)
    announceInvoice(scene, invoice)
    if (invoice.total > 0 && invoice.status !== 'draft') charges.push(...chargesOf(scene, random, invoice))
  }
  for (const charge of charges.toSorted((a, b) => a.created - b.created)) {
    putRecord(scene.store, 'charges', charge)
    recordEvent(
      scene.store,
      charge.status === 'failed' ? 'charge.failed' : 'charge.succeeded',
      charge.created,
      { stored: 'charges', object: charge },
      scene.now,
    )
  }
  for (const subscription of subscriptions) {
    const invoice = latest.get(subscription.id)
    if (invoice) putRecord(scene.store, 'subscriptions', { ...subscription, latest_invoice: invoice })
  }
}

function billingDates({ now }: Scene, subscription: SubscriptionRecord): readonly number[] {
  const length = subscription.period_end - subscription.period_start
  const until = Math.min(subscription.canceled_at ?? now, now - 3600)
  const first = Math.max(0, Math.ceil((now - 365 * daySeconds - subscription.created) / length))
  const last = Math.floor((until - subscription.created) / length)
  return Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, index) => subscription.created + (first + index) * length,
  )
}

function pickStatus(
  random: Random,
  { subscription, isLast }: { subscription: SubscriptionRecord; isLast: boolean },
): InvoiceRecord['status'] {
  if (!isLast) return 'paid'
  if (subscription.status === 'past_due') return 'open'
  return random.chance(0.02) ? 'draft' : 'paid'
}

function chargesOf({ store }: Scene, random: Random, invoice: InvoiceRecord): readonly ChargeRecord[] {
  const failed: ChargeRecord = {
    ...chargeInvoice(store, invoice, invoice.created + 3600),
    id: makeId(store, 'ch'),
    status: 'failed',
  }
  if (invoice.status === 'open') return [failed]
  // What a customer's balance pays makes no charge.
  if (random.chance(0.22)) return []
  const paid = chargeInvoice(store, invoice, invoice.paid_at ?? invoice.created)
  return random.chance(0.05) ? [failed, { ...paid, refunded: random.chance(0.3) }] : [paid]
}

function announceInvoice(scene: Scene, invoice: InvoiceRecord): void {
  const subject = { stored: 'invoices', object: invoice } as const
  recordEvent(scene.store, 'invoice.created', invoice.created, subject, scene.now)
  if (invoice.finalized_at !== null)
    recordEvent(scene.store, 'invoice.finalized', invoice.finalized_at, subject, scene.now)
  if (invoice.paid_at !== null) recordEvent(scene.store, 'invoice.paid', invoice.paid_at, subject, scene.now)
}
