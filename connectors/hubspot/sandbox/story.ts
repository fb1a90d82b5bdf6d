import { MillraceError } from 'millrace'
import type { Day, Person, SimulatorContext } from 'millrace/sandbox'
import { findType, type ObjectType } from './properties.ts'
import { findRecord, putRecord } from './records.ts'
import { setStatus } from './subscriptions.ts'

/** A marketing team was here before millrace: some companies, their people and deals. */
export function seedPortal(context: SimulatorContext): void {
  const { world, store } = context
  const contact = requireType('contact')
  const company = requireType('company')
  const deal = requireType('deal')
  const machine = requireType('machine')
  const at = (date: Date) => ({ ...context, now: () => date })
  store.batch(() => {
    for (const each of world.companies.slice(0, companiesBefore))
      putRecord(at(each.createdAt), company, {
        id: null,
        values: {
          name: each.name,
          domain: each.domain,
          country: each.country,
          numberofemployees: String(each.employees),
          account_ref: accountRef(each.number),
        },
      })
    for (const person of world.people.slice(0, peopleBefore)) {
      const values = {
        email: person.email,
        firstname: person.firstName,
        lastname: person.lastName,
        jobtitle: person.title,
        phone: person.phone,
        lifecyclestage: person.kind === 'lead' ? 'lead' : 'customer',
        person_id: personId(person.number),
      }
      putRecord(at(person.createdAt), contact, { id: null, values })
      if (person.optOut.news) optOut(at(person.createdAt), person, newsletter)
    }
    for (const each of world.deals.slice(0, dealsBefore))
      putRecord(at(each.createdAt), deal, {
        id: null,
        values: {
          dealname: each.name,
          amount: (each.amountCents / 100).toFixed(2),
          pipeline: 'default',
          dealstage: each.stage === 'Closed Won' ? 'closedwon' : 'qualifiedtobuy',
          deal_ref: `D-${String(each.number).padStart(6, '0')}`,
        },
      })
    putRecord(at(world.epoch), machine, { id: null, values: { serial_number: 'M-000001', model: 'Overshot' } })
  })
}

/** People unsubscribe by themselves: whoever is known here. */
export function playDay(context: SimulatorContext, day: Day): void {
  const contact = requireType('contact')
  context.store.batch(() => {
    for (const event of day.events) {
      if (event.kind !== 'opt_out' || event.by !== 'messaging') continue
      const person = context.world.people[event.person - 1]
      if (!person || !findRecord(context.store, contact, { property: 'email', value: person.email })) continue
      optOut({ ...context, now: () => event.at }, person, event.channel === 'news' ? newsletter : updates)
    }
  })
}

function optOut(context: SimulatorContext, { email }: Person, subscriptionId: number): void {
  const status = { email: email.toLowerCase(), subscriptionId, status: 'UNSUBSCRIBED' }
  setStatus(context, { ...status, legalBasis: null, legalBasisExplanation: null }, 'SUBSCRIPTION_PAGE')
}

function requireType(name: string): ObjectType {
  const type = findType(name)
  if (!type) throw new MillraceError('MR-7000', { message: `The simulator of HubSpot has no object ${name}.` })
  return type
}

/** The same as at the other vendors. */
const personId = (number: number) => `P-${String(number).padStart(6, '0')}`
const accountRef = (number: number) => `A-${String(number).padStart(6, '0')}`

const companiesBefore = 20
const peopleBefore = 50
const dealsBefore = 20
const newsletter = 301
const updates = 302
