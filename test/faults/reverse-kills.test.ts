/** kill -9 at every point of a delivery, with the model as it was, going back, or losing the row before the next run. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { killAt, millrace, resultOf, start } from './millrace-process.ts'

const run = ['sync', 'run', 'people']
const points: readonly (readonly [string, string])[] = [
  ['the fence was taken', 'fence.taken'],
  ['the intents were committed', 'intents.committed'],
  ['a batch is about to go', 'batch.sent'],
  ['the answer was read', 'batch.answered'],
  ['the acknowledgement begins', 'acknowledge.started'],
  ['the acknowledgement is committed', 'acknowledged'],
]
const afterwards: readonly (readonly [string, readonly string[]])[] = [
  ['as it was', []],
  [
    'going back to its old value',
    [`UPDATE raw.people SET plan = 'free', email_opt_out = false WHERE id IN ('p1', 'p2', 'p3')`],
  ],
  ['losing the row', [`DELETE FROM raw.people WHERE id IN ('p1', 'p2')`]],
]

describe('a delivery survives kill -9', () => {
  let project: FaultProject
  let restore: () => void
  let vendorBefore: number

  beforeAll(async () => {
    project = await makeFaultProject()
    await project.write(
      'CREATE SCHEMA raw',
      `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@example.com' AS email, 'free' AS plan, false AS email_opt_out FROM range(60) r(n)`,
    )
    expect(resultOf(await millrace(run, project)).exit_code).toBe(0)
    restore = project.keep('delivered')
  }, 60_000)
  afterAll(() => project.close())

  beforeEach(async () => {
    // Vendor and warehouse agree again: everybody is on free and subscribed, and there are changes to deliver.
    await project.sandbox.reset()
    await project.forgetWarehouse()
    restore()
    await project.write(
      'DELETE FROM _millrace.snapshots',
      'DROP TABLE _millrace.snapshot_people',
      'DELETE FROM _millrace.intents',
    )
    expect(resultOf(await millrace([...run, '--first-run'], project)).exit_code).toBe(0)
    await project.write(
      `UPDATE raw.people SET plan = 'pro' WHERE id IN ('p1', 'p2', 'p3', 'p4')`,
      `UPDATE raw.people SET email_opt_out = true WHERE id IN ('p2', 'p5')`,
      `INSERT INTO raw.people VALUES ('new1', 'new1@example.com', 'pro', true)`,
    )
    vendorBefore = (await project.sandbox.journal('customerio')).at(-1)?.sequence ?? 0
  })

  for (const [when, point] of points)
    it.each(afterwards)(`when ${when}, the model %s: the vendor holds what the model says`, async (_name, edits) => {
      await killAt(point, run, project)
      if (edits.length > 0) await project.write(...edits)
      const again = resultOf(await millrace(run, project))
      expect(again.exit_code).toBe(0)
      await expectTruth(project)
      await expectJournalKnown(project, vendorBefore)
    })

  it.each(afterwards)(
    'when the vendor has taken a batch and its answer is on the way, the model %s',
    async (_name, edits) => {
      await project.sandbox.setFault('customerio', 'hang', { handled: true, match: 'batch' })
      const { child, reached } = start(run, project)
      await reached('batch.sent')
      for (let tries = 0; tries < 200; tries++) {
        const taken = (await project.sandbox.journal('customerio', { since: vendorBefore })).some((entry) =>
          entry.path.includes('batch'),
        )
        if (taken) break
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      child.kill('SIGKILL')
      await new Promise((resolve) => child.on('close', resolve))
      await project.sandbox.setFault('customerio', 'hang', null)
      if (edits.length > 0) await project.write(...edits)
      const again = resultOf(await millrace(run, project))
      expect(again.exit_code).toBe(0)
      await expectTruth(project)
    },
  )
})

/** Everyone in the model is at the vendor as the model says; who left is marked; nobody who opted out was opted in. */
async function expectTruth(project: FaultProject): Promise<void> {
  const model = await project.rows('SELECT * FROM raw.people ORDER BY id')
  const vendor = new Map(
    (await project.sandbox.show('customerio', 'person')).map((person) => [personId(person), person]),
  )
  for (const row of model) {
    const person = vendor.get(row['id'] ?? '')
    expect(attribute(person, 'plan'), row['id'] ?? '').toBe(row['plan'])
    if (row['email_opt_out'] === 'true') expect(isUnsubscribed(person), row['id'] ?? '').toBe(true)
  }
  const here = new Set(model.map((row) => row['id']))
  const ours = [...vendor].filter(([id]) => /^(p|new)\d/.test(id))
  for (const [id, person] of ours) if (!here.has(id)) expect(attribute(person, 'plan'), id).toBe('gone')
  const snapshot = await project.rows(
    `SELECT key, v_plan, v_email_opt_out FROM _millrace.snapshot_people WHERE state = 'accepted' ORDER BY key`,
  )
  expect(snapshot).toEqual(
    model.map((row) => ({ key: row['id'], v_plan: row['plan'], v_email_opt_out: row['email_opt_out'] })),
  )
  expect(await project.rows('SELECT * FROM _millrace.intents')).toEqual([])
  const last = resultOf(await millrace(run, project))
  expect(last.runs[0]?.ledger).toMatchObject({ added: 0, changed: 0, removed: 0, retry: 0, delivered: 0 })
}

/** No request went out for a key that the ledger does not know: as delivered, or as sent again. */
async function expectJournalKnown(project: FaultProject, since: number): Promise<void> {
  const changes = new Set((await project.rows('SELECT DISTINCT key FROM _millrace.changes')).map((row) => row['key']))
  const entries = await project.sandbox.journal('customerio', { since })
  for (const entry of entries.filter(({ path }) => path.includes('batch')))
    for (const id of (entry.body ?? '').matchAll(/"identifiers":\{"id":"([^"]+)"/g)) expect(changes).toContain(id[1])
}

type Person = Awaited<ReturnType<FaultProject['sandbox']['show']>>[number] | undefined

const personId = (person: Person) => String(person?.['id'] ?? attribute(person, 'id'))

function attribute(person: Person, name: string): unknown {
  const attributes = person?.['attributes']
  return typeof attributes === 'object' && attributes !== null && name in attributes
    ? Object(attributes)[name]
    : person?.[name]
}

const isUnsubscribed = (person: Person) =>
  [true, 1, '1', 'true'].includes((attribute(person, 'unsubscribed') ?? false) as never)
