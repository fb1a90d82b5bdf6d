import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordId } from '../../../connectors/salesforce/sandbox/record-id.ts'
import type { DescribeSObjectResult, Field } from '../../../connectors/salesforce/describe.ts'
import { fold } from '../../../connectors/salesforce/find-records.ts'
import { makeObject, type ObjectContext } from '../../../connectors/salesforce/object.ts'
import { exact } from '../exact-number.ts'
import { changeOf, openSalesforce, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
beforeAll(async () => {
  org = await openSalesforce({ scale: 0.05 })
})
afterAll(() => org[Symbol.asyncDispose]())

const accounts = () => org.sandbox.show('salesforce', 'Account')
const accountOf = async (externalId: string) => (await accounts()).find((row) => row['External_Id__c'] === externalId)
/** A number that a double cannot hold, as the engine gives it. */

/** As Salesforce would describe it, as far as it is asked for here. */
function describedObject(name: string, fields: readonly Partial<Field>[]) {
  const common = { length: 0, updateable: true, createable: true, nillable: false }
  const described: Partial<DescribeSObjectResult> = {
    name,
    fields: fields.map((field) => ({ ...common, ...field }) as Partial<Field> as Field),
    updateable: true,
  }
  const context: Partial<ObjectContext> = { parents: new Map() }
  return makeObject(described as DescribeSObjectResult, context as ObjectContext)
}

describe('a Salesforce object', () => {
  it('knows its fields, what finds a record, and what is an opt-out', async () => {
    const contact = await org.object('Contact')
    const ofThere = ['update', 'clear', 'set', 'delete']
    expect(contact.match).toEqual({
      Id: { normalise: 'exact', operations: ofThere },
      Person_Id__c: { normalise: 'lower' },
    })
    expect(contact.operations).toEqual(['upsert', 'update', 'insert', 'clear', 'set', 'delete'])
    expect(contact.fields).toMatchObject({
      Email: { type: 'string', nullable: true, maxLength: 80 },
      LastName: { type: 'string', nullable: false },
      Birthdate: { type: 'date' },
      EmailBouncedDate: { type: 'timestamp' },
      HasOptedOutOfEmail: { type: 'boolean', nullable: false, optOut: true },
      HasOptedOutOfFax: { optOut: true },
      DoNotCall: { optOut: true },
      Sms_Opt_Out__c: { optOut: true },
      News_Opt_Out__c: { optOut: true },
    })
    for (const readOnly of ['Name', 'MailingAddress', 'CreatedDate', 'SystemModstamp'])
      expect(contact.fields).not.toHaveProperty(readOnly)
    expect((await org.object('Account')).fields).toMatchObject({ MRR__c: { type: 'number', nullable: true } })
  })

  it('takes Salesforce’s own consent for an opt-out, whose field is a picklist, and the wish to be forgotten', () => {
    const object = describedObject('ContactPointTypeConsent', [
      { name: 'PrivacyConsentStatus', type: 'picklist', length: 255 },
      { name: 'ShouldForget', type: 'boolean' },
      { name: 'HasOptedOutSolicit', type: 'boolean' },
      { name: 'CaptureSource', type: 'string', length: 255 },
    ])
    expect(object.fields).toEqual({
      PrivacyConsentStatus: { type: 'string', nullable: false, maxLength: 255, optOut: true },
      ShouldForget: { type: 'boolean', nullable: false, optOut: true },
      HasOptedOutSolicit: { type: 'boolean', nullable: false, optOut: true },
      CaptureSource: { type: 'string', nullable: false, maxLength: 255 },
    })
  })

  it('says of which external ids several records may have one value', () => {
    const id = { type: 'string', externalId: true } as const
    const object = describedObject('Contact', [
      { ...id, name: 'Person_Id__c', unique: true },
      { ...id, name: 'Household_Id__c', unique: false },
    ])
    expect(object.match).toEqual({
      Person_Id__c: { normalise: 'lower' },
      Household_Id__c: { normalise: 'lower', unique: false },
    })
  })

  it('makes one record of an upsert that is sent twice', async () => {
    const account = await org.object('Account')
    const change = changeOf('upsert', 'new-1', {
      External_Id__c: 'NEW-1',
      Name: 'Uusi Oy',
      MRR__c: exact('9007199254740993.25'),
    })
    const before = (await accounts()).length
    for (let time = 0; time < 2; time++)
      expect(await org.write(account, 'External_Id__c', [change])).toEqual([{ outcome: 'ok' }])
    expect((await accounts()).length).toBe(before + 1)
    expect(await accountOf('NEW-1')).toMatchObject({ Name: 'Uusi Oy', MRR__c: '9007199254740993.25' })
  })

  it.each([
    ['unique', { type: 'string', custom: true, unique: true, caseSensitive: false }, 'lower'],
    ['unique, and heeds case', { type: 'string', custom: true, unique: true, caseSensitive: true }, 'trim'],
    ['not unique', { type: 'string', custom: true, unique: false, caseSensitive: false }, 'trim'],
    ['a unique e-mail', { type: 'email', custom: true, unique: true, caseSensitive: true }, 'lower'],
    ['an e-mail', { type: 'email', custom: true, unique: false, caseSensitive: false }, 'lower'],
    ['Salesforce’s own', { type: 'string', custom: false, unique: false, caseSensitive: false }, 'lower'],
  ] as const)('compares an external id as Salesforce does: one that is %s', (_, facts, normalise) => {
    const key = { ...facts, name: 'Key__c', externalId: true } as Partial<Field> as Field
    const described = { name: 'Thing__c', fields: [key] } as Partial<DescribeSObjectResult> as DescribeSObjectResult
    const object = makeObject(described, { parents: new Map() } as Partial<ObjectContext> as ObjectContext)
    expect(object.match).toEqual({ Key__c: { normalise, ...(!facts.unique && { unique: false }) } })
    expect(fold('Ann', key) === fold('ANN', key)).toBe(normalise === 'lower')
  })

  it('finds a record whatever the case of its external id', async () => {
    const account = await org.object('Account')
    const before = (await accounts()).length
    expect(
      await org.write(account, 'External_Id__c', [
        changeOf('update', 'acme-00002', { External_Id__c: 'acme-00002', Sic: '7' }),
      ]),
    ).toEqual([{ outcome: 'ok' }])
    expect(await accountOf('ACME-00002')).toMatchObject({ Sic: '7' })
    expect((await accounts()).length).toBe(before)
  })

  it.each([
    [1, ['ok', 'ok', 'ok']],
    ['always', ['ok', 'rejected', 'rejected']],
  ] as const)(
    'sends the halves of a request that is refused behind another, until a row stands alone: %s',
    async (times, outcomes) => {
      const account = await org.object('Account')
      const body = [{ errorCode: 'INSUFFICIENT_ACCESS', message: 'not this one' }]
      const match = '^PATCH .*composite/sobjects$'
      await org.sandbox.setFault('salesforce', 'status', { status: 400, body, match, times })
      const results = await org.write(account, 'External_Id__c', [
        changeOf('upsert', 'taken', { External_Id__c: 'TAKEN', Name: 'Firm' }),
        ...['acme-00005', 'acme-00006'].map((key) => changeOf('clear', key, { External_Id__c: key, Phone: null })),
      ])
      await org.sandbox.setFault('salesforce', 'status', null)
      expect(results.map(({ outcome }) => outcome)).toEqual(outcomes)
      if (times === 'always')
        expect(results[1]).toMatchObject({ code: 'MR-3004', message: expect.stringContaining('not this one') })
    },
  )

  it('never creates by an update, and says who is absent', async () => {
    const account = await org.object('Account')
    const before = (await accounts()).length
    const results = await org.write(account, 'External_Id__c', [
      changeOf('update', 'acme-00001', {
        External_Id__c: 'ACME-00001',
        Account_Status__c: 'customer',
        MRR__c: exact('123456789012.30'),
      }),
      changeOf('update', 'nobody', { External_Id__c: 'nobody', Account_Status__c: 'customer' }),
      changeOf('set', 'acme-00003', { External_Id__c: 'acme-00003', Account_Status__c: 'removed' }),
      changeOf('clear', 'acme-00004', { External_Id__c: 'acme-00004', Phone: null }),
    ])
    expect(results).toEqual([{ outcome: 'ok' }, { outcome: 'absent' }, { outcome: 'ok' }, { outcome: 'ok' }])
    expect((await accounts()).length).toBe(before)
    expect(await accountOf('ACME-00001')).toMatchObject({ Account_Status__c: 'customer', MRR__c: '123456789012.3' })
    expect(await accountOf('ACME-00003')).toMatchObject({ Account_Status__c: 'removed' })
    expect(await accountOf('ACME-00004')).toMatchObject({ Phone: null })
  })

  it('writes by Id, and does not find deleted records or what is no Id', async () => {
    const account = await org.object('Account')
    const rows = await accounts()
    const [live, deleted] = [
      rows.find((row) => row['IsDeleted'] === false),
      rows.find((row) => row['IsDeleted'] === true),
    ].map((row) => String(row?.['Id']))
    const results = await org.write(
      account,
      'Id',
      [live, deleted, 'x'].map((id) => changeOf('update', String(id), { Id: String(id), Sic: 'by id' })),
    )
    expect(results).toMatchObject([
      { outcome: 'ok' },
      { outcome: 'absent' },
      { outcome: 'rejected', code: 'MALFORMED_ID', retryable: false },
    ])
    await expect(
      org.write(account, 'Id', [changeOf('upsert', String(live), { Id: String(live) })]),
    ).rejects.toMatchObject({ code: 'MR-1209' })
  })

  it('blames the bad rows of two hundred and takes the others', async () => {
    const account = await org.object('Account')
    const bad: { readonly [index: number]: readonly [object, string] } = {
      3: [{ Name: 'x'.repeat(256) }, 'STRING_TOO_LONG'],
      50: [{ Name: null }, 'REQUIRED_FIELD_MISSING'],
      77: [{ OwnerId: '005000000000000' }, 'INVALID_CROSS_REFERENCE_KEY'],
      // The vendor's parser fails all of the request for these two.
      120: [{ NumberOfEmployees: 'many' }, 'JSON_PARSER_ERROR'],
      199: [{ MRR__c: 'a lot' }, 'JSON_PARSER_ERROR'],
    }
    const changes = Array.from({ length: 200 }, (_, index) =>
      changeOf('upsert', `batch-${index}`, {
        External_Id__c: `batch-${index}`,
        Name: `Batch ${index}`,
        ...bad[index]?.[0],
      }),
    )
    const results = await org.write(account, 'External_Id__c', changes)
    expect(results).toHaveLength(200)
    for (const [index, result] of results.entries())
      expect(result, `row ${index}`).toMatchObject(
        bad[index] ? { outcome: 'rejected', code: bad[index][1], retryable: false } : { outcome: 'ok' },
      )
    expect((await accounts()).filter((row) => String(row['External_Id__c']).startsWith('batch-'))).toHaveLength(195)
  })

  it('fails the request where a field is unknown, and writes nothing', async () => {
    const account = await org.object('Account')
    await expect(
      org.write(account, 'External_Id__c', [
        changeOf('upsert', 'u1', { External_Id__c: 'u1', Name: 'x', Nothing__c: 1 }),
      ]),
    ).rejects.toMatchObject({
      // Not one row: the engine does not look for it by halving.
      code: 'MR-1209',
      message: expect.stringContaining("No such column 'Nothing__c' on sobject of type Account"),
    })
    expect(await accountOf('u1')).toBeUndefined()
  })

  it('tries a locked row once more, and leaves it to the next run if it stays locked', async () => {
    const account = await org.object('Account')
    const change = changeOf('upsert', 'locked-1', { External_Id__c: 'locked-1', Name: 'Locked' })
    await org.sandbox.setFault('salesforce', 'lock_rows', { times: 1 })
    expect(await org.write(account, 'External_Id__c', [change])).toEqual([{ outcome: 'ok' }])
    await org.sandbox.setFault('salesforce', 'lock_rows', { times: 'always' })
    expect(await org.write(account, 'External_Id__c', [change])).toMatchObject([
      { outcome: 'rejected', code: 'UNABLE_TO_LOCK_ROW', retryable: true },
    ])
    await org.sandbox.setFault('salesforce', 'lock_rows', null)
  })

  it('leaves owners as they are: no assignment rule of the org runs on what is upserted, inserted and updated', async () => {
    const lead = await org.object('Lead')
    const leadOf = async (key: string) =>
      (await org.sandbox.show('salesforce', 'Lead')).find((row) => row['Person_Id__c'] === key)
    const fields = (key: string) => ({ Person_Id__c: key, LastName: 'Owned', Company: 'Oma Oy' })
    const before = (await org.sandbox.show('salesforce', 'Lead')).find(
      (row) => row['IsDeleted'] === false && row['IsConverted'] === false && row['OwnerId'] !== recordId('005', 1),
    )
    const known = String(before?.['Person_Id__c'])
    const results = await org.write(lead, 'Person_Id__c', [
      changeOf('upsert', 'owned-1', fields('owned-1')),
      changeOf('insert', 'owned-2', { ...fields('owned-2'), OwnerId: recordId('005', 2) }),
      changeOf('update', known, { Person_Id__c: known, Title: 'CTO' }),
    ])
    expect(results).toEqual([{ outcome: 'ok' }, { outcome: 'ok' }, { outcome: 'ok' }])
    // Whoever makes a record owns it, where the row names nobody.
    expect(await leadOf('owned-1')).toMatchObject({ OwnerId: recordId('005', 0) })
    expect(await leadOf('owned-2')).toMatchObject({ OwnerId: recordId('005', 2) })
    expect(await leadOf(known)).toMatchObject({ Title: 'CTO', OwnerId: before?.['OwnerId'] })
  })

  it('does not send an opt-in again, whether its answer was lost or its record was locked', async () => {
    const contact = await org.object('Contact')
    const optIn = (key: string) => ({
      ...changeOf('upsert', key, { Person_Id__c: key, LastName: 'In', HasOptedOutOfEmail: false }),
      optsIn: true as const,
    })
    const asked = async () =>
      (await org.sandbox.journal('salesforce')).filter(({ method }) => method === 'PATCH').length
    const before = await asked()
    await org.sandbox.setFault('salesforce', 'reset_after', { match: 'PATCH', times: 1 })
    await expect(org.write(contact, 'Person_Id__c', [optIn('in-1')])).rejects.toMatchObject({ retry: 'later' })
    expect(await asked()).toBe(before + 1)
    await org.sandbox.setFault('salesforce', 'lock_rows', { times: 1 })
    expect(await org.write(contact, 'Person_Id__c', [optIn('in-2')])).toMatchObject([{ code: 'UNABLE_TO_LOCK_ROW' }])
    expect(await asked()).toBe(before + 2)
  })

  it('sends again where the answer was lost, and still makes one record', async () => {
    const account = await org.object('Account')
    await org.sandbox.setFault('salesforce', 'reset_after', { match: 'PATCH' })
    expect(
      await org.write(account, 'External_Id__c', [
        changeOf('upsert', 'lost-1', { External_Id__c: 'lost-1', Name: 'Lost' }),
      ]),
    ).toEqual([{ outcome: 'ok' }])
    expect((await accounts()).filter((row) => row['External_Id__c'] === 'lost-1')).toHaveLength(1)
  })

  it('looks up many long keys in as many queries as a URL needs', async () => {
    const account = await org.object('Account')
    const changes = Array.from({ length: 200 }, (_, index) =>
      changeOf('update', `ä''''''''''${index}${'\\'.repeat(25)}`, {
        External_Id__c: `ä''''''''''${index}${'\\'.repeat(25)}`,
        Sic: 'x',
      }),
    )
    expect((await org.write(account, 'External_Id__c', changes)).every(({ outcome }) => outcome === 'absent')).toBe(
      true,
    )
  })

  it('previews the very bodies that it sends', async () => {
    const account = await org.object('Account')
    const changes = [
      changeOf('upsert', 'acme-00005', {
        External_Id__c: 'ACME-00005',
        Name: 'Näytös',
        MRR__c: exact('1234567890123456.78'),
      }),
      changeOf('update', 'acme-00006', { External_Id__c: 'ACME-00006', Sic: 'seen' }),
    ]
    const preview = account.preview(changes, { match: 'External_Id__c' })
    expect(preview.map(({ method, path }) => `${method} ${decodeURIComponent(path)}`)).toEqual([
      "GET /services/data/v66.0/query?q=SELECT Id, External_Id__c FROM Account WHERE External_Id__c IN ('ACME-00006') ORDER BY Id",
      'PATCH /services/data/v66.0/composite/sobjects/Account/External_Id__c',
      'PATCH /services/data/v66.0/composite/sobjects',
    ])
    expect(preview[1]?.body).toEqual({
      allOrNone: false,
      records: [
        {
          attributes: { type: 'Account' },
          External_Id__c: 'ACME-00005',
          Name: 'Näytös',
          MRR__c: '1234567890123456.78',
        },
      ],
    })
    const since = (await org.sandbox.journal('salesforce')).length
    await org.write(account, 'External_Id__c', changes)
    const sent = (await org.sandbox.journal('salesforce')).slice(since)
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual(
      preview.map(({ method, path }) => `${method} ${path}`),
    )
    const id = String((await accountOf('ACME-00006'))?.['Id'])
    expect(String(sent[1]?.body)).toContain('"MRR__c":1234567890123456.78}')
    expect(JSON.parse(String(sent[2]?.body))).toEqual(
      JSON.parse(JSON.stringify(preview[2]?.body).replace('<Id of ACME-00006>', id)),
    )
  })
})
