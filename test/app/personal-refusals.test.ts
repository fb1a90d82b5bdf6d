/** A value that some sync calls personal is not told by what cannot be sent, nor by a model that fails at it. */
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { planSyncs } from '../../src/app/plan-syncs.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { collect } from '../warehouse/workbench.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder
let app: App
let events: EngineEvent[] = []

beforeEach(async () => {
  project = makeProjectFolder()
  events = []
  project.write(
    'millrace.yaml',
    `project: personal
default_target: dev
targets: { dev: { deliver: true, warehouse: { type: duckdb, path: dev.duckdb } } }
connections: { toy: { connector: toy } }
`,
  )
  project.write('syncs/crm.yaml', 'source: toy\nstreams: { people: { pii: [birthday] } }\n')
  project.write('models/people.sql', 'select * from raw.people\n')
  project.write(
    'syncs/people.yaml',
    `model: people
primary_key: id
destination: toy
object: person
match: id
map: { id: id, born: birthday }
`,
  )
  project.write('connectors/toy/index.ts', toyConnector)
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
  const sync = app.project.syncs.find(({ name }) => name === 'people')
  if (sync?.kind !== 'reverse_etl') throw new Error('the project has this sync')
  return sync
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
  project.write(
    'syncs/people.yaml',
    'model: people\nprimary_key: id\ndestination: toy\nobject: person\nmatch: id\nmap: { id: id, born: birth_date }\n',
  )
  const sync = await open()
  const { run } = await runSync(app, sync, { ...defaultRunOptions, firstRun: true })
  expect(run?.error?.message).toContain('invalid date field format: ***')
  expect(JSON.stringify([run, ...events])).not.toContain('1987')
})

const toyConnector = `
import { connector, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

const person = {
  name: 'person',
  docs: 'https://toy.example/docs',
  delivery: 'idempotent',
  match: { id: { normalise: 'exact' } },
  fields: { id: 'string', born: 'date' },
  operations: ['upsert'],
  batch: { rows: 3, bytes: 10000 },
  write: async (changes) => changes.map(() => ({ outcome: 'ok' })),
}

export default connector({
  name: 'toy',
  config: z.strictObject({}),
  streamNames: ['people'],
  objectNames: ['person'],
  open: async () => ({
    check: async () => undefined,
    account: async () => 'toy-1',
    objects: async () => [person],
    streams: async () => [],
  }),
})
`
