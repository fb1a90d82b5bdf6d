import type { SimulatorStore } from 'millrace/sandbox'
import { storeOf } from './connected-store.ts'
import { makeId } from './ids.ts'
import { feeOf } from './objects/charge.ts'
import { change } from './record-event.ts'
import { eachRecord, putRecord, type ChargeRecord } from './records.ts'
import type { AccountRecord } from './records-catalogue.ts'
import type { PartRecord, TransferRecord } from './records-money.ts'
import { daySeconds, type Scene } from './scene.ts'
import { seedPayments } from './seed-payments.ts'
import { moveMoney } from './settle-charge.ts'

/** Three accounts that are connected, each with a few customers and charges; the platform's fees of them, and transfers to them. */
export function seedPlatform(scene: Scene): void {
  const { store, now } = scene
  for (const [index, [suffix, name, country, currency]] of accountList.entries()) {
    const account: AccountRecord = {
      id: `acct_1Connected${suffix}`,
      created: now - (300 - index * 100) * daySeconds,
      name,
      email: `owner@${suffix.toLowerCase()}.test`,
      country,
      currency,
      charges_enabled: true,
      payouts_enabled: index !== 2,
      metadata: { plan: 'marketplace' },
    }
    putRecord(store, 'accounts', account)
    const own = storeOf(store, account.id)
    seedSeller(own, account, now)
    seedPayments({ store: own, now })
  }
  seedTransfers(scene)
}

function seedSeller(store: SimulatorStore, account: AccountRecord, now: number): void {
  for (let nth = 0; nth < 3; nth++) {
    const customer = {
      id: makeId(store, 'cus'),
      created: now - (90 - nth * 10) * daySeconds,
      name: `Guest ${nth + 1} of ${account.name}`,
      email: `guest${nth + 1}@example.test`,
      phone: null,
      country: account.country,
      currency: account.currency,
      delinquent: false,
      next_invoice_sequence: 1,
      metadata: {},
    }
    change(store, 'customers', customer, { type: 'customer.created', at: customer.created, now })
  }
  for (let nth = 0; nth < 15; nth++) sellOnce(store, { account, at: now - (60 - nth * 4) * daySeconds, nth, now })
}

type Sale = { readonly account: AccountRecord; readonly at: number; readonly nth: number; readonly now: number }

/** A charge of a connected account. */
export function sellOnce(store: SimulatorStore, { account, at, nth, now }: Sale): ChargeRecord {
  const customers = [...eachRecord(store, 'customers')]
  const customer = customers[nth % customers.length]
  const charge: ChargeRecord = {
    id: makeId(store, 'ch'),
    created: at,
    customer: customer?.id ?? '',
    email: customer?.email ?? null,
    name: customer?.name ?? null,
    amount: 2000 + nth * 250,
    currency: account.currency,
    status: 'succeeded',
    refunded: nth === 3,
    application_fee: makeId(store, 'fee'),
    description: `Order ${nth + 1}`,
  }
  change(store, 'charges', charge, { type: 'charge.succeeded', at, now })
  return charge
}

/** Some of what the platform earned goes on to a connected account; of one transfer much is taken back, bit by bit. */
function seedTransfers({ store, now }: Scene): void {
  const sources = [...eachRecord(store, 'charges')].filter((charge) => charge.status === 'succeeded').slice(-6)
  for (const [index, { id: accountId }] of [...eachRecord(store, 'accounts')].entries()) {
    const sold = [...eachRecord(storeOf(store, accountId), 'charges')]
    for (const [nth, charge] of sources.entries()) {
      if (nth % 3 !== index) continue
      transferPart(store, charge, {
        destination: accountId,
        at: charge.created + 600,
        now,
        reversals: index === 0 ? 12 : 0,
      })
    }
    for (const [nth, charge] of sold.entries())
      takeFee(store, charge, { account: accountId, now, refunds: index === 0 && nth === 0 ? 12 : nth === 3 ? 1 : 0 })
  }
}

type Transfer = {
  readonly destination: string
  readonly at: number
  readonly now?: number
  readonly reversals: number
}

export function transferPart(store: SimulatorStore, charge: ChargeRecord, to: Transfer): void {
  const { destination, at, now = at, reversals } = to
  const id = makeId(store, 'tr')
  const amount = Math.max(reversals + 1, Math.floor(charge.amount / 4))
  const { id: transaction } = moveMoney(store, {
    created: at,
    amount: -amount,
    currency: charge.currency,
    source: id,
    type: 'transfer',
  })
  const transfer = {
    id,
    created: at,
    amount,
    currency: charge.currency,
    destination,
    source_transaction: charge.id,
    balance_transaction: transaction,
    metadata: {},
    reversals: partsOf(store, 'trr', { at, count: reversals, amount: 1 }),
  }
  change(store, 'transfers', transfer, { type: 'transfer.created', at, now })
  receive(storeOf(store, destination), transfer, now)
}

/**
 * A charge of the connected account, and in its list. What tells of it is no event of charges, and in no published list of events.
 * https://docs.stripe.com/api/transfers/object#transfer_object-destination_payment https://github.com/stripe/stripe-dotnet/issues/1677
 */
function receive(own: SimulatorStore, { id, created, amount, currency }: TransferRecord, now: number): void {
  const payment: ChargeRecord = {
    id: id.replace('tr_', 'py_'),
    created,
    customer: '',
    email: null,
    name: null,
    amount,
    currency,
    status: 'succeeded',
    refunded: false,
    source_transfer: id,
    description: null,
  }
  change(own, 'charges', payment, { type: 'payment.created', at: created, now })
  const money = { created, amount, currency, source: payment.id, type: 'payment' } as const
  moveMoney(own, { ...money, id: id.replace('tr_', 'txn_') })
}

type Fee = { readonly account: string; readonly now: number; readonly refunds: number }

/** https://docs.stripe.com/connect/direct-charges#collect-fees */
export function takeFee(store: SimulatorStore, charge: ChargeRecord, { account, now, refunds }: Fee): void {
  const { created, currency } = charge
  const id = charge.application_fee ?? makeId(store, 'fee')
  const amount = feeOf(charge.amount)
  const { id: transaction } = moveMoney(store, { created, amount, currency, source: id, type: 'application_fee' })
  const fee = {
    id,
    created,
    account,
    charge: charge.id,
    amount,
    currency,
    balance_transaction: transaction,
    refunds: partsOf(store, 'fr', { at: created, count: refunds, amount: 2 }),
  }
  change(store, 'application_fees', fee, { type: 'application_fee.created', at: created, now })
}

type Parts = { readonly at: number; readonly count: number; readonly amount: number }

const partsOf = (store: SimulatorStore, prefix: string, { at, count, amount }: Parts): readonly PartRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    id: makeId(store, prefix),
    created: at + (count - index) * 60,
    amount,
  })).toReversed()

const accountList: readonly (readonly [suffix: string, name: string, country: string, currency: string])[] = [
  ['Bakery', 'Bäckerei Schmidt', 'DE', 'eur'],
  ['Florist', 'Petals & Co', 'US', 'usd'],
  ['Teahouse', '茶屋', 'JP', 'jpy'],
]
