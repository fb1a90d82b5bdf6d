/**
 * What was made by a request whose answer was lost is taken for ours, though Salesforce holds values in its own way: addresses of
 * e-mail fields in lower case, the values of a multi-select picklist in the order of the picklist.
 * https://help.salesforce.com/s/articleView?id=000384328
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DescribeSObjectResult, Field } from '../../../connectors/salesforce/describe.ts'
import { fold } from '../../../connectors/salesforce/find-records.ts'
import { isHeld } from '../../../connectors/salesforce/held-value.ts'
import { changeOf, openSalesforce, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
beforeAll(async () => {
  org = await openSalesforce({ scale: 0.05 })
})
afterAll(() => org[Symbol.asyncDispose]())

it('is delivered where an insert is made again whose e-mail has capitals', async () => {
  const contact = await org.object('Contact')
  const fields = { Person_Id__c: 'again-1', LastName: 'Lovelace' }
  const change = changeOf('insert', 'again-1', { ...fields, Email: 'Ada.Lovelace@Example.com' })
  expect(await org.write(contact, 'Person_Id__c', [change])).toEqual([{ outcome: 'ok' }])
  expect(
    (await org.sandbox.show('salesforce', 'Contact')).filter(({ Person_Id__c }) => Person_Id__c === 'again-1'),
  ).toMatchObject([{ Email: 'ada.lovelace@example.com' }])
  expect(await org.write(contact, 'Person_Id__c', [change])).toEqual([{ outcome: 'ok' }])
  const other = changeOf('insert', 'again-1', { ...fields, Email: 'Ada.King@Example.com' })
  expect(await org.write(contact, 'Person_Id__c', [other])).toMatchObject([{ code: 'DUPLICATE_VALUE' }])
})

it('is held where the values of a multi-select picklist come in another order', () => {
  const field = { name: 'Topics__c', type: 'multipicklist' } as Partial<Field> as Field
  const object = { name: 'Contact', fields: [field] } as Partial<DescribeSObjectResult> as DescribeSObjectResult
  const of = { object, parents: new Map() }
  expect(isHeld(of, ['Topics__c', 'News;Events'], { Topics__c: 'Events;News' })).toBe(true)
  expect(isHeld(of, ['Topics__c', 'News'], { Topics__c: 'Events;News' })).toBe(false)
})

it('is held where the record that a lookup means is named by an e-mail with capitals, in a field described as case-sensitive', () => {
  const lookup = {
    name: 'AccountId',
    type: 'reference',
    createable: true,
    relationshipName: 'Account',
    referenceTo: ['Account'],
  }
  const target = { name: 'Address__c', type: 'email', caseSensitive: true }
  const described = (name: string, field: object) =>
    ({ name, fields: [field] }) as Partial<DescribeSObjectResult> as DescribeSObjectResult
  const of = { object: described('Contact', lookup), parents: new Map([['Account', described('Account', target)]]) }
  const name = 'Account.Address__c'
  expect(isHeld(of, [name, 'Ada.Lovelace@Example.com'], { [name]: 'ada.lovelace@example.com' })).toBe(true)
  expect(isHeld(of, [name, 'ada.king@example.com'], { [name]: 'ada.lovelace@example.com' })).toBe(false)
})

it('is found by an e-mail field that is described as case-sensitive', () => {
  const field = { name: 'Address__c', type: 'email', caseSensitive: true } as Partial<Field> as Field
  expect(fold('Ada.Lovelace@Example.com', field)).toBe(fold('ada.lovelace@example.com', field))
})
