import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { killAt, millrace, resultOf, start } from '../../faults/millrace-process.ts'
import { salesforceKeys, sandboxYaml } from '../../faults/sandbox-yaml.ts'

let project: FaultProject
afterEach(() => project.close())

const rowCount = 300

/** A table of subscriptions out to Salesforce, by jobs. */
async function makeProject() {
  project = await makeFaultProject({
    alone: true,
    vendors: ['salesforce'],
    scale: 0.02,
    files: {
      'millrace.yaml': sandboxYaml('salesforce_out', {
        salesforce: { ...salesforceKeys, bulk_from: 100, bulk_wait_seconds: 1 },
      }),
      'syncs/subscriptions.yaml': syncYaml,
      'models/subscriptions.sql': 'select * from raw.subscriptions\n',
    },
  })
  await project.write(
    'CREATE SCHEMA IF NOT EXISTS raw',
    `CREATE TABLE raw.subscriptions AS SELECT 'sub-' || i AS id, 'Sub ' || i AS name, 'ACME-0000' || (1 + i % 3) AS account,
      (i * 1.01)::DECIMAL(18,2) AS amount, i % 2 = 0 AS cancels FROM range(${rowCount}) r(i)`,
  )
}

const run = (...args: readonly string[]) => millrace(['sync', 'run', 'subscriptions', ...args], project)
const journal = async (pattern: RegExp) =>
  (await project.sandbox.journal('salesforce')).filter(({ method, path }) => pattern.test(`${method} ${path}`))
const held = async () =>
  // Nothing is there before the first row.
  (await project.sandbox.show('salesforce', 'Subscription__c').catch(() => []))
    .filter((row) => row['IsDeleted'] === false)
    .map((row) => [row['Stripe_Id__c'], row['Name'], row['Amount__c'], row['Cancels__c']])
    .sort(byKey)
/** As the vendor keeps a decimal. */
const wanted = async () =>
  (await project.rows('SELECT id, name, amount, cancels FROM raw.subscriptions ORDER BY id'))
    .map(({ id, name, amount, cancels }) => [id, name, String(Number(amount)), cancels === 'true'])
    .sort(byKey)
const byKey = ([a]: readonly unknown[], [b]: readonly unknown[]) => (String(a) < String(b) ? -1 : 1)
const ledgerOf = (finished: Awaited<ReturnType<typeof millrace>>) => resultOf(finished).runs[0]?.ledger

it('delivers many rows by one job, then only what changed, by request, and removes what left', async () => {
  await makeProject()
  const first = await run()
  expect(first.code, first.stderr).toBe(0)
  expect(ledgerOf(first)).toMatchObject({ added: rowCount, delivered: rowCount })
  expect(await held()).toEqual(await wanted())
  expect(await journal(/^POST .*ingest/)).toHaveLength(1)
  await project.write(
    `UPDATE raw.subscriptions SET amount = 7.5 WHERE id IN ('sub-1', 'sub-2')`,
    `DELETE FROM raw.subscriptions WHERE id IN ('sub-3', 'sub-4')`,
  )
  const second = await run()
  expect(second.code, second.stderr).toBe(0)
  expect(ledgerOf(second)).toMatchObject({ changed: 2, removed: 2, delivered: 4, unchanged: rowCount - 4 })
  expect(await held()).toEqual(await wanted())
  expect(await journal(/^POST .*ingest/)).toHaveLength(1)
})

it('killed before its job was let loose: the next run aborts it, and sends what the model says then', async () => {
  await makeProject()
  await killAt('receipt.saved', ['sync', 'run', 'subscriptions'], project)
  expect(await held()).toEqual([])
  await project.write(`UPDATE raw.subscriptions SET name = 'Later' WHERE id = 'sub-7'`)
  const next = await run()
  expect(next.code, next.stderr).toBe(0)
  expect(await held()).toEqual(await wanted())
  const states = (await journal(/^PATCH .*ingest/)).map(({ body }) => String(body))
  expect(states).toEqual(['{"state":"Aborted"}', '{"state":"UploadComplete"}'])
})

it('killed while its job was on: the next run takes its results over, and sends only what has changed since', async () => {
  await makeProject()
  await project.sandbox.setFault('salesforce', 'bulk_in_progress', { times: 'always' })
  const { child } = start(['sync', 'run', 'subscriptions'], project)
  while ((await journal(/^GET .*ingest/)).length < 2) await sleep(50)
  const gone = new Promise((resolve) => child.on('close', resolve))
  child.kill('SIGKILL')
  await gone
  await project.write(`UPDATE raw.subscriptions SET name = 'Later' WHERE id = 'sub-7'`)
  await project.sandbox.setFault('salesforce', 'bulk_in_progress', null)
  const next = await run()
  expect(next.code, next.stderr).toBe(0)
  expect(ledgerOf(next)).toMatchObject({ changed: 1, unchanged: rowCount - 1, delivered: 1 })
  expect(await held()).toEqual(await wanted())
  expect(await journal(/^POST .*ingest/)).toHaveLength(1)
  expect((await project.rows('SELECT count(*) AS n FROM _millrace.intents'))[0]).toEqual({ n: '0' })
})

it('stopped while its job is on and never ends: the run fails, the next aborts it, and all is sent again', async () => {
  await makeProject()
  await project.sandbox.setFault('salesforce', 'bulk_in_progress', { times: 'always' })
  const first = await run()
  expect(first.code).toBe(1)
  expect(resultOf(first).runs[0]?.error?.code).toBe('MR-3007')
  const second = await run()
  // Aborted, and begun anew: that one does not end either.
  expect(second.code).toBe(1)
  expect((await journal(/^PATCH .*ingest/)).map(({ body }) => String(body))).toContain('{"state":"Aborted"}')
  await project.sandbox.setFault('salesforce', 'bulk_in_progress', null)
  const third = await run()
  expect(third.code, third.stderr).toBe(0)
  expect(await held()).toEqual(await wanted())
}, 60_000)

const syncYaml = `
model: subscriptions
primary_key: id
destination: salesforce
object: Subscription__c
match: Stripe_Id__c
map:
  Stripe_Id__c: id
  Name: name
  Account__r.External_Id__c: account
  Amount__c: amount
  Cancels__c: cancels
on_removed: delete
`
