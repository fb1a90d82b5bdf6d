import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { forgetPerson } from '../../src/app/forget.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder

beforeEach(() => {
  project = makeProjectFolder()
  project.write('connectors/toy/index.ts', connector)
  project.write(
    'millrace.yaml',
    `project: forgetting
default_target: dev
targets: { dev: { deliver: true, warehouse: { type: duckdb, path: dev.duckdb } } }
connections: { toy: { connector: toy } }
`,
  )
})
afterEach(() => project.remove())

it.each([
  ['is sent: what was removed stands no more', 'delete', { added: 1, delivered: 1 }],
  ['is not sent as new where nothing was removed', 'ignore', { coalesced: 1, delivered: 0 }],
])('who had left the model, is back in it and is forgotten %s', async (_what, onRemoved, ledger) => {
  project.write(
    'syncs/out.yaml',
    `model: people\nprimary_key: id\ndestination: toy\nobject: person\nmatch: id\nmap: { id: id, name: name }\non_removed: ${onRemoved}\n`,
  )
  await deliver(9)
  expect(await deliver(8)).toMatchObject({ ledger: { removed: 1 } })
  people(9)
  const forgotten = await project.inApp((app) =>
    forgetPerson(app, { key: 'p8', sync: null, dropUnsent: true }, 'a test'),
  )
  expect(forgotten.keepsHash).toEqual(onRemoved === 'ignore' ? ['out'] : [])
  expect(await deliver(9)).toMatchObject({ status: 'ok', ledger })
})

const people = (count: number) =>
  project.write('models/people.sql', `select 'p' || n as id, 'x' as name from range(${count}) t(n)\n`)

function deliver(count: number) {
  people(count)
  return project.inApp(async (app) => {
    const [sync] = app.project.syncs
    if (!sync) return expect.unreachable('the project has a sync')
    const limits = { maxRemoved: { fraction: 1 } }
    return (await runSync(app, sync, { ...defaultRunOptions, firstRun: true, limits })).run
  })
}

const connector = `
import { connector, object, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

export default connector({
  name: 'toy',
  config: z.strictObject({}),
  http: () => ({ baseUrl: 'http://127.0.0.1' }),
  check: async () => undefined,
  account: async () => 'toy-1',
  objects: {
    person: object({
      docs: 'https://toy.example/docs',
      delivery: 'idempotent',
      match: { id: { normalise: 'exact' } },
      fields: { id: 'string', name: 'string' },
      operations: ['upsert', 'delete'],
      batch: { rows: 3, bytes: 10000 },
      write: async (changes) => changes.map(() => ({ outcome: 'ok' })),
    }),
  },
})
`
