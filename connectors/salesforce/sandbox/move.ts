import type { Json, JsonObject } from 'millrace'
import type { Day, SimulatorContext, WorldEvent } from 'millrace/sandbox'
import { createRecord, deleteRecord, nextId, requireObject, updateRecord, writeHistory, type Stamp } from './org.ts'
import { stages } from './picklists.ts'
import { accountId } from './seed-accounts.ts'
import { day, opportunityId } from './seed-opportunities.ts'
import { contactId, leadId } from './seed-people.ts'
import { userId } from './seed-users.ts'

/** One day of the story, as far as the CRM takes part in it. */
export function playDay(context: SimulatorContext, { events }: Day): void {
  context.store.batch(() => {
    for (const event of events) playEvent(context, event)
  })
}

function playEvent(context: SimulatorContext, event: WorldEvent): void {
  switch (event.kind) {
    case 'opt_out': {
      if (event.by !== 'crm') return
      const person = findPerson(context, event.person)
      // Whoever owns the record took the call.
      if (person)
        updateRecord(
          context,
          person.object,
          person.id,
          { [optOutFields[event.channel]]: true },
          { at: event.at, by: String(person.record['OwnerId']) },
        )
      return
    }
    case 'deal_moves': {
      const closed = stages[event.to]?.closed === true
      updateRecord(
        context,
        requireObject('Opportunity'),
        opportunityId(event.deal),
        { StageName: event.to, ...(closed && { CloseDate: day(event.at) }) },
        stampOf(event),
      )
      return
    }
    case 'lead_converts':
      return convertLead(context, event.person, stampOf(event))
    case 'account_edited': {
      const value: Json = event.field === 'employees' ? Number(event.value) : event.value
      updateRecord(
        context,
        requireObject('Account'),
        accountId(event.company),
        { [accountFields[event.field]]: value },
        stampOf(event),
      )
      return
    }
    case 'person_edited': {
      const person = findPerson(context, event.person)
      if (person)
        updateRecord(context, person.object, person.id, { [personFields[event.field]]: event.value }, stampOf(event))
      return
    }
    case 'person_deleted': {
      const person = findPerson(context, event.person)
      if (person) deleteRecord(context, person.object, person.id, stampOf(event))
      return
    }
    // Billing and messaging, not here.
    case 'subscription_ends':
    case 'invoice_paid':
  }
}

/** https://help.salesforce.com/s/articleView?id=sales.faq_leads_whathappenswhen.htm : the lead stays, read-only, beside what it became. */
function convertLead(context: SimulatorContext, number: number, stamp: Stamp): void {
  const lead = context.store.get('Lead', leadId(number))
  const person = context.world.people[number - 1]
  if (!lead || !person || lead['IsDeleted'] === true || lead['IsConverted'] === true) return
  const account = accountId(person.company)
  const copied: { [field: string]: Json } = {}
  for (const field of copiedFields) copied[field] = lead[field] ?? null
  const contact = createRecord(
    context,
    requireObject('Contact'),
    { ...copied, Id: nextId(context, '003'), AccountId: account, OwnerId: lead['OwnerId'] ?? null },
    stamp,
  )
  const opportunity = createRecord(
    context,
    requireObject('Opportunity'),
    {
      Id: nextId(context, '006'),
      AccountId: account,
      ContactId: contact['Id'] ?? null,
      Name: `${String(lead['Company'])} –`.slice(0, 120),
      StageName: 'Prospecting',
      CloseDate: day(new Date(stamp.at.getTime() + quarterMs)),
      OwnerId: lead['OwnerId'] ?? null,
    },
    stamp,
  )
  updateRecord(
    context,
    requireObject('Lead'),
    leadId(number),
    {
      Status: 'Closed - Converted',
      IsConverted: true,
      ConvertedDate: day(stamp.at),
      ConvertedAccountId: account,
      ConvertedContactId: contact['Id'] ?? null,
      ConvertedOpportunityId: opportunity['Id'] ?? null,
    },
    stamp,
  )
  const converted = { record: leadId(number), field: 'leadConverted', dataType: 'Text', from: null, to: null }
  writeHistory(context, requireObject('LeadHistory'), converted, stamp)
}

type Found = { readonly object: ReturnType<typeof requireObject>; readonly id: string; readonly record: JsonObject }

/** Where the org keeps somebody of whom the story still tells: as a contact, or as a lead that is not converted. */
function findPerson(context: SimulatorContext, number: number): Found | undefined {
  for (const [name, id] of [
    ['Contact', contactId(number)],
    ['Lead', leadId(number)],
  ] as const) {
    const record = context.store.get(name, id)
    if (record && record['IsDeleted'] !== true && record['IsConverted'] !== true)
      return { object: requireObject(name), id, record }
  }
  return undefined
}

const stampOf = (event: { readonly at: Date; readonly staff: number }): Stamp => ({
  at: event.at,
  by: userId(event.staff),
})

const optOutFields = {
  email: 'HasOptedOutOfEmail',
  sms: 'Sms_Opt_Out__c',
  phone: 'DoNotCall',
  news: 'News_Opt_Out__c',
} as const
const accountFields = { industry: 'Industry', employees: 'NumberOfEmployees', phone: 'Phone' } as const
const personFields = { title: 'Title', phone: 'Phone', email: 'Email' } as const
const copiedFields = [
  'FirstName',
  'LastName',
  'Email',
  'Phone',
  'Title',
  'LeadSource',
  'HasOptedOutOfEmail',
  'HasOptedOutOfFax',
  'DoNotCall',
  'Sms_Opt_Out__c',
  'News_Opt_Out__c',
  'Person_Id__c',
]
const quarterMs = 90 * 86_400_000
