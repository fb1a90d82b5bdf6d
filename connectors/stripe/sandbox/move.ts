import type { Day, SimulatorContext, SimulatorStore, WorldEvent } from 'millrace/sandbox'
import { cancelSubscription } from './cancel-subscription.ts'
import { chargeInvoice, makeInvoice } from './make-invoice.ts'
import { moveCatalogue } from './move-catalogue.ts'
import { movePayments } from './move-payments.ts'
import { billingEmails } from './seed-customers.ts'
import { recordEvent } from './record-event.ts'
import {
  eachRecord,
  getRecord,
  putRecord,
  type CustomerRecord,
  type InvoiceRecord,
  type SubscriptionRecord,
} from './records.ts'
import { toSeconds } from './scene.ts'
import { keepSettled, settleCharge } from './settle-charge.ts'
import { turnTestClock } from './test-clock.ts'
import { tidyUp } from './tidy-up.ts'

/** Plays what of a day concerns the billing account. */
export function playDay({ world, store }: SimulatorContext, day: Day): void {
  const emails = billingEmails(world)
  for (const event of day.events) {
    const at = toSeconds(event.at)
    switch (event.kind) {
      case 'subscription_ends':
        endSubscription(store, customerOf(store, event.company), at)
        break
      case 'invoice_paid':
        payInvoice(store, customerOf(store, event.company), at)
        break
      case 'account_edited':
        editCustomer(store, customerOf(store, event.company), { at, change: accountChange(event) })
        break
      case 'person_edited': {
        const person = world.people[event.person - 1]
        const isBilled = event.field === 'email' && person !== undefined && emails.get(person.company) === person.email
        if (isBilled)
          editCustomer(store, customerOf(store, person.company), { at, change: () => ({ email: event.value }) })
        break
      }
      // Nobody tells the billing account of these.
      case 'deal_moves':
      case 'lead_converts':
      case 'opt_out':
      case 'person_deleted':
        break
    }
  }
  tidyUp(store, day)
  movePayments(store, day)
  moveCatalogue(store, day)
  turnTestClock(store, toSeconds(day.end) - 900)
}

function customerOf(store: SimulatorStore, company: number): CustomerRecord | undefined {
  const id = store.get('companies', String(company))?.customer
  return typeof id === 'string' ? getRecord(store, 'customers', id) : undefined
}

function endSubscription(store: SimulatorStore, customer: CustomerRecord | undefined, at: number): void {
  const subscription = liveSubscription(store, customer)
  if (subscription) cancelSubscription(store, subscription, at)
}

/** An open invoice is paid where there is one; else a new one is made, which is then paid. */
function payInvoice(store: SimulatorStore, customer: CustomerRecord | undefined, at: number): void {
  const subscription = liveSubscription(store, customer)
  if (!customer || !subscription) return
  const open = eachRecord(store, 'invoices').find(
    (invoice) => invoice.customer === customer.id && invoice.status === 'open',
  )
  const paid: InvoiceRecord = open
    ? { ...open, status: 'paid', paid_at: at, attempt_count: 2 }
    : makeDraftAndPay(store, subscription, at)
  putRecord(store, 'invoices', paid)
  announce(store, { type: 'invoice.paid', at, invoice: paid })
  announce(store, { type: 'invoice.payment_succeeded', at, invoice: paid })
  if (paid.total > 0) {
    const charge = chargeInvoice(store, paid, at)
    putRecord(store, 'charges', charge)
    keepSettled(store, settleCharge(charge), at)
    recordEvent(store, 'charge.succeeded', at, { stored: 'charges', object: charge }, at)
  }
  const updated: SubscriptionRecord = { ...subscription, status: 'active', latest_invoice: paid.id }
  putRecord(store, 'subscriptions', updated)
  recordEvent(store, 'customer.subscription.updated', at, { stored: 'subscriptions', object: updated }, at)
}

function makeDraftAndPay(store: SimulatorStore, subscription: SubscriptionRecord, at: number): InvoiceRecord {
  const invoice = makeInvoice(store, {
    subscription,
    at: at - settleSeconds,
    extraLines: 0,
    status: 'paid',
    reason: 'manual',
    settleSeconds,
    price: (id) => getRecord(store, 'prices', id),
  })
  announce(store, {
    type: 'invoice.created',
    at: invoice.created,
    invoice: { ...invoice, status: 'draft', number: null, paid_at: null, finalized_at: null },
  })
  // It took a number of the customer.
  const customer = getRecord(store, 'customers', invoice.customer)
  if (customer)
    recordEvent(store, 'customer.updated', invoice.finalized_at ?? at, { stored: 'customers', object: customer }, at)
  return invoice
}

const announce = (store: SimulatorStore, { type, at, invoice }: { type: string; at: number; invoice: InvoiceRecord }) =>
  recordEvent(store, type, at, { stored: 'invoices', object: invoice }, at)

type Edit = { readonly at: number; readonly change: (customer: CustomerRecord) => Partial<CustomerRecord> | undefined }

function editCustomer(store: SimulatorStore, customer: CustomerRecord | undefined, { at, change }: Edit): void {
  const changes = customer && change(customer)
  if (!customer || !changes) return
  const edited = { ...customer, ...changes }
  putRecord(store, 'customers', edited)
  recordEvent(store, 'customer.updated', at, { stored: 'customers', object: edited }, at)
}

const accountChange =
  ({ field, value }: Extract<WorldEvent, { kind: 'account_edited' }>): Edit['change'] =>
  (customer) => {
    if (field === 'phone') return { phone: value }
    return field === 'industry' ? { metadata: { ...customer.metadata, industry: value } } : undefined
  }

function liveSubscription(store: SimulatorStore, customer: CustomerRecord | undefined): SubscriptionRecord | undefined {
  return (
    customer &&
    eachRecord(store, 'subscriptions').find((each) => each.customer === customer.id && each.status !== 'canceled')
  )
}

/** Shorter than the quiet at the beginning of a day: nothing is created in the day before. */
const settleSeconds = 900
