import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FaultProject } from '../../faults/fault-project.ts'
import { millrace, resultOf } from '../../faults/millrace-process.ts'
import { makeSalesforceProject } from '../../faults/salesforce-project.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeSalesforceProject(
    'crm',
    {
      'syncs/salesforce.yaml': `
source: salesforce
reconcile: 7d
formula_refresh: 1d
mask: { Phone: last4, Email: sha256, Description: redact, Industry: redact }
streams:
  Account: {}
  Contact: {}
  AccountHistory: {}
`,
      'syncs/hashed.yaml': `
source: salesforce
schema: hashed
streams:
  Account: { mask: { Id: sha256 }, include: [Name, Industry, OwnerId, NumberOfEmployees], field_history: true }
`,
      'syncs/regions.yaml': `
source: salesforce
streams: { Sales_Region__mdt: {} }
`,
    },
    { scale: 0.05 },
  )
})
afterAll(() => project.close())

const run = () => millrace(['sync', 'run', 'salesforce'], project)
const streamsOf = (ran: Awaited<ReturnType<typeof run>>) =>
  (resultOf(ran).runs[0] as unknown as { readonly streams: { readonly [name: string]: { readonly swept: number } } })
    .streams // as the JSON has it

it('purged rows are marked by a reconciliation, calculated fields are read again by themselves, each when it is due', async () => {
  const first = await run()
  expect(first.code, JSON.stringify(first)).toBe(0)
  expect(Object.keys(streamsOf(first))).toEqual(['Account', 'AccountHistory', 'Contact'])
  await project.write(`UPDATE salesforce.account SET _deleted_at = NULL, is_deleted = false WHERE is_deleted`)
  const [before] = await project.rows('SELECT count(*) AS n FROM salesforce.account WHERE _deleted_at IS NULL')
  await project.sandbox.move(8)
  await project.sandbox.setFault('salesforce', 'purge_deleted', { times: 'always' })
  const second = await run()
  expect(second.code, JSON.stringify(second)).toBe(0)
  const streams = streamsOf(second)
  expect(Object.keys(streams)).toEqual([
    'Account',
    'Account formulas',
    'Account reconcile',
    'AccountHistory',
    'Contact',
    'Contact reconcile',
  ])
  expect(streams['Account reconcile']?.swept).toBeGreaterThan(0)
  const [after] = await project.rows('SELECT count(*) AS n FROM salesforce.account WHERE _deleted_at IS NULL')
  expect(Number(after?.['n'])).toBeLessThan(Number(before?.['n']))
  // Keys, stamps and what is calculated; nothing else.
  const queries = (await project.sandbox.journal('salesforce')).map(({ path }) => decodeURIComponent(path))
  expect(queries.some((query) => query.includes('SELECT Id, SystemModstamp, IsDeleted FROM Account '))).toBe(true)
})

it('nothing that is masked stands in the warehouse or in a file in clear', async () => {
  const rows = await project.rows('SELECT phone, email, description FROM salesforce.contact WHERE email IS NOT NULL')
  expect(rows.length).toBeGreaterThan(10)
  const history = await project.rows(
    `SELECT field, new_value AS value FROM salesforce.account_history WHERE new_value IS NOT NULL AND field IN ('NumberOfEmployees', 'Industry')`,
  )
  // Also what a field was once.
  expect(new Set(history.map(({ field, value }) => `${field} ${value?.startsWith('***')}`))).toEqual(
    new Set(['NumberOfEmployees false', 'Industry true']),
  )
  for (const { phone, email, description } of rows) {
    expect(email).toMatch(/^[0-9a-f]{64}$/)
    expect(phone ?? '***').toMatch(/^\*\*\*/)
    expect(description ?? '***').toBe('***')
  }
})

/** A sync of its own that ends well. */
async function runOf(name: string, yaml: string) {
  writeFileSync(join(project.directory, `syncs/${name}.yaml`), yaml)
  const ran = await millrace(['sync', 'run', name], project)
  expect(ran.code, JSON.stringify(ran)).toBe(0)
  return ran
}

it('owners that are masked are so in the history of leads, which has other words for a new one', async () => {
  await runOf(
    'owners',
    'source: salesforce\nschema: owners\nmask: { OwnerId: sha256 }\nstreams: { Lead: { include: [OwnerId], field_history: true } }\n',
  )
  const [table] = await project.rows(
    `SELECT count(*) > 10 AS told, count(*) FILTER (length(new_value) <> 64) AS bare FROM owners.lead_history WHERE field = 'ownerAssignment'`,
  )
  expect(table).toEqual({ told: 'true', bare: '0' })
  expect(
    await project.rows(
      `SELECT to_value FROM owners.lead_field_history WHERE field = 'Owner' AND length(to_value) <> 64`,
    ),
  ).toEqual([])
})

it('a record whose Id is hashed has its history under the same hash', async () => {
  const ran = await millrace(['sync', 'run', 'hashed'], project)
  expect(ran.code, JSON.stringify(ran)).toBe(0)
  // What is purged has its history still.
  const [ids] = await project.rows(
    `SELECT min(length(h.account_id)) AS shortest, count(a.id) > 100 AS known FROM hashed.account_history h LEFT JOIN hashed.account a ON a.id = h.account_id`,
  )
  expect(ids).toEqual({ shortest: '64', known: 'true' })
  expect(await project.rows('SELECT record_id FROM hashed.account_history_scd2 WHERE length(record_id) <> 64')).toEqual(
    [],
  )
})

it('a street that is masked alone, beside the address that has it in clear, is refused', async () => {
  writeFileSync(
    join(project.directory, 'syncs/leaky.yaml'),
    'source: salesforce\nschema: leaky\nstreams: { Account: { mask: { BillingStreet: redact } } }\n',
  )
  const ran = await millrace(['sync', 'plan', 'leaky'], project)
  expect(ran.code).toBe(2)
  expect(ran.lines.find(({ type }) => type === 'error')).toMatchObject({
    code: 'MR-1208',
    message: expect.stringContaining('Account.BillingStreet is masked, and BillingAddress has it in clear'),
  })
})

it('what a sync masks and leaves out of all its streams, it does of the history that comes with one', async () => {
  await runOf(
    'quiet',
    'source: salesforce\nschema: quiet\nexclude: [CreatedById]\nmask: { OldValue: redact, NewValue: redact }\n' +
      'streams: { Account: { field_history: true }, User: { exclude: [CreatedById, Name, FirstName, LastName, Email] } }\n',
  )
  const columns = await project.rows(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'quiet' AND column_name IN ('created_by_id', 'name')`,
  )
  expect(new Set(columns.map(({ name }) => name))).toEqual(new Set(['account.name', 'account_history_scd2.name']))
  expect(
    await project.rows(
      `SELECT DISTINCT new_value AS value FROM quiet.account_history WHERE new_value IS NOT NULL UNION SELECT DISTINCT old_value FROM quiet.account_history WHERE old_value IS NOT NULL`,
    ),
  ).toEqual([{ value: '***' }])
  // The view of it stands, and names nobody.
  expect(
    await project.rows(
      'SELECT count(*) > 100 AS many, count(changed_by) + count(changed_by_id) AS named FROM quiet.account_field_history',
    ),
  ).toEqual([{ many: 'true', named: '0' }])
})

it('what is masked and left out is so in a history of which the user may not see what is tracked', async () => {
  await project.sandbox.setFault('salesforce', 'hide_setup', { times: 'always' })
  const ran = await runOf(
    'unseen',
    'source: salesforce\nschema: unseen\nstreams: { Lead: { mask: { OwnerId: sha256 }, exclude: [Status], field_history: true } }\n',
  )
  await project.sandbox.setFault('salesforce', 'hide_setup', null)
  const said = ran.lines.flatMap(({ type, message }) => (type === 'run.warning' ? [String(message)] : []))
  expect(said.filter((message) => message.includes('View Setup and Configuration'))).toHaveLength(1)
  expect(streamsOf(ran)['LeadHistory']).toMatchObject({ filtered: expect.toSatisfy((rows) => Number(rows) > 10) })
  const [owners] = await project.rows(
    `SELECT count(*) > 10 AS told, count(*) FILTER (length(new_value) <> 64) AS bare FROM unseen.lead_history WHERE field = 'ownerAssignment'`,
  )
  expect(owners).toEqual({ told: 'true', bare: '0' })
  for (const table of ['lead_history', 'lead_field_history'])
    expect(await project.rows(`SELECT field FROM unseen.${table} WHERE field = 'Status'`)).toEqual([])
  // What changed is there; that any field never did, nobody can tell.
  const [view] = await project.rows(
    `SELECT count(*) FILTER (field = 'Owner') > 10 AS changed, count(*) FILTER (length(to_value) <> 64 AND field = 'Owner') AS bare FROM unseen.lead_field_history`,
  )
  expect(view).toEqual({ changed: 'true', bare: '0' })
})

it('what an object leaves out is left out of its history, in the table as in the views', async () => {
  const ran = await runOf(
    'lean',
    'source: salesforce\nschema: lean\nverify: strict\nstreams: { Account: { exclude: [Industry, Phone, OwnerId], field_history: true } }\n',
  )
  expect(streamsOf(ran)['AccountHistory']).toMatchObject({ filtered: expect.toSatisfy((rows) => Number(rows) > 10) })
  const fieldsOf = async (table: string) =>
    (await project.rows(`SELECT DISTINCT field FROM lean.${table} ORDER BY 1`)).map(({ field }) => field)
  expect(await fieldsOf('account_history')).toEqual(['NumberOfEmployees', 'created'])
  // Tracked fields that never changed have their present value there.
  expect(await fieldsOf('account_field_history')).toEqual(['Account_Status__c', 'Name', 'NumberOfEmployees', 'created'])
})

it.each([
  [
    'AccountHistory: { exclude: [OldValue] }',
    'AccountHistory.OldValue cannot be left out',
    'mask: { OldValue: redact }',
  ],
  ['AccountHistory: { exclude: [Field] }', 'AccountHistory.Field cannot be left out', 'Take it out of  exclude .'],
  ['AccountHistory: { mask: { Field: last4 } }', 'AccountHistory.Field cannot be masked', 'Take the mask off'],
  [
    'AccountHistory: { mask: { AccountId: sha256 } }',
    'AccountHistory.AccountId cannot be masked',
    'Mask the key of Account',
  ],
])('a history cannot be without what its view is made of: %s', async (history, message, next) => {
  writeFileSync(
    join(project.directory, 'syncs/torn.yaml'),
    `source: salesforce\nschema: torn\nstreams: { Account: { field_history: true }, ${history} }\n`,
  )
  const ran = await millrace(['sync', 'plan', 'torn'], project)
  expect(ran.code).toBe(2)
  expect(ran.lines.find(({ type }) => type === 'error')).toMatchObject({
    code: 'MR-1208',
    message: expect.stringContaining(message),
    next: [expect.stringContaining(next)],
  })
})

it('custom metadata that is gone is marked by the next run, which reads all of it', async () => {
  const regions = () => millrace(['sync', 'run', 'regions'], project)
  expect((await regions()).code).toBe(0)
  // As one that Salesforce had then, and has no more.
  await project.write(
    `INSERT INTO regions.sales_region__mdt SELECT * REPLACE ('m01000000000099AAA' AS id, 'Africa' AS label) FROM regions.sales_region__mdt LIMIT 1`,
  )
  await project.sandbox.move(1)
  const second = await regions()
  expect(second.code, second.stderr).toBe(0)
  expect(
    await project.rows('SELECT label FROM regions.sales_region__mdt WHERE _deleted_at IS NULL ORDER BY 1'),
  ).toEqual([{ label: 'America' }, { label: 'Asia' }, { label: 'Europe' }])
})
