import type { JsonObject } from 'millrace'
import type { Person, Random, SimulatorContext } from 'millrace/sandbox'
import { integrationUserId } from './identity.ts'
import { momentsBetween } from './moments.ts'
import { createRecord, requireObject, updateRecord } from './org.ts'
import { recordId } from './record-id.ts'
import { accountId } from './seed-accounts.ts'
import { userId } from './seed-users.ts'

export const contactId = (person: number) => recordId('003', person)
export const leadId = (person: number) => recordId('00Q', person)
export const personId = (person: number) => `P-${String(person).padStart(6, '0')}`

export function seedPeople(context: SimulatorContext): void {
  const random = context.world.random('salesforce people')
  for (const person of context.world.people) {
    if (person.kind === 'contact') seedContact(context, person, random)
    else seedLead(context, person, random)
  }
}

function seedContact(context: SimulatorContext, person: Person, random: Random): void {
  const company = context.world.companies[person.company - 1]
  const owner = userId(company?.owner ?? 1)
  createRecord(
    context,
    requireObject('Contact'),
    {
      Id: contactId(person.number),
      AccountId: accountId(person.company),
      ...personFields(person),
      MailingCountry: company?.country ?? null,
      Department: random.pick(['Sales', 'IT', 'Finance', null]),
      LeadSource: random.pick(['Web', 'Phone Inquiry', null]),
      Birthdate: random.chance(0.2)
        ? `19${random.integer(50, 99)}-0${random.integer(1, 9)}-1${random.integer(0, 9)}`
        : null,
    },
    { at: person.createdAt, by: owner },
  )
}

function seedLead(context: SimulatorContext, person: Person, random: Random): void {
  const company = context.world.companies[person.company - 1]
  const owner = userId(company?.owner ?? 1)
  const lead = requireObject('Lead')
  const id = leadId(person.number)
  const contacted = random.chance(0.5)
  // Came in by a form, and a rule gave it to somebody.
  const isAssigned = person.number % 5 === 0
  createRecord(
    context,
    lead,
    {
      Id: id,
      ...personFields(person),
      // Opt-outs came later, so that the history tells when.
      HasOptedOutOfEmail: false,
      Company: company?.name ?? 'Unknown',
      Status: 'Open - Not Contacted',
      Industry: company?.industry ?? null,
      LeadSource: random.pick(['Web', 'Partner Referral', 'Other']),
      Rating: random.pick(['Hot', 'Warm', 'Cold', null]),
      Country: company?.country ?? null,
      ...(isAssigned && { OwnerId: integrationUserId }),
    },
    { at: person.createdAt, by: owner },
  )
  const stamps = momentsBetween(random, { from: person.createdAt, to: context.world.epoch, count: 2 })
  const [first = person.createdAt, second = person.createdAt] = stamps
  if (isAssigned)
    updateRecord(context, lead, id, { OwnerId: owner }, { at: first, by: owner, ownerWord: 'ownerAssignment' })
  if (contacted) updateRecord(context, lead, id, { Status: 'Working - Contacted' }, { at: first, by: owner })
  if (person.optOut.email) updateRecord(context, lead, id, { HasOptedOutOfEmail: true }, { at: second, by: owner })
}

export const personFields = (person: Person): JsonObject => ({
  FirstName: person.firstName,
  LastName: person.lastName,
  Email: person.email,
  Phone: person.phone,
  Title: person.title,
  HasOptedOutOfEmail: person.optOut.email,
  DoNotCall: person.optOut.phone,
  Sms_Opt_Out__c: person.optOut.sms,
  News_Opt_Out__c: person.optOut.news,
  Person_Id__c: personId(person.number),
})
