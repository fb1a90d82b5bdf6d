import type { SimulatorStore } from 'millrace/sandbox'
import { recordEvent } from './record-event.ts'
import { putRecord, type SubscriptionRecord } from './records.ts'

/** Cancelling is an update: the subscription stays, and its event is called deleted. */
export function cancelSubscription(store: SimulatorStore, subscription: SubscriptionRecord, at: number): void {
  const canceled: SubscriptionRecord = {
    ...subscription,
    status: 'canceled',
    canceled_at: at,
    cancellation_reason: 'cancellation_requested',
  }
  putRecord(store, 'subscriptions', canceled)
  recordEvent(store, 'customer.subscription.deleted', at, { stored: 'subscriptions', object: canceled }, at)
}
