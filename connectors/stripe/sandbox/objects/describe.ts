import type { JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'
import { getRecord, type PriceRecord, type Records } from '../records.ts'
import { olderVersion, type ApiVersion } from '../versions.ts'
import { describeCharge } from './charge.ts'
import { describeCustomer } from './customer.ts'
import { describeEvent } from './event.ts'
import { describeInvoice } from './invoice.ts'
import { describePrice } from './price.ts'
import { describeProduct } from './product.ts'
import { describeSubscription, type FindPrice } from './subscription.ts'

export type Described = {
  readonly stored: keyof Records
  readonly record: Records[keyof Records]
  /** null: events, whose payload has the account's own. */
  readonly version: ApiVersion | null
  readonly expand: ReadonlySet<string>
}

/** The vendor's whole object of a record, as the asked API version has it. */
export function describe(store: SimulatorStore, { stored, record, version, expand }: Described): JsonObject {
  const whole = describeNow(store, stored, { record, expand })
  return version ? version.object(whole) : whole
}

function describeNow(
  store: SimulatorStore,
  stored: keyof Records,
  { record, expand }: Pick<Described, 'record' | 'expand'>,
): JsonObject {
  // `stored` says which record it is: both come from one lookup.
  const as = <T extends keyof Records>(_: T) => record as Records[T]
  switch (stored) {
    case 'customers':
      return describeCustomer(as('customers'))
    case 'products':
      return describeProduct(as('products'))
    case 'prices':
      return describePrice(as('prices'), expand)
    case 'subscriptions':
      return describeSubscription(as('subscriptions'), findPrice(store))
    case 'invoices':
      return describeInvoice(as('invoices'), findPrice(store))
    case 'charges':
      return describeCharge(as('charges'))
    case 'events':
      return describeEvent(as('events'), (type, object) =>
        describe(store, { stored: type, record: object, version: olderVersion, expand: new Set() }),
      )
    case 'gone':
      return { ...as('gone'), deleted: true }
  }
}

/** Prices are never removed here, so that every item finds its own. */
export const findPrice =
  (store: SimulatorStore): FindPrice =>
  (id) =>
    getRecord(store, 'prices', id) ?? lostPrice(id)

const lostPrice = (id: string): PriceRecord => ({
  id,
  created: 0,
  product: '',
  active: false,
  currency: 'usd',
  nickname: null,
  unit_amount: null,
  unit_amount_decimal: null,
  interval: 'month',
  usage_type: 'licensed',
  tiered: false,
  metadata: {},
})
