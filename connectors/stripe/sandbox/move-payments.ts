import type { Day, SimulatorStore } from 'millrace/sandbox'
import { storeOf } from './connected-store.ts'
import { makeId } from './ids.ts'
import { arrivePayouts, payOut } from './pay-out.ts'
import { change, recordLater } from './record-event.ts'
import { eachRecord, getRecord, putRecord } from './records.ts'
import { daySeconds, toSeconds } from './scene.ts'
import { sellOnce, takeFee, transferPart } from './seed-platform.ts'
import { disputeCharge, refundCharge } from './seed-payments.ts'
import { keepSettled, settleCharge } from './settle-charge.ts'

/** What a day does to money that is on its way: some of it is told by events, some is not. */
export function movePayments(store: SimulatorStore, day: Day): void {
  const at = toSeconds(day.end) - 1200
  settleRefunds(store, at)
  const paid = [...eachRecord(store, 'charges')].filter(
    (each) => each.status === 'succeeded' && !each.refunded && !each.disputed && each.created < at - daySeconds,
  )
  const [last, beforeLast] = [paid.at(-1), paid.at(-2)]
  if (last && day.number % 2 === 1) refundCharge(store, last, at)
  answerDisputes(store, at)
  if (beforeLast && day.number % 3 === 1) disputeCharge(store, beforeLast, { at, index: day.number })
  moveIntents(store, at, day.number)
  moveSessions(store, at)
  arrivePayouts(store, at)
  payOut(store, at)
  movePlatform(store, at, day.number)
}

function settleRefunds(store: SimulatorStore, at: number): void {
  for (const refund of eachRecord(store, 'refunds'))
    if (refund.status === 'pending')
      change(store, 'refunds', { ...refund, status: 'succeeded' }, { type: 'refund.updated', at })
}

function answerDisputes(store: SimulatorStore, at: number): void {
  const open = [...eachRecord(store, 'disputes')].find(({ status }) => status === 'needs_response')
  if (open) change(store, 'disputes', { ...open, status: 'under_review' }, { type: 'charge.dispute.updated', at })
}

function moveIntents(store: SimulatorStore, at: number, day: number): void {
  const open = [...eachRecord(store, 'payment_intents')].filter(
    ({ status, latest_charge }) => status === 'requires_payment_method' && latest_charge === null,
  )
  const [first] = open
  const last = open.findLast(({ created }) => created > at - 3 * daySeconds)
  if (first && day % 3 === 2)
    change(
      store,
      'payment_intents',
      { ...first, status: 'canceled', canceled_at: at },
      { type: 'payment_intent.canceled', at },
    )
  // An edit, of which no event tells.
  if (last) putRecord(store, 'payment_intents', { ...last, metadata: { edited_on_day: String(day) } })
  const [customer] = eachRecord(store, 'customers')
  const made = {
    created: at,
    customer: customer?.id ?? null,
    status: 'requires_payment_method' as const,
    metadata: {},
  }
  const intent = {
    ...made,
    id: makeId(store, 'pi'),
    amount: 1200,
    currency: 'usd',
    latest_charge: null,
    canceled_at: null,
    description: null,
  }
  change(store, 'payment_intents', intent, { type: 'payment_intent.created', at })
  const waiting = [...eachRecord(store, 'setup_intents')].find(({ status }) => status === 'requires_payment_method')
  if (waiting)
    change(store, 'setup_intents', { ...waiting, status: 'succeeded' }, { type: 'setup_intent.succeeded', at })
  change(store, 'setup_intents', { ...made, id: makeId(store, 'seti') }, { type: 'setup_intent.created', at })
}

/** Its end is told, its beginning is not. */
function moveSessions(store: SimulatorStore, at: number): void {
  const sessions = [...eachRecord(store, 'checkout_sessions')]
  const like = sessions.find(({ lines }) => lines.length > 10) ?? sessions[0]
  if (!like) return
  for (const session of sessions) {
    if (session.status !== 'open') continue
    const complete = { ...session, status: 'complete', subscription: like.subscription } as const
    change(store, 'checkout_sessions', complete, { type: 'checkout.session.completed', at })
  }
  putRecord(store, 'checkout_sessions', {
    ...like,
    id: makeId(store, 'cs_test'),
    created: at,
    status: 'open',
    subscription: null,
    lines: like.lines.map((line) => ({ ...line, id: makeId(store, 'li') })),
  })
}

function movePlatform(store: SimulatorStore, at: number, day: number): void {
  const [account, ...others] = [...eachRecord(store, 'accounts')]
  if (!account) return
  // The account's own event log tells of it, the platform's does not.
  putRecord(store, 'accounts', { ...account, metadata: { ...account.metadata, seen_on_day: String(day) } })
  const gone = others.at(-1)
  if (day % 5 === 4 && gone) store.remove('accounts', gone.id)
  if (day % 5 === 2) putRecord(store, 'accounts', { ...account, id: `acct_1ConnectedDay${day}`, created: at })
  const own = storeOf(store, account.id)
  const charge = sellOnce(own, { account, at, nth: day, now: at })
  keepSettled(own, settleCharge(charge), at)
  payOut(own, at)
  takeFee(store, charge, { account: account.id, now: at, refunds: 0 })
  const transfer = [...eachRecord(store, 'transfers')].at(-1)
  const part = { created: at, amount: 1 }
  if (transfer) {
    const reversals = [{ ...part, id: makeId(store, 'trr') }, ...transfer.reversals]
    change(store, 'transfers', { ...transfer, reversals }, { type: 'transfer.reversed', at })
    const source = getRecord(store, 'charges', transfer.source_transaction)
    if (source && day % 2 === 1) transferPart(store, source, { destination: account.id, at, reversals: 0 })
  }
  const fee = eachRecord(store, 'application_fees').find(({ refunds }) => refunds.length === 0)
  if (!fee) return
  const refund = { ...part, id: makeId(store, 'fr') }
  putRecord(store, 'application_fees', { ...fee, refunds: [refund] })
  // Its object is the part and not the fee.
  const object = { ...refund, fee: fee.id, currency: fee.currency }
  recordLater(store, 'application_fee.refund.updated', { created: at }, { stored: 'fee_refunds', object })
}
