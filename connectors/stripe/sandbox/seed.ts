import type { SimulatorContext } from 'millrace/sandbox'
import { seedBilling } from './seed-billing.ts'
import { seedCatalogue } from './seed-catalogue.ts'
import { seedCustomers } from './seed-customers.ts'
import { seedDiscounts } from './seed-discounts.ts'
import { seedInvoices } from './seed-invoices.ts'
import { seedPayments } from './seed-payments.ts'
import { seedPlatform } from './seed-platform.ts'
import { seedSubscriptions } from './seed-subscriptions.ts'
import { toSeconds } from './scene.ts'
import { seedTestClock } from './test-clock.ts'

/**
 * Lists are newest first, and the store iterates in order of insertion: so everything is put in order of its creation.
 */
export function seedAccount({ world, store, now }: SimulatorContext): void {
  const scene = { world, store, now: toSeconds(now()) }
  const prices = seedCatalogue(scene)
  const customers = seedCustomers(scene)
  const subscriptions = seedSubscriptions(scene, customers, prices)
  seedInvoices(scene, subscriptions, prices)
  // What came later takes no id of the above.
  seedDiscounts(scene)
  seedBilling(scene)
  seedPlatform(scene)
  seedPayments(scene)
  seedTestClock(scene)
}
