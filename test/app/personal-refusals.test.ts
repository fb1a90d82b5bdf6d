/** A value that some sync calls personal is not told by what cannot be sent, nor by a model that fails at it. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { planSyncs } from '../../src/app/plan-syncs.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { collect } from '../warehouse/workbench.ts'
import type { ProjectFolder } from './project-folder.ts'
import { deliveryOf, makeToyProject, toySync } from './toy-project.ts'

let project: ProjectFolder
let app: App
let events: EngineEvent[] = []

beforeEach(async () => {
  project = makeToyProject({
    objects: `person: toyObject({ fields: { id: 'string', born: 'date' }, operations: ['upsert'] })`,
    streams: ['people'],
  })
  events = []
  project.write('syncs/crm.yaml', 'source: toy\nstreams: { people: { pii: [birthday] } }\n')
  project.write('models/people.sql', 'select * from raw.people\n')
  project.write('syncs/people.yaml', toySync({ more: 'map: { id: id, born: birthday }' }))
})

afterEach(async () => {
  await app.close()
  project.remove()
})

async function open() {
  app = await project.open({ onEvent: (event) => events.push(event) })
  await app.warehouse.session({ runId: 'run-1', purpose: 'fill' }, async (session) => {
    for (const statement of [
      'CREATE SCHEMA raw',
      `CREATE TABLE raw.people AS SELECT 'p1' AS id, 'Born1987-Ann' AS birthday`,
    ])
      for await (const _ of session.query(statement));
  })
  return deliveryOf(app, 'people')
}

const rejects = () =>
  app.warehouse.session({ runId: 'look', purpose: 'look' }, (session) =>
    collect(session.query('SELECT * FROM _millrace.rejects')),
  )

it('a refusal does not repeat it, neither where it is shown nor where it is kept', async () => {
  const sync = await open()
  const plan = await planSyncs(app, [sync], { offline: false })
  expect(JSON.stringify(plan)).not.toContain('1987')
  const { run } = await runSync(app, sync, { ...defaultRunOptions, firstRun: true })
  expect(run?.ledger).toMatchObject({ rejected: 1 })
  expect(events.filter((event) => JSON.stringify(event).includes('1987'))).toEqual([])
  const kept = await rejects()
  expect(kept).toMatchObject([{ key: 'p1', message: 'born: *** is not a date that can be sent' }])
  expect(JSON.stringify(kept)).not.toContain('1987')
})

it('a model that fails on it does not repeat it', async () => {
  project.write('models/people.sql', 'select id, cast(birthday as date) as birthday from raw.people\n')
  const sync = await open()
  const { run } = await runSync(app, sync, { ...defaultRunOptions, firstRun: true })
  expect(run).toMatchObject({ status: 'failed', error: { code: 'MR-2101' } })
  expect(run?.error?.message).toContain('fails when its rows are read: Conversion Error: invalid date')
  expect(JSON.stringify([run, ...events])).not.toContain('1987')
  await expect(planSyncs(app, [sync], { offline: false })).rejects.toThrow(/invalid date field format: \*\*\*,/)
})

it('nor does one that reads it under another name', async () => {
  project.write('models/base.sql', 'select id, birthday as b from raw.people\n')
  project.write('models/people.sql', `select id, cast(b as date) as birth_date from {{ ref('base') }}\n`)
  project.write('syncs/people.yaml', toySync({ more: 'map: { id: id, born: birth_date }' }))
  const sync = await open()
  const { run } = await runSync(app, sync, { ...defaultRunOptions, firstRun: true })
  expect(run?.error?.message).toContain('invalid date field format: ***')
  expect(JSON.stringify([run, ...events])).not.toContain('1987')
})
