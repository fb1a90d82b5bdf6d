import type { JsonObject } from 'millrace'
import type { Day, Person, SimulatorContext } from 'millrace/sandbox'
import { identifyPerson } from './identify.ts'
import { identifyObject } from './objects.ts'
import { findPerson } from './people.ts'

/** A few people were here before millrace came: they signed up by themselves, and are subscribed. */
export function seedPeople(context: SimulatorContext): void {
  context.store.batch(() => {
    for (const person of context.world.people.slice(0, peopleBefore)) {
      const created_at = Math.floor(person.createdAt.getTime() / 1000)
      const attributes = {
        email: person.email,
        created_at,
        first_name: person.firstName,
        unsubscribed: false,
        source: 'signup_form',
      }
      identifyPerson(context, { identifiers: { id: personId(person.number) }, attributes })
    }
  })
}

/** The companies of the cast, as somebody has imported them. Nobody belongs to them yet. */
export function seedCompanies(context: SimulatorContext): void {
  context.store.batch(() => {
    for (const { number, name } of context.world.companies.slice(0, companiesBefore))
      identifyObject(context, {
        identifiers: { object_type_id: '1', object_id: companyId(number) },
        attributes: { name },
      })
  })
}

/** People unsubscribe by themselves: whoever is known here. */
export function playDay(context: SimulatorContext, day: Day): void {
  context.store.batch(() => {
    for (const event of day.events) {
      if (event.kind !== 'opt_out' || event.by !== 'messaging') continue
      const identifiers = { id: personId(event.person) }
      if (!findPerson(context.store, identifiers)) continue
      const attributes: JsonObject =
        event.channel === 'news' ? { 'cio_subscription_preferences.topics.topic_3': false } : { unsubscribed: true }
      identifyPerson({ ...context, now: () => event.at }, { identifiers, attributes })
    }
  })
}

/** The same as Salesforce's Person_Id__c. */
const personId = (number: Person['number']) => `P-${String(number).padStart(6, '0')}`

const companyId = (number: number) => `C-${String(number).padStart(6, '0')}`

const peopleBefore = 5
const companiesBefore = 3
