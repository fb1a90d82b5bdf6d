/**
 * An external id that is not unique is matched with its case, as one that is told to heed it: `0015g00000AbCdE` and
 * `0015g00000aBcDe` are two accounts. https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_upsert.htm
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { FaultProject } from '../../faults/fault-project.ts'
import { millrace } from '../../faults/millrace-process.ts'
import { makeSalesforceProject } from '../../faults/salesforce-project.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeSalesforceProject('firms', {
    'syncs/firms.yaml': `
model: firms
primary_key: id
destination: salesforce
object: Account
match: Legacy_Id__c
map:
  Legacy_Id__c: id
  Name: name
`,
    'models/firms.sql': 'select * from raw.firms\n',
  })
}, 60_000)
afterAll(() => project.close())
beforeEach(async () => {
  await project.sandbox.reset()
  await project.forgetWarehouse()
  await project.write('CREATE SCHEMA raw', `CREATE TABLE raw.firms AS SELECT '0015g00000AbCdE' AS id, 'One' AS name`)
})

const held = async () =>
  new Map(
    (await project.sandbox.show('salesforce', 'Account'))
      .filter((row) => row['Legacy_Id__c'] !== null && row['IsDeleted'] !== true)
      .map((row) => [row['Legacy_Id__c'], row['Name']]),
  )
const run = async () => {
  const { code, stderr } = await millrace(['sync', 'run', 'firms'], project)
  return { code, stderr }
}

it('two keys that differ in case are two rows', async () => {
  await project.write(`INSERT INTO raw.firms VALUES ('0015g00000aBcDe', 'Two')`)
  expect(await run()).toMatchObject({ code: 0 })
  expect(await held()).toEqual(
    new Map([
      ['0015g00000AbCdE', 'One'],
      ['0015g00000aBcDe', 'Two'],
    ]),
  )
})

it('a row that comes to have its key in another case is another row: the record of before is removed with it', async () => {
  const restore = project.edit(
    'syncs/firms.yaml',
    (text) => `${text}on_removed: delete\nlimits: { max_removed: 100%, max_changed: 100% }\n`,
  )
  expect(await run()).toMatchObject({ code: 0 })
  await project.write(`UPDATE raw.firms SET id = '0015g00000aBcDe', name = 'Two'`)
  const { code, stderr } = await millrace(['sync', 'run', 'firms'], project)
  restore()
  expect(code, stderr).toBe(0)
  expect(await held()).toEqual(new Map([['0015g00000aBcDe', 'Two']]))
})
