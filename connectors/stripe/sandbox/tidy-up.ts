import type { Day, SimulatorStore } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { cancelSubscription } from './cancel-subscription.ts'
import { recordEvent } from './record-event.ts'
import { eachRecord, putRecord, type ProductRecord } from './records.ts'
import { toSeconds } from './scene.ts'

/** What somebody does in the dashboard every few days, after the day's story: deletions, a new product, a price that ends. */
export function tidyUp(store: SimulatorStore, day: Day): void {
  const at = toSeconds(day.end) - 1800
  if (day.number % 3 === 1) deleteCustomer(store, at, day.number * 7)
  if (day.number % 4 === 1) deleteDraft(store, at)
  if (day.number % 5 === 1) deleteProduct(store, at)
  if (day.number % 5 === 2) addProduct(store, at, day.number)
  if (day.number % 6 === 1) endPrice(store, at)
}

/** https://docs.stripe.com/api/customers/delete : cancels its subscriptions too */
function deleteCustomer(store: SimulatorStore, at: number, nth: number): void {
  const customers = [...eachRecord(store, 'customers')]
  const customer = customers[nth % customers.length]
  if (!customer) return
  for (const subscription of eachRecord(store, 'subscriptions'))
    if (subscription.customer === customer.id && subscription.status !== 'canceled')
      cancelSubscription(store, subscription, at)
  store.remove('customers', customer.id)
  putRecord(store, 'gone', { id: customer.id, object: 'customer' })
  recordEvent(store, 'customer.deleted', at, { stored: 'customers', object: customer }, at)
}

/** https://docs.stripe.com/api/invoices/delete : drafts only */
function deleteDraft(store: SimulatorStore, at: number): void {
  const draft = eachRecord(store, 'invoices').find(({ status }) => status === 'draft')
  if (!draft) return
  store.remove('invoices', draft.id)
  recordEvent(store, 'invoice.deleted', at, { stored: 'invoices', object: draft }, at)
}

/** https://docs.stripe.com/api/products/delete : only one without prices */
function deleteProduct(store: SimulatorStore, at: number): void {
  const priced = new Set(eachRecord(store, 'prices').map(({ product }) => product))
  const product = eachRecord(store, 'products').find(({ id }) => !priced.has(id))
  if (!product) return
  store.remove('products', product.id)
  recordEvent(store, 'product.deleted', at, { stored: 'products', object: product }, at)
}

function addProduct(store: SimulatorStore, at: number, day: number): void {
  const product: ProductRecord = {
    id: makeId(store, 'prod'),
    created: at,
    updated: at,
    name: `Offer of day ${day}`,
    description: null,
    active: true,
    default_price: null,
    unit_label: null,
    metadata: {},
  }
  putRecord(store, 'products', product)
  recordEvent(store, 'product.created', at, { stored: 'products', object: product }, at)
}

function endPrice(store: SimulatorStore, at: number): void {
  const price = eachRecord(store, 'prices').find(({ active, interval }) => active && interval === null)
  if (!price) return
  const ended = { ...price, active: false }
  putRecord(store, 'prices', ended)
  recordEvent(store, 'price.updated', at, { stored: 'prices', object: ended }, at)
}
