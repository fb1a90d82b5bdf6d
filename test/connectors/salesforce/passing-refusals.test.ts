/** What Salesforce refuses today and may take without anybody changing the row: nobody knows how long that takes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FaultProject } from '../../faults/fault-project.ts'
import { millrace, resultOf } from '../../faults/millrace-process.ts'
import { makeSalesforceProject } from '../../faults/salesforce-project.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeSalesforceProject('people', {
    'syncs/people.yaml': `
model: people
primary_key: id
destination: salesforce
object: Contact
match: Person_Id__c
park_after: 1
map:
  Person_Id__c: id
  LastName: name
  Account.External_Id__c: account_ref
  HasOptedOutOfEmail: { opt_out: opted_out }
`,
    'models/people.sql': 'select * from raw.people\n',
  })
  await project.write(
    'CREATE SCHEMA IF NOT EXISTS raw',
    `CREATE TABLE raw.people AS SELECT 'kid-' || i AS id, 'Kid' AS name, 'ACME-00001' AS account_ref, false AS opted_out FROM range(1, 4) r(i)`,
  )
  const first = await run()
  expect(first.code, first.stderr).toBe(0)
}, 60_000)
afterAll(() => project.close())

const run = () => millrace(['sync', 'run', 'people'], project)
const contact = async (id: string) =>
  (await project.sandbox.show('salesforce', 'Contact')).find((row) => row['Person_Id__c'] === id)

it.each([
  ['kid-2', 'ENTITY_IS_LOCKED'],
  ['kid-3', 'STORAGE_LIMIT_EXCEEDED'],
])('row %s is not parked by %s, and its opt-out goes at once', async (id, code) => {
  await project.write(`UPDATE raw.people SET name = 'Later', opted_out = true WHERE id = '${id}'`)
  await project.sandbox.setFault('salesforce', 'refuse_rows', { code, times: 1 })
  expect((await run()).code).toBe(5)
  expect(await contact(id)).toMatchObject({ LastName: 'Kid', HasOptedOutOfEmail: true })
  const second = await run()
  expect(second.code, second.stderr).toBe(0)
  expect(await contact(id)).toMatchObject({ LastName: 'Later' })
})

it('the opt-out of a row whose account is not there does not wait for that', async () => {
  await project.write(`UPDATE raw.people SET account_ref = 'not-there-yet', opted_out = true WHERE id = 'kid-1'`)
  const finished = await run()
  expect(finished.code, finished.stderr).toBe(5)
  expect(resultOf(finished).runs[0]?.ledger).toMatchObject({ rejected: 1 })
  expect(await contact('kid-1')).toMatchObject({ HasOptedOutOfEmail: true })
})
