import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FaultProject } from '../../faults/fault-project.ts'
import { millrace, resultOf } from '../../faults/millrace-process.ts'
import { makeSalesforceProject } from '../../faults/salesforce-project.ts'

const syncYaml = (consent: string) => `
model: consents
primary_key: id
destination: salesforce
object: ContactPointTypeConsent
match: Person_Id__c
map:
  Person_Id__c: id
  Name: name
  PrivacyConsentStatus: ${consent}
`
let project: FaultProject
beforeAll(async () => {
  project = await makeSalesforceProject('consents', {
    'syncs/consents.yaml': syncYaml('{ opt_out: opted_out }'),
    'models/consents.sql': 'select * from raw.consents\n',
  })
  await project.write(
    'CREATE SCHEMA IF NOT EXISTS raw',
    `CREATE TABLE raw.consents AS SELECT 'p-' || i AS id, 'Email of ' || i AS name, i <= 2 AS opted_out FROM range(1, 5) r(i)`,
  )
})
afterAll(() => project.close())

const run = () => millrace(['sync', 'run', 'consents'], project)

it('a consent that is a picklist is refused without its words before anything is sent, and delivered with them', async () => {
  const refused = await run()
  expect(refused.code).toBe(2)
  expect(resultOf(refused).runs[0]?.error).toMatchObject({ code: 'MR-1209' })
  expect(refused.stderr + JSON.stringify(refused.lines)).toContain(
    '{ opt_out: opted_out, values: { true: …, false: … } }',
  )
  writeFileSync(
    join(project.directory, 'syncs/consents.yaml'),
    syncYaml('{ opt_out: opted_out, values: { true: OptOut, false: OptIn } }'),
  )
  const done = await run()
  expect(done.code, done.stderr).toBe(0)
  expect(resultOf(done).runs[0]?.ledger).toMatchObject({ added: 4, delivered: 4, rejected: 0 })
  const held = await project.sandbox.show('salesforce', 'ContactPointTypeConsent')
  expect(new Map(held.map((row) => [row['Person_Id__c'], row['PrivacyConsentStatus']]))).toEqual(
    new Map([
      ['p-1', 'OptOut'],
      ['p-2', 'OptOut'],
      ['p-3', null],
      ['p-4', null],
    ]),
  )
})
