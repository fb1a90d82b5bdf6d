import type { SimulatorStore } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { payOutWeekly } from './pay-out.ts'
import { change } from './record-event.ts'
import { eachRecord, putRecord, type ChargeRecord } from './records.ts'
import type { DisputeRecord, RefundRecord } from './records-money.ts'
import { daySeconds, type Scene } from './scene.ts'
import { keepSettled, moveMoney, settleCharge } from './settle-charge.ts'

/** What belongs to the charges that there are: intents, money, refunds, disputes, payouts; and intents without a charge. */
export function seedPayments({ store, now }: Pick<Scene, 'store' | 'now'>): void {
  const charges = [...eachRecord(store, 'charges')]
  for (const charge of charges) keepSettled(store, settleCharge(charge), now)
  for (const charge of charges)
    if (charge.refunded && charge.created + daySeconds <= now)
      refundCharge(store, charge, charge.created + daySeconds, now)
  const paid = charges.filter((charge) => charge.status === 'succeeded' && !charge.refunded)
  // Late ones, so that a tiny world has them too.
  const disputed = paid.filter(
    (_, index) => index % 150 === 30 || index === paid.length - 4 || index === paid.length - 9,
  )
  for (const [index, charge] of disputed.entries())
    disputeCharge(store, charge, { at: Math.min(charge.created + 5 * daySeconds, now - 3600), now, index })
  seedIntents(store, now)
  payOutWeekly(store, now)
}

/** https://docs.stripe.com/api/refunds/create : the whole of it */
export function refundCharge(store: SimulatorStore, charge: ChargeRecord, at: number, now: number = at): void {
  const id = makeId(store, 're')
  const { id: transaction } = moveMoney(store, {
    created: at,
    amount: -charge.amount,
    currency: charge.currency,
    source: id,
    type: 'refund',
  })
  const refund: RefundRecord = {
    id,
    created: at,
    charge: charge.id,
    payment_intent: charge.id.replace('ch_', 'pi_'),
    amount: charge.amount,
    currency: charge.currency,
    status: at > now - daySeconds ? 'pending' : 'succeeded',
    reason: 'requested_by_customer',
    balance_transaction: transaction,
  }
  change(store, 'refunds', refund, { type: 'refund.created', at, now })
  change(store, 'charges', { ...charge, refunded: true }, { type: 'charge.refunded', at, now })
}

type Dispute = { readonly at: number; readonly now?: number; readonly index: number }

/** The money goes at once, and comes back where it is won. */
export function disputeCharge(store: SimulatorStore, charge: ChargeRecord, { at, now = at, index }: Dispute): void {
  const id = makeId(store, 'dp')
  const move = { currency: charge.currency, source: id, type: 'adjustment' } as const
  const taken = moveMoney(store, { ...move, created: at, amount: -charge.amount, fee: 1500 })
  const isOld = at < now - 30 * daySeconds
  const status: DisputeRecord['status'] = isOld ? (index % 2 === 0 ? 'won' : 'lost') : 'needs_response'
  const back =
    status === 'won' ? [moveMoney(store, { ...move, created: at + 20 * daySeconds, amount: charge.amount }).id] : []
  const dispute: DisputeRecord = {
    id,
    created: at,
    charge: charge.id,
    payment_intent: charge.id.replace('ch_', 'pi_'),
    amount: charge.amount,
    currency: charge.currency,
    reason: index % 2 === 0 ? 'fraudulent' : 'product_not_received',
    status,
    transactions: [taken.id, ...back],
  }
  change(store, 'disputes', dispute, { type: 'charge.dispute.created', at, now })
  putRecord(store, 'charges', { ...charge, disputed: true })
}

/** Given up before a charge was made; and cards that are kept for later. */
function seedIntents(store: SimulatorStore, now: number): void {
  for (const [index, customer] of [...eachRecord(store, 'customers')].entries()) {
    const created = Math.max(customer.created, now - (3 + (index % 90)) * daySeconds)
    if (index % 12 === 2) {
      const id = makeId(store, 'pi')
      const isOver = index % 24 === 2
      const intent = {
        id,
        created,
        customer: customer.id,
        amount: 4900,
        currency: customer.currency,
        status: isOver ? ('canceled' as const) : ('requires_payment_method' as const),
        latest_charge: null,
        canceled_at: isOver ? created + 3600 : null,
        description: null,
        metadata: {},
      }
      change(store, 'payment_intents', intent, { type: 'payment_intent.created', at: created, now })
    }
    if (index % 8 === 1) {
      const status = index % 16 === 1 ? ('succeeded' as const) : ('requires_payment_method' as const)
      const intent = { id: makeId(store, 'seti'), created, customer: customer.id, status, metadata: {} }
      change(store, 'setup_intents', intent, { type: 'setup_intent.created', at: created, now })
    }
  }
}
