import fc from 'fast-check'
import type { Change, FieldValue, WriteResult } from 'millrace'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { exact } from '../exact-number.ts'
import { changeOf, openSalesforce, type OpenedSalesforce } from './open-salesforce.ts'

let orgs: readonly OpenedSalesforce[]
beforeAll(async () => {
  orgs = await Promise.all([2000, 1].map((bulk_from) => openSalesforce({ scale: 0.01, keys: { bulk_from } })))
})
afterAll(async () => {
  for (const org of orgs) await org[Symbol.asyncDispose]()
})

const text = fc.oneof(
  fc.constantFrom<FieldValue>(
    null,
    '',
    '  ',
    '#N/A',
    ' #N/A',
    'null',
    '"',
    ',',
    'a\nb',
    'a\r\nb',
    '=1',
    "'",
    '😀',
    '0',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !/\p{Cc}/u.test(value)),
)
/** What a sync may send: an opt-out that is out, one that is in, or none at all where an opt-in is withheld. */
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const fieldsOf = fc.record({
  Title: optional(text),
  Department: optional(text),
  HasOptedOutOfEmail: optional(fc.boolean()),
  DoNotCall: optional(fc.boolean()),
  Birthdate: optional(fc.constantFrom<FieldValue>(null, '1999-12-31', '2024-02-29')),
  EmailBouncedDate: optional(fc.constantFrom<FieldValue>(null, '2026-11-20T09:55:00Z', '2026-01-01T00:00:00.5Z')),
  MailingLatitude: optional(
    fc.constantFrom<FieldValue>(null, exact('1'), exact('0.000000000000001'), exact('-123.456789012345678')),
  ),
  'Account.External_Id__c': optional(fc.constantFrom<FieldValue>(null, 'ACME-00001', 'acme-00002', 'nobody')),
})
const change = (batch: number) =>
  fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom('upsert', 'update', 'insert', 'delete'), fieldsOf)
    .map(([n, op, fields]): Change =>
      changeOf(op as Change['op'], `p${batch}-${n}`, {
        Person_Id__c: `p${batch}-${n}`,
        LastName: 'Person',
        ...(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Change['fields']), // undefined is filtered out
      }),
    )

const stateOf = async (org: OpenedSalesforce) =>
  (await org.sandbox.show('salesforce', 'Contact'))
    .filter((row) => String(row['Person_Id__c']).startsWith('p'))
    .map(({ Id: _id, SystemModstamp: _stamp, ...row }) => [row['Person_Id__c'], String(Boolean(row['IsDeleted'])), row])
    .map((row) => JSON.stringify(row))
    .sort()
const said = (results: readonly WriteResult[]) =>
  results.map((result) => (result.outcome === 'rejected' ? `rejected ${result.retryable}` : result.outcome))

it('a job and a request leave the same records, and say the same of each row', async () => {
  let batch = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uniqueArray(change(0), { selector: ({ key }) => key, minLength: 1 }), { minLength: 1, maxLength: 2 }),
      async (rounds) => {
        batch++
        const own = (value: string) => value.replace(/^p0/, `p${batch}`)
        for (const round of rounds) {
          const changes = round.map((each) => ({
            ...each,
            key: own(each.key),
            fields: { ...each.fields, Person_Id__c: own(each.key) },
          }))
          const [byRequest, byJob] = await Promise.all(
            orgs.map(async (org) => org.write(await org.object('Contact'), 'Person_Id__c', changes)),
          )
          expect(said(byJob ?? [])).toEqual(said(byRequest ?? []))
        }
        const [requested, jobbed] = await Promise.all(orgs.map(stateOf))
        expect(jobbed).toEqual(requested)
      },
    ),
    { numRuns: 8 },
  )
}, 60_000)
