import type { SimulatorStore } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { change } from './record-event.ts'
import { eachRecord, type CustomerRecord } from './records.ts'
import { daySeconds, type Scene } from './scene.ts'

/** A customer whose time somebody turns on by hand. https://docs.stripe.com/billing/testing/test-clocks */
export function seedTestClock({ store, now }: Scene): void {
  const created = now - 2 * daySeconds
  const customer: CustomerRecord = {
    id: makeId(store, 'cus', 'later'),
    created,
    name: 'A year in a minute',
    email: 'clock@example.test',
    phone: null,
    country: 'US',
    currency: 'usd',
    delinquent: false,
    next_invoice_sequence: 1,
    metadata: {},
    test_clock: makeId(store, 'clock'),
  }
  change(store, 'clocked_customers', customer, { type: 'customer.created', at: created, now })
}

/** Each day it is turned on once, which its customer notices. */
export function turnTestClock(store: SimulatorStore, at: number): void {
  for (const customer of eachRecord(store, 'clocked_customers')) {
    const turned = { ...customer, next_invoice_sequence: customer.next_invoice_sequence + 1 }
    change(store, 'clocked_customers', turned, { type: 'customer.updated', at })
  }
}
