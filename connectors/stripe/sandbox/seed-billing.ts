import type { SimulatorStore } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { creditedBy } from './objects/billing.ts'
import { itemOfLine } from './objects/invoice.ts'
import { change } from './record-event.ts'
import { eachRecord, getRecord, putRecord, type InvoiceRecord } from './records.ts'
import type { CreditNoteRecord, InvoiceItemRecord, ScheduleRecord } from './records-catalogue.ts'
import type { CheckoutSessionRecord } from './records-money.ts'
import { daySeconds, type Scene } from './scene.ts'

/** What stands beside the invoices and subscriptions that there are. */
export function seedBilling({ store, now }: Scene): void {
  const invoices = [...eachRecord(store, 'invoices')]
  for (const invoice of invoices) seedItems(store, invoice)
  seedPending(store, now)
  const paid = invoices.filter(({ status, total }) => status === 'paid' && total > 0)
  const credited = paid.filter(({ lines }, index) => lines.length > 10 || index % 60 === 5 || index === paid.length - 2)
  for (const [index, invoice] of credited.entries()) {
    const at = Math.min((invoice.paid_at ?? invoice.created) + 2 * daySeconds, now - 1800)
    creditInvoice(store, invoice, { at, now, index })
  }
  seedSchedules(store, now)
  seedSessions(store, now)
}

/** Each proration of an invoice is an item too. */
function seedItems(store: SimulatorStore, invoice: InvoiceRecord): void {
  for (const line of invoice.lines)
    if (line.proration)
      putRecord(store, 'invoice_items', {
        id: itemOfLine(line.id),
        created: invoice.created,
        customer: invoice.customer,
        invoice: invoice.id,
        subscription: invoice.subscription,
        price: line.price,
        amount: line.amount,
        currency: invoice.currency,
        quantity: line.quantity,
        proration: true,
        description: line.description,
      })
}

/** For the next invoice, whenever that is. */
function seedPending(store: SimulatorStore, now: number): void {
  const price = eachRecord(store, 'prices').find(({ interval }) => interval === null)
  for (const [index, customer] of [...eachRecord(store, 'customers')].entries()) {
    if (index % 15 > 2) continue
    const created = Math.max(customer.created, now - (2 + index) * daySeconds)
    const item: InvoiceItemRecord = {
      id: makeId(store, 'ii'),
      created,
      customer: customer.id,
      invoice: null,
      subscription: null,
      price: price?.id ?? '',
      amount: 250_000,
      currency: 'usd',
      quantity: 1,
      proration: false,
      description: 'Onboarding',
    }
    change(store, 'invoice_items', item, { type: 'invoiceitem.created', at: created, now })
  }
}

type Credit = { readonly at: number; readonly now?: number; readonly index: number }

/** https://docs.stripe.com/api/credit_notes/create : its lines of the whole invoice, paid back elsewhere */
export function creditInvoice(store: SimulatorStore, invoice: InvoiceRecord, { at, now = at, index }: Credit): void {
  const lines = invoice.lines.filter(({ amount }) => amount > 0)
  const note: CreditNoteRecord = {
    id: makeId(store, 'cn'),
    created: at,
    invoice: invoice.id,
    customer: invoice.customer,
    currency: invoice.currency,
    number: `${invoice.number ?? invoice.id}-CN-01`,
    reason: index % 2 === 0 ? 'order_change' : 'product_unsatisfactory',
    memo: index % 2 === 0 ? null : 'Sorry — “désolé”',
    status: 'issued',
    voided_at: null,
    lines: lines.map((line) => ({
      id: makeId(store, 'cnli'),
      invoice_line_item: line.id,
      amount: Math.max(1, Math.floor(line.amount / 10)),
      quantity: 1,
      description: line.description,
    })),
  }
  change(store, 'credit_notes', note, { type: 'credit_note.created', at, now })
  putRecord(store, 'invoices', { ...invoice, credited: creditedBy(note) })
}

function seedSchedules(store: SimulatorStore, now: number): void {
  for (const [index, subscription] of [...eachRecord(store, 'subscriptions')].entries()) {
    const [item] = subscription.items
    if (!item || (index % 30 !== 0 && index !== 4) || subscription.status === 'canceled') continue
    const created = Math.max(subscription.created, now - (5 + index) * daySeconds)
    const schedule: ScheduleRecord = {
      id: makeId(store, 'sub_sched'),
      created,
      customer: subscription.customer,
      subscription: subscription.id,
      status: index % 60 === 30 ? 'released' : 'active',
      ended_at: index % 60 === 30 ? created + 3600 : null,
      phase: {
        start: created,
        end: now + 200 * daySeconds,
        price: item.price,
        currency: subscription.currency,
      },
    }
    change(store, 'subscription_schedules', schedule, { type: 'subscription_schedule.created', at: created, now })
    if (schedule.status === 'active') putRecord(store, 'subscriptions', { ...subscription, schedule: schedule.id })
  }
}

/** How some subscriptions began; and some that nobody finished. */
function seedSessions(store: SimulatorStore, now: number): void {
  for (const [index, subscription] of [...eachRecord(store, 'subscriptions')].entries()) {
    if (subscription.items.length < 11 && index % 12 > 1) continue
    const status = index % 12 === 1 ? 'expired' : 'complete'
    const created = status === 'complete' ? subscription.created : now - (2 + (index % 50)) * daySeconds
    const customer = getRecord(store, 'customers', subscription.customer)
    const session: CheckoutSessionRecord = {
      id: makeId(store, 'cs_test'),
      created,
      customer: subscription.customer,
      customer_email: customer?.email ?? '',
      currency: subscription.currency,
      status,
      subscription: status === 'complete' ? subscription.id : null,
      lines: subscription.items.map((item) => {
        const price = getRecord(store, 'prices', item.price)
        return {
          id: item.id.replace('si_', 'li_'),
          price: item.price,
          quantity: item.quantity,
          amount: Math.round(Number(price?.unit_amount_decimal ?? 0) * item.quantity),
          description: price?.nickname ?? 'item',
        }
      }),
    }
    const type = status === 'complete' ? 'checkout.session.completed' : 'checkout.session.expired'
    const ended = status === 'complete' ? created + 60 : created + daySeconds
    change(store, 'checkout_sessions', session, { type, at: ended, now })
  }
  // In setup mode.
  putRecord(store, 'checkout_sessions', {
    id: makeId(store, 'cs_test', 'later'),
    created: now - 200 * daySeconds,
    customer: null,
    customer_email: 'setup@example.test',
    currency: null,
    status: 'complete',
    subscription: null,
    lines: [],
  })
}
