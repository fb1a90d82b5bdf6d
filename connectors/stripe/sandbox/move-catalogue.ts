import type { Day, SimulatorStore } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { change, recordLater } from './record-event.ts'
import { eachRecord, putRecord } from './records.ts'
import { daySeconds, toSeconds } from './scene.ts'
import { creditInvoice } from './seed-billing.ts'

/** What a day does to discounts, taxes, plans and what is billed beside invoices: some of it is told by events, some is not. */
export function moveCatalogue(store: SimulatorStore, day: Day): void {
  const at = toSeconds(day.end) - 900
  redeem(store)
  if (day.number % 2 === 1) removeLast(store, 'coupons', 'coupon.deleted', at)
  if (day.number % 3 === 1) removeFirst(store, at)
  moveItems(store, at, day.number)
  moveCredit(store, at, day.number)
  const [rate] = eachRecord(store, 'tax_rates')
  if (rate)
    change(store, 'tax_rates', { ...rate, description: `As of day ${day.number}` }, { type: 'tax_rate.updated', at })
  const plan = [...eachRecord(store, 'plans')].at(-1)
  if (plan) change(store, 'plans', { ...plan, nickname: `Day ${day.number}` }, { type: 'plan.updated', at })
  const schedule = eachRecord(store, 'subscription_schedules').find(({ status }) => status === 'active')
  if (schedule && day.number % 3 === 1) {
    const released = { ...schedule, status: 'released', ended_at: at } as const
    change(store, 'subscription_schedules', released, { type: 'subscription_schedule.released', at })
    const subscription = eachRecord(store, 'subscriptions').find(({ id }) => id === schedule.subscription)
    if (subscription)
      change(
        store,
        'subscriptions',
        { ...subscription, schedule: undefined },
        { type: 'customer.subscription.updated', at },
      )
  }
}

/** How often a coupon was taken is told by no event of it. */
function redeem(store: SimulatorStore): void {
  const [coupon] = eachRecord(store, 'coupons')
  if (coupon) putRecord(store, 'coupons', { ...coupon, times_redeemed: coupon.times_redeemed + 1 })
  const [code] = eachRecord(store, 'promotion_codes')
  if (code) putRecord(store, 'promotion_codes', { ...code, times_redeemed: code.times_redeemed + 1 })
}

/** One with an id of its own. */
function removeFirst(store: SimulatorStore, at: number): void {
  const plan = eachRecord(store, 'plans').find(({ id }) => id.startsWith('legacy-'))
  if (!plan) return
  store.remove('plans', plan.id)
  recordLater(store, 'plan.deleted', { created: at }, { stored: 'plans', object: plan })
}

function removeLast(store: SimulatorStore, stored: 'coupons', type: string, at: number): void {
  const last = [...eachRecord(store, stored)].at(-1)
  // The first few are there for good, so that every world has some.
  if (!last || store.count(stored) < 4) return
  store.remove(stored, last.id)
  recordLater(store, type, { created: at }, { stored, object: last })
}

/** New and deleted ones are told, edits are not. */
function moveItems(store: SimulatorStore, at: number, day: number): void {
  const [first, second] = [...eachRecord(store, 'invoice_items')].filter(({ invoice }) => invoice === null)
  if (first && second && day % 2 === 1) {
    store.remove('invoice_items', first.id)
    recordLater(store, 'invoiceitem.deleted', { created: at }, { stored: 'invoice_items', object: first })
  }
  if (!second) return
  putRecord(store, 'invoice_items', { ...second, description: `Onboarding, as of day ${day}` })
  const item = { ...second, id: makeId(store, 'ii'), created: at }
  change(store, 'invoice_items', item, { type: 'invoiceitem.created', at })
}

function moveCredit(store: SimulatorStore, at: number, day: number): void {
  const note = eachRecord(store, 'credit_notes').find(({ status }) => status === 'issued')
  if (note && day % 3 === 1)
    change(store, 'credit_notes', { ...note, status: 'void', voided_at: at }, { type: 'credit_note.voided', at })
  const invoice = [...eachRecord(store, 'invoices')].findLast(
    ({ status, total, credited, created }) =>
      status === 'paid' && total > 0 && credited === undefined && created < at - daySeconds,
  )
  if (invoice && day % 2 === 1) creditInvoice(store, invoice, { at, index: day })
}
