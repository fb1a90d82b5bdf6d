import type { SimulatorStore } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { change } from './record-event.ts'
import { eachRecord, putRecord } from './records.ts'
import type { BalanceTransactionRecord, PayoutRecord } from './records-money.ts'
import { daySeconds } from './scene.ts'
import { moveMoney } from './settle-charge.ts'

/** Collects what is available and was not paid out, per currency. https://docs.stripe.com/payouts */
export function payOut(store: SimulatorStore, at: number, now: number = at): void {
  payOutOf(store, [...eachRecord(store, 'balance_transactions')], { at, now })
}

/** As `payOut`, once a week since the oldest of them. */
export function payOutWeekly(store: SimulatorStore, now: number): void {
  let open = [...eachRecord(store, 'balance_transactions')]
  const [oldest] = open.map(({ created }) => created).toSorted((a, b) => a - b)
  if (oldest === undefined) return
  for (let at = oldest + 7 * daySeconds; at < now; at += 7 * daySeconds) open = payOutOf(store, open, { at, now })
}

/** Gives back those that are still open. */
function payOutOf(
  store: SimulatorStore,
  transactions: readonly BalanceTransactionRecord[],
  { at, now }: { readonly at: number; readonly now: number },
): BalanceTransactionRecord[] {
  const due = transactions.filter((each) => each.payout === null && each.type !== 'payout' && each.available_on <= at)
  const paid = new Set<string>()
  for (const currency of new Set(due.map((each) => each.currency))) {
    const own = due.filter((each) => each.currency === currency)
    const amount = own.reduce((sum, each) => sum + each.amount - each.fee, 0)
    if (amount <= 0) continue
    const id = makeId(store, 'po')
    const { id: transaction } = moveMoney(store, { created: at, amount: -amount, currency, source: id, type: 'payout' })
    const payout: PayoutRecord = {
      id,
      created: at,
      amount,
      currency,
      arrival_date: at + 2 * daySeconds,
      status: at + 2 * daySeconds <= now ? 'paid' : 'pending',
      balance_transaction: transaction,
    }
    change(store, 'payouts', payout, { type: 'payout.created', at, now })
    for (const each of own) {
      putRecord(store, 'balance_transactions', { ...each, payout: id })
      paid.add(each.id)
    }
  }
  return transactions.filter(({ id }) => !paid.has(id))
}

/** A day goes by: what is on its way arrives. */
export function arrivePayouts(store: SimulatorStore, at: number): void {
  for (const payout of eachRecord(store, 'payouts')) {
    if (payout.status === 'paid') continue
    const arrived = { ...payout, status: payout.arrival_date <= at ? ('paid' as const) : ('in_transit' as const) }
    if (arrived.status === payout.status) continue
    change(store, 'payouts', arrived, { type: arrived.status === 'paid' ? 'payout.paid' : 'payout.updated', at })
  }
}
