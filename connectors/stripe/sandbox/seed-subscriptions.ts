import type { Random } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { recordEvent } from './record-event.ts'
import {
  putRecord,
  type CustomerRecord,
  type ItemRecord,
  type PriceRecord,
  type SubscriptionRecord,
} from './records.ts'
import { daySeconds, monthSeconds, type Scene } from './scene.ts'

/** A subscription for most customers. The first few have the rare shapes, so that a tiny world has them too. */
export function seedSubscriptions(
  scene: Scene,
  customers: readonly CustomerRecord[],
  prices: readonly PriceRecord[],
): readonly SubscriptionRecord[] {
  const random = scene.world.random('stripe subscriptions')
  const drafts = customers
    .filter((_, index) => index % 20 !== 19)
    .map((customer, index) => draft(scene, random, { customer, index }))
    .toSorted((a, b) => a.created - b.created)
  return drafts.map((sketch) => {
    const subscription = { ...sketch, id: makeId(scene.store, 'sub'), items: makeItems(scene, random, sketch, prices) }
    putRecord(scene.store, 'subscriptions', subscription)
    recordEvent(
      scene.store,
      'customer.subscription.created',
      subscription.created,
      { stored: 'subscriptions', object: subscription },
      scene.now,
    )
    return subscription
  })
}

type Sketch = Omit<SubscriptionRecord, 'id' | 'items'> & {
  readonly itemCount: number
  readonly interval: 'month' | 'year'
}

function draft(
  scene: Scene,
  random: Random,
  { customer, index }: { customer: CustomerRecord; index: number },
): Sketch & { itemCount: number } {
  const created = Math.min(customer.created + random.integer(1, 20) * daySeconds, scene.now - 2 * daySeconds)
  const isLarge = index === 0 || index % 40 === 39
  const currency = isLarge ? 'usd' : customer.currency
  const monthly =
    isLarge || index < 6 || currency === 'gbp' || currency === 'jpy' || currency === 'kwd' || random.chance(0.25)
  const status =
    index === 1
      ? 'canceled'
      : index === 2
        ? 'past_due'
        : index === 3
          ? 'trialing'
          : index === 0
            ? 'active'
            : pickStatus(random)
  const length = monthly ? monthSeconds : 365 * daySeconds
  const periods = Math.floor((scene.now - created) / length)
  const canceled =
    status === 'canceled' ? created + Math.floor((scene.now - created) * (0.2 + random.next() * 0.75)) : null
  return {
    created,
    customer: customer.id,
    currency,
    status,
    canceled_at: canceled,
    cancellation_reason: canceled === null ? null : random.chance(0.7) ? 'cancellation_requested' : 'payment_failed',
    trial_end: status === 'trialing' ? scene.now + 9 * daySeconds : null,
    period_start: created + periods * length,
    period_end: created + (periods + 1) * length,
    latest_invoice: null,
    metadata: index % 25 === 0 ? { note: 'Größe “XL”, 数量 ✓' } : {},
    itemCount: isLarge ? (index === 0 ? 15 : random.integer(11, 25)) : random.integer(1, 2),
    interval: monthly ? 'month' : 'year',
  }
}

function pickStatus(random: Random): SubscriptionRecord['status'] {
  const dice = random.next()
  return dice < 0.08 ? 'canceled' : dice < 0.12 ? 'past_due' : dice < 0.17 ? 'trialing' : 'active'
}

/** Prices of one currency and interval, each once: https://docs.stripe.com/billing/subscriptions/multiple-products */
function makeItems(
  { store }: Scene,
  random: Random,
  sketch: Sketch,
  prices: readonly PriceRecord[],
): readonly ItemRecord[] {
  const fitting = prices.filter(
    ({ currency, interval }) => currency === sketch.currency && interval === sketch.interval,
  )
  const offset = sketch.itemCount > 2 ? fitting.length - 25 : random.integer(0, Math.min(3, fitting.length - 1))
  return Array.from({ length: Math.min(sketch.itemCount, fitting.length - offset) }, (_, index) => ({
    id: makeId(store, 'si'),
    created: sketch.created,
    price: fitting[offset + index]?.id ?? '',
    quantity: random.integer(1, 20),
    metadata: {},
  }))
}
