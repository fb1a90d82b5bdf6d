import type { SimulatorStore } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { change, recordLater } from './record-event.ts'
import { putRecord, type ChargeRecord } from './records.ts'
import type { BalanceTransactionRecord, PaymentIntentRecord } from './records-money.ts'
import { daySeconds } from './scene.ts'

export type Settled = {
  readonly intent: PaymentIntentRecord
  /** Of a charge that failed there is none. */
  readonly transaction: BalanceTransactionRecord | null
}

/** What belongs to a charge: the intent that made it, and the money that it moves. Their ids are the charge's own, in their kind. */
export function settleCharge(charge: ChargeRecord): Settled {
  const { created, customer, amount, currency, description } = charge
  const isPaid = charge.status === 'succeeded'
  return {
    intent: {
      id: charge.id.replace('ch_', 'pi_'),
      created,
      customer,
      amount,
      currency,
      status: isPaid ? 'succeeded' : 'requires_payment_method',
      latest_charge: charge.id,
      canceled_at: null,
      description,
      metadata: {},
    },
    transaction: isPaid
      ? {
          id: charge.id.replace('ch_', 'txn_'),
          created,
          amount,
          fee: Math.round(amount * 0.029) + 30,
          currency,
          source: charge.id,
          type: 'charge',
          available_on: midnightAfter(created, 2),
          payout: null,
        }
      : null,
  }
}

/** Keeps them, with the events of the intent. Money that moves has no event. */
export function keepSettled(store: SimulatorStore, { intent, transaction }: Settled, now: number): void {
  const at = intent.created
  change(store, 'payment_intents', intent, { type: 'payment_intent.created', at, now })
  if (transaction) putRecord(store, 'balance_transactions', transaction)
  const type = intent.status === 'succeeded' ? 'payment_intent.succeeded' : 'payment_intent.payment_failed'
  recordLater(store, type, { created: at, now }, { stored: 'payment_intents', object: intent })
}

export type Move = Pick<BalanceTransactionRecord, 'created' | 'amount' | 'currency' | 'source' | 'type'> & {
  readonly fee?: number
  readonly id?: string
}

/** Money that moves otherwise. */
export function moveMoney(store: SimulatorStore, move: Move): BalanceTransactionRecord {
  const transaction: BalanceTransactionRecord = {
    fee: 0,
    ...move,
    id: move.id ?? makeId(store, 'txn'),
    available_on: midnightAfter(move.created, move.type === 'payout' ? 0 : 2),
    payout: null,
  }
  putRecord(store, 'balance_transactions', transaction)
  return transaction
}

const midnightAfter = (at: number, days: number) => Math.ceil(at / daySeconds + days) * daySeconds
