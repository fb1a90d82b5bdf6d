import type { Change } from 'millrace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changeOf, openSalesforce, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
beforeAll(async () => {
  org = await openSalesforce({ scale: 0.05 })
})
afterAll(() => org[Symbol.asyncDispose]())

const held = (type: string) => org.sandbox.show('salesforce', type)
const one = async (type: string, field: string, value: string) => (await held(type)).find((row) => row[field] === value)

describe('what an object offers', () => {
  it('is every object that can be made or changed, custom ones too, with what each can do', async () => {
    const objects = (await org.opened.objects?.({ signal: org.signal })) ?? []
    expect(objects.map(({ name }) => name)).toEqual([
      'Account',
      'Contact',
      'ContactPointTypeConsent',
      'Lead',
      'Opportunity',
      'Subscription__c',
      'Survey__c',
      'Task',
    ])
    expect(objects.find(({ name }) => name === 'Opportunity')?.operations).toEqual([
      'update',
      'insert',
      'clear',
      'set',
      'delete',
    ])
  })

  it('names each lookup by every indexed field of what it points at', async () => {
    const { fields } = await org.object('Subscription__c')
    expect(Object.keys(fields).filter((name) => name.includes('.'))).toEqual([
      'Owner.Username',
      'Owner.Email',
      'Account__r.External_Id__c',
      'Account__r.Legacy_Id__c',
      'Payer__r.Email',
      'Payer__r.Person_Id__c',
    ])
    expect(fields['Account__r.External_Id__c']).toEqual({ type: 'string', nullable: false, maxLength: 32 })
  })

  it('says the object first where a lookup may point at several', async () => {
    const { fields } = await org.object('Task')
    expect(Object.keys(fields).filter((name) => name.includes(':'))).toEqual([
      'Contact:Who.Email',
      'Contact:Who.Person_Id__c',
      'Lead:Who.Email',
      'Lead:Who.Person_Id__c',
      'Account:What.External_Id__c',
      'Account:What.Legacy_Id__c',
      'Subscription__c:What.Stripe_Id__c',
    ])
  })
})

describe.each([
  ['by request', 2000],
  ['by a job', 1],
])('a lookup by the other record, %s', (_how, bulk_from) => {
  let own: OpenedSalesforce
  beforeAll(async () => {
    own = await openSalesforce({ scale: 0.02, keys: { bulk_from } })
  })
  afterAll(() => own[Symbol.asyncDispose]())
  const heldBy = async (type: string, field: string, value: string) =>
    (await own.sandbox.show('salesforce', type)).find((row) => row[field] === value)

  it('is filled, changed, left alone and emptied', async () => {
    const contact = await own.object('Contact')
    const account = async (n: number) => (await heldBy('Account', 'External_Id__c', `ACME-0000${n}`))?.['Id']
    const person = () => heldBy('Contact', 'Person_Id__c', 'rel-1')
    const write = (fields: object) =>
      own.write(contact, 'Person_Id__c', [
        changeOf('upsert', 'rel-1', { Person_Id__c: 'rel-1', LastName: 'Relative', ...fields }),
      ])
    expect(await write({ 'Account.External_Id__c': 'acme-00001' })).toEqual([{ outcome: 'ok' }])
    expect(await person()).toMatchObject({ AccountId: await account(1) })
    expect(await write({ 'Account.External_Id__c': 'ACME-00002' })).toEqual([{ outcome: 'ok' }])
    expect(await person()).toMatchObject({ AccountId: await account(2) })
    expect(await write({ Title: 'x' })).toEqual([{ outcome: 'ok' }])
    expect(await person()).toMatchObject({ AccountId: await account(2), Title: 'x' })
    expect(await write({ 'Account.External_Id__c': null })).toEqual([{ outcome: 'ok' }])
    expect(await person()).toMatchObject({ AccountId: null })
  })

  it('may point at several objects', async () => {
    const task = await own.object('Task')
    const results = await own.write(task, 'External_Id__c', [
      changeOf('upsert', 't-1', {
        External_Id__c: 't-1',
        Status: 'Not Started',
        Priority: 'High',
        'Account:What.External_Id__c': 'ACME-00001',
      }),
    ])
    expect(results).toEqual([{ outcome: 'ok' }])
    expect(await heldBy('Task', 'External_Id__c', 't-1')).toMatchObject({
      WhatId: (await heldBy('Account', 'External_Id__c', 'ACME-00001'))?.['Id'],
    })
  })

  it('that names nobody refuses its row alone, and may work later', async () => {
    const contact = await own.object('Contact')
    const change = (id: string, account: string) =>
      changeOf('upsert', id, { Person_Id__c: id, LastName: 'x', 'Account.External_Id__c': account })
    const results = await own.write(contact, 'Person_Id__c', [change('ok-1', 'ACME-00001'), change('no-1', 'nobody')])
    expect(results).toEqual([
      { outcome: 'ok' },
      {
        outcome: 'rejected',
        code: 'INVALID_FIELD',
        message: 'Foreign key external ID: nobody not found for field External_Id__c in entity Account',
        retryable: true,
      },
    ])
  })

  it('cannot be filled in two ways', async () => {
    const contact = await own.object('Contact')
    await expect(
      own.write(contact, 'Person_Id__c', [
        changeOf('upsert', 'two', {
          Person_Id__c: 'two',
          LastName: 'x',
          AccountId: '001000000000000',
          'Account.External_Id__c': 'ACME-00001',
        }),
      ]),
    ).rejects.toMatchObject({ code: 'MR-1209', message: expect.stringContaining('AccountId is filled twice') })
  })
})

describe('a refused row', () => {
  it.each<readonly [string, string, boolean]>([
    ['FIELD_CUSTOM_VALIDATION_EXCEPTION', 'A customer needs an owner', false],
    ['DUPLICATES_DETECTED', 'Use one of these records?', false],
    ['UNABLE_TO_LOCK_ROW', 'somebody else writes it', true],
    ['SERVER_UNAVAILABLE', 'busy', true],
    ['RECORD_IN_USE_BY_WORKFLOW', 'a flow is at work', true],
    ['TERRITORY_REALIGN_IN_PROGRESS', 'territories are assigned', true],
    ['INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE', 'the org is read-only', true],
    ['LICENSE_LIMIT_EXCEEDED', 'no licence is left', true],
  ])('%s keeps its code and words, and may be sent again: %s, %s', async (code, message, retryable) => {
    const account = await org.object('Account')
    await org.sandbox.setFault('salesforce', 'refuse_rows', { code, message, times: 'always' })
    const results = await org.write(account, 'External_Id__c', [
      changeOf('upsert', 'rule', { External_Id__c: 'rule', Name: 'x' }),
    ])
    await org.sandbox.setFault('salesforce', 'refuse_rows', null)
    expect(results).toEqual([{ outcome: 'rejected', code, message, retryable }])
  })

  it('may be an e-mail address or a picklist that Salesforce does not take', async () => {
    const [contact, subscription] = [await org.object('Contact'), await org.object('Subscription__c')]
    expect(
      await org.write(contact, 'Person_Id__c', [
        changeOf('upsert', 'mail', { Person_Id__c: 'mail', LastName: 'x', Email: 'no address' }),
      ]),
    ).toMatchObject([{ code: 'INVALID_EMAIL_ADDRESS', retryable: false }])
    expect(
      await org.write(subscription, 'Stripe_Id__c', [
        changeOf('upsert', 'pick', {
          Stripe_Id__c: 'pick',
          'Account__r.External_Id__c': 'ACME-00001',
          Status__c: 'unheard of',
        }),
      ]),
    ).toMatchObject([{ code: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', retryable: false }])
  })
})

describe('a field that can be set on a new record only', () => {
  it('stops an update before anything is sent', async () => {
    const subscription = await org.object('Subscription__c')
    const since = (await org.sandbox.journal('salesforce')).length
    await expect(
      org.write(subscription, 'Stripe_Id__c', [
        changeOf('update', 's', { Stripe_Id__c: 's', 'Account__r.External_Id__c': 'ACME-00002' }),
      ]),
    ).rejects.toMatchObject({
      code: 'MR-1209',
      message: expect.stringContaining('Account__r.External_Id__c can be set on a new record only'),
    })
    expect((await org.sandbox.journal('salesforce')).length).toBe(since)
    expect(() =>
      subscription.preview([changeOf('set', 's', { Stripe_Id__c: 's', Account__c: null })], { match: 'Stripe_Id__c' }),
    ).toThrow(/can be set on a new record only/)
  })
})

describe('a field that can be set on a new record only, in an upsert', () => {
  it('goes with the new record; later ones go without it, if it is as it was', async () => {
    const subscription = await org.object('Subscription__c')
    const write = (account: string, name: string) =>
      org.write(subscription, 'Stripe_Id__c', [
        changeOf('upsert', 'fix', { Stripe_Id__c: 'fix', Name: name, 'Account__r.External_Id__c': account }),
      ])
    expect(await write('ACME-00001', 'First')).toEqual([{ outcome: 'ok' }])
    expect(await write('acme-00001', 'Second')).toEqual([{ outcome: 'ok' }])
    expect(await write('ACME-00001', 'Third')).toEqual([{ outcome: 'ok' }])
    expect(await write('ACME-00002', 'Fourth')).toEqual([
      {
        outcome: 'rejected',
        code: 'INVALID_FIELD_FOR_INSERT_UPDATE',
        message: 'Account__r.External_Id__c can be set on a new record only, and this one holds another value',
        retryable: false,
      },
    ])
    expect(await one('Subscription__c', 'Stripe_Id__c', 'fix')).toMatchObject({ Name: 'Third' })
  })
})

describe('inserts and deletions by request', () => {
  it('make and remove once', async () => {
    const account = await org.object('Account')
    const insert = changeOf('insert', 'single', { External_Id__c: 'single', Name: 'Single' })
    await org.sandbox.setFault('salesforce', 'reset_after', { match: 'POST .*composite', times: 1 })
    // Not sent twice: nobody knows whether it is there.
    await expect(org.write(account, 'External_Id__c', [insert])).rejects.toMatchObject({ code: 'MR-3002' })
    expect(await org.write(account, 'External_Id__c', [insert])).toEqual([{ outcome: 'ok' }])
    expect((await held('Account')).filter((row) => row['External_Id__c'] === 'single')).toHaveLength(1)
    const removal = { ...insert, op: 'delete' as const }
    expect(await org.write(account, 'External_Id__c', [removal])).toEqual([{ outcome: 'ok' }])
    expect(await one('Account', 'External_Id__c', 'single')).toMatchObject({ IsDeleted: true })
    expect(await org.write(account, 'External_Id__c', [removal])).toEqual([{ outcome: 'absent' }])
    await expect(org.write(account, 'Id', [{ ...insert, op: 'insert' }])).rejects.toMatchObject({ code: 'MR-1209' })
  })
})

describe('looking up before a write, where pages are shorter than was asked for', () => {
  const keys = Array.from({ length: 250 }, (_, index) => `short-${index}`)
  const insert = (key: string) =>
    changeOf('insert', key, {
      Stripe_Id__c: key,
      'Account__r.External_Id__c': 'ACME-00001',
      Terms__c: 'long',
      Notes__c: 'longer',
    })
  const outcomes = async (changes: readonly Change[]) => {
    const results = await org.write(await org.object('Subscription__c'), 'Stripe_Id__c', changes)
    return [...new Set(results.map((result) => (result.outcome === 'rejected' ? result.code : result.outcome)))]
  }

  it('takes every record that is there as it was to be made for ours: two long texts make a page two hundred rows', async () => {
    expect(await outcomes(keys.map(insert))).toEqual(['ok'])
    expect(await outcomes(keys.map(insert))).toEqual(['ok'])
    const other = keys.map((key) => changeOf('insert', key, { ...insert(key).fields, Notes__c: 'other' }))
    expect(await outcomes(other)).toEqual(['DUPLICATE_VALUE'])
  })

  it('finds all that are to be upserted, updated, removed and read back', async () => {
    await org.sandbox.setFault('salesforce', 'short_pages', { rows: 70, times: 'always' })
    // The account is set on a new record only: these are not new.
    expect(await outcomes(keys.map((key) => changeOf('upsert', key, insert(key).fields)))).toEqual(['ok'])
    expect(await outcomes(keys.map((key) => changeOf('update', key, { Stripe_Id__c: key, Notes__c: 'seen' })))).toEqual(
      ['ok'],
    )
    const context = { ...org.host.context(org.signal), options: {}, match: 'Stripe_Id__c' }
    const records = await (
      await org.object('Subscription__c')
    ).readBack?.(keys.map(insert), { ...context, saveReceipt: async () => undefined })
    expect(records?.filter((record) => record?.['Notes__c'] === 'seen')).toHaveLength(250)
    expect(await outcomes(keys.map((key) => changeOf('delete', key, { Stripe_Id__c: key })))).toEqual(['ok'])
    await org.sandbox.setFault('salesforce', 'short_pages', null)
  })
})

it('a page of records looked up that comes again and again ends the write before anything is sent', async () => {
  const body = {
    totalSize: 900,
    done: false,
    records: [{ attributes: {}, Id: '001xx0000000001AAA', Stripe_Id__c: 'x' }],
  }
  const object = await org.object('Subscription__c')
  await org.sandbox.setFault('salesforce', 'error_200', { match: '/query[?]', times: 'always', body })
  await expect(
    org.write(object, 'Stripe_Id__c', [changeOf('update', 'x', { Stripe_Id__c: 'x', Notes__c: 'y' })]),
  ).rejects.toMatchObject({ code: 'MR-3005' })
  await org.sandbox.setFault('salesforce', 'error_200', null)
})

describe('reading back', () => {
  it('tells what is held in the words of the change, lookups among them', async () => {
    const subscription = await org.object('Subscription__c')
    const change = changeOf('upsert', 'back', {
      Stripe_Id__c: 'back',
      Name: 'Back',
      'Account__r.External_Id__c': 'ACME-00001',
      Ends_At__c: '2026-11-20T09:55:00Z',
      Cancels__c: true,
      Amount__c: 12,
      Status__c: null,
    })
    await org.write(subscription, 'Stripe_Id__c', [change])
    const context = { ...org.host.context(org.signal), options: {}, match: 'Stripe_Id__c' }
    const [record, nobody] =
      (await subscription.readBack?.([change, changeOf('upsert', 'none', { Stripe_Id__c: 'none' })], {
        ...context,
        saveReceipt: async () => undefined,
      })) ?? []
    expect(record).toEqual(change.fields)
    expect(nobody).toBeNull()
  })
})
