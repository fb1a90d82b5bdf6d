import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import simulator from '../../../connectors/salesforce/sandbox.ts'
import { readId, recordId } from '../../../connectors/salesforce/sandbox/record-id.ts'
import { compareDecimals, plainDecimal, renderDecimal } from '../../../connectors/salesforce/sandbox/decimal.ts'
import { createWorld } from '../../../src/sandbox/world.ts'
import { storyOfDay } from '../../../src/sandbox/story.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

const objects = [
  'Account',
  'AccountHistory',
  'Contact',
  'Lead',
  'LeadHistory',
  'Opportunity',
  'OpportunityFieldHistory',
  'User',
]

describe('the simulated org', () => {
  let sandbox: RunningSandbox
  beforeAll(async () => {
    sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.1 })
  })
  afterAll(() => sandbox.close())

  it('is the same for the same seed, and another for another', async () => {
    const [same, other] = await Promise.all([
      startSimulators({ definitions: [simulator], dir: null, scale: 0.1 }),
      startSimulators({ definitions: [simulator], dir: null, scale: 0.1, seed: 2 }),
    ])
    for (const object of objects)
      expect(await same.show('salesforce', object)).toEqual(await sandbox.show('salesforce', object))
    expect(await other.show('salesforce', 'Contact')).not.toEqual(await sandbox.show('salesforce', 'Contact'))
    await Promise.all([same.close(), other.close()])
  })

  it('has the cast of the world, with the ids that other vendors know', async () => {
    const world = createWorld(1, 0.1)
    const accounts = (await sandbox.show('salesforce', 'Account')).filter((row) => row['IsDeleted'] === false)
    expect(accounts.map((row) => row['External_Id__c'])).toEqual(
      world.companies.map(({ number }) => `ACME-${String(number).padStart(5, '0')}`),
    )
    const people = [
      ...(await sandbox.show('salesforce', 'Contact')),
      ...(await sandbox.show('salesforce', 'Lead')),
    ].filter((row) => row['IsDeleted'] === false)
    expect(new Set(people.map((row) => row['Person_Id__c']))).toEqual(
      new Set(world.people.map(({ number }) => `P-${String(number).padStart(6, '0')}`)),
    )
    for (const person of world.people)
      expect(people.find((row) => row['Person_Id__c'] === `P-${String(person.number).padStart(6, '0')}`)).toMatchObject(
        {
          Email: person.email,
          HasOptedOutOfEmail: person.optOut.email,
          Sms_Opt_Out__c: person.optOut.sms,
          DoNotCall: person.optOut.phone,
          News_Opt_Out__c: person.optOut.news,
        },
      )
    for (const deal of world.deals.slice(0, 50))
      expect(await sandbox.show('salesforce', 'Opportunity', recordId('006', deal.number))).toMatchObject([
        { StageName: deal.stage },
      ])
    expect(accounts.some((row) => BigInt(String(row['Big_Number__c'])) > 2n ** 53n)).toBe(true)
  })

  it('gives every record an Id of its kind, unique also without case', async () => {
    for (const [object, prefix] of [
      ['Account', '001'],
      ['Contact', '003'],
      ['Lead', '00Q'],
      ['Opportunity', '006'],
      ['User', '005'],
      ['LeadHistory', '017'],
    ] as const) {
      const ids = (await sandbox.show('salesforce', object)).map((row) => String(row['Id']))
      expect(ids.every((id) => id.startsWith(prefix) && readId(id) === id && readId(id.slice(0, 15)) === id)).toBe(true)
      expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(ids.length)
    }
    expect(readId('001D000000IRFma')).toBe('001D000000IRFmaIAH')
  })
})

describe('a day in the simulated org', () => {
  it('plays the story with its stamps, by the people who did it', async () => {
    const sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 1 })
    const world = createWorld(1, 1)
    const before = new Map((await sandbox.show('salesforce', 'Contact')).map((row) => [row['Id'], row]))
    await sandbox.move(1)
    const day = storyOfDay(world, 1)
    const kinds = new Set(day.events.map(({ kind }) => kind))
    for (const kind of ['opt_out', 'deal_moves', 'lead_converts', 'account_edited', 'person_edited', 'person_deleted'])
      expect(kinds).toContain(kind)
    const contacts = await sandbox.show('salesforce', 'Contact')
    const leads = await sandbox.show('salesforce', 'Lead')
    const stamp = (at: Date) => `${at.toISOString().slice(0, 19)}.000Z`
    const user = (staff: number) => recordId('005', staff)
    const personId = (person: number) => `P-${String(person).padStart(6, '0')}`
    const recordsOf = (person: number) =>
      [...contacts, ...leads].filter((row) => row['Person_Id__c'] === personId(person))
    const lastOf = new Map(day.events.flatMap((event) => ('person' in event ? [[event.person, event] as const] : [])))
    for (const event of day.events) {
      if (event.kind === 'opt_out' && event.by === 'crm') {
        const field = {
          email: 'HasOptedOutOfEmail',
          sms: 'Sms_Opt_Out__c',
          phone: 'DoNotCall',
          news: 'News_Opt_Out__c',
        }[event.channel]
        const [record] = recordsOf(event.person).filter((row) => row['IsConverted'] !== true)
        expect(record?.[field]).toBe(true)
        // Whoever owns the record took the call.
        if (lastOf.get(event.person) === event)
          expect(record).toMatchObject({ SystemModstamp: stamp(event.at), LastModifiedById: record?.['OwnerId'] })
      }
      if (event.kind === 'deal_moves') {
        const last = day.events.findLast((other) => other.kind === 'deal_moves' && other.deal === event.deal)
        if (last === event)
          expect(await sandbox.show('salesforce', 'Opportunity', recordId('006', event.deal))).toMatchObject([
            { StageName: event.to, SystemModstamp: stamp(event.at), LastModifiedById: user(event.staff) },
          ])
        const moved = (await sandbox.show('salesforce', 'OpportunityFieldHistory')).filter(
          (row) =>
            row['OpportunityId'] === recordId('006', event.deal) &&
            row['CreatedDate'] === stamp(event.at) &&
            row['Field'] === 'StageName',
        )
        expect(moved).toMatchObject([{ NewValue: event.to, CreatedById: user(event.staff) }])
      }
      if (event.kind === 'lead_converts') {
        const lead = leads.find((row) => row['Person_Id__c'] === personId(event.person))
        expect(lead).toMatchObject({
          IsConverted: true,
          Status: 'Closed - Converted',
          ConvertedDate: event.at.toISOString().slice(0, 10),
        })
        const contact = contacts.find((row) => row['Id'] === lead?.['ConvertedContactId'])
        expect(contact).toMatchObject({
          Person_Id__c: personId(event.person),
          AccountId: lead?.['ConvertedAccountId'],
          HasOptedOutOfEmail: lead?.['HasOptedOutOfEmail'],
          CreatedById: user(event.staff),
        })
        expect(before.has(contact?.['Id'] ?? null)).toBe(false)
        const told = (await sandbox.show('salesforce', 'LeadHistory')).filter(
          (row) => row['LeadId'] === lead?.['Id'] && row['CreatedDate'] === stamp(event.at),
        )
        expect(told.map((row) => [row['Field'], row['NewValue']])).toEqual([
          ['Status', 'Closed - Converted'],
          ['leadConverted', null],
        ])
        expect(await sandbox.show('salesforce', 'Opportunity', String(lead?.['ConvertedOpportunityId']))).toMatchObject(
          [{ AccountId: lead?.['ConvertedAccountId'] }],
        )
      }
      if (event.kind === 'person_deleted' && lastOf.get(event.person) === event)
        expect(recordsOf(event.person)).toMatchObject([{ IsDeleted: true, SystemModstamp: stamp(event.at) }])
      if (event.kind === 'person_edited' && lastOf.get(event.person) === event) {
        const field = { title: 'Title', phone: 'Phone', email: 'Email' }[event.field]
        expect(recordsOf(event.person)).toMatchObject([
          { [field]: event.value, SystemModstamp: stamp(event.at), LastModifiedById: user(event.staff) },
        ])
      }
      if (event.kind === 'account_edited') {
        const field = { industry: 'Industry', employees: 'NumberOfEmployees', phone: 'Phone' }[event.field]
        const edits = day.events.filter(
          (other) => other.kind === 'account_edited' && other.company === event.company && other.field === event.field,
        )
        if (edits.at(-1) === event)
          expect(
            String((await sandbox.show('salesforce', 'Account', recordId('001', event.company)))[0]?.[field]),
          ).toBe(event.value)
      }
    }
    await sandbox.close()
  })
})

describe('numbers of the simulated org', () => {
  it.each([
    ['1200', '1200.0'],
    ['350000000', '3.5E8'],
    ['0', '0.0'],
    ['12345.67', '12345.67'],
    ['9007199254740993', '9007199254740993'],
    ['123456789012.345678', '123456789012.345678'],
    ['-10000000', '-1.0E7'],
  ])('writes %s as %s', (stored, shown) => expect(renderDecimal(stored)).toBe(shown))

  it('compares without a double', () => {
    expect(compareDecimals('9007199254740993', '9007199254740992')).toBe(1)
    expect(compareDecimals('1.50', '1.5')).toBe(0)
    expect(plainDecimal('1.25E3')).toBe('1250')
    expect(plainDecimal('-2.50')).toBe('-2.5')
    expect(plainDecimal('abc')).toBeUndefined()
  })
})
