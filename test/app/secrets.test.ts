/** A vendor that says our own credential back to us: it is nowhere in what a run shows, throws or keeps (promise 14). */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { renderError } from '../../src/render/error-text.ts'
import { collect } from '../warehouse/workbench.ts'
import { makeProjectFolder } from './project-folder.ts'

const canary = 'canary-5f0c1d2e9b7a4c31'
const forms = [canary, Buffer.from(canary).toString('base64').replace(/=+$/, '').slice(0, -1)]

let asked = 0
const vendor = createServer((request, response) => {
  const token = String(request.headers.authorization).replace('Bearer ', '')
  const message = `the key ${token} (${Buffer.from(token).toString('base64')}) is not allowed at ${request.url}`
  const status = request.method === 'POST' ? 400 : ++asked === 1 ? 503 : 401
  request.resume()
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': `req-${token}` })
  response.end(JSON.stringify({ message }))
})
const project = makeProjectFolder()

beforeAll(async () => {
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve))
  const address = vendor.address()
  const port = typeof address === 'object' ? address?.port : 0
  project.write(
    'millrace.yaml',
    `project: secrets
default_target: prod
targets: { prod: { deliver: true, warehouse: { type: duckdb, path: prod.duckdb } } }
connections: { toy: { connector: toy, api_key: '\${env:TOY_KEY}', base_url: 'http://127.0.0.1:${port}' } }
`,
  )
  project.write('syncs/crm.yaml', 'source: toy\nstreams: { people: {} }\n')
  project.write('models/people.sql', "select 'p1' as id, 'Ann' as name\n")
  project.write(
    'syncs/people.yaml',
    'model: people\nprimary_key: id\ndestination: toy\nobject: person\nmatch: id\nmap: { id: id, name: name }\n',
  )
  project.write('connectors/toy/index.ts', toyConnector)
})

afterAll(() => {
  vendor.close()
  project.remove()
})

it.each([
  ['crm', 'MR-3001', 'failed'],
  ['people', 'MR-3004', 'partial'],
])('a vendor repeats our credential to a run of %s: it is shown and kept nowhere', async (name, code, status) => {
  const events: EngineEvent[] = []
  const app = await project.open({ onEvent: (event) => void events.push(event), env: { TOY_KEY: canary } })
  const sync = app.project.syncs.find((each) => each.name === name)
  if (!sync) throw new Error('the project has this sync')
  const { run, errors } = await runSync(app, sync, { ...defaultRunOptions, firstRun: true })
  const kept = await app.warehouse.session({ runId: 'look', purpose: 'look' }, async (session) => [
    await session.state.readRuns({ limit: 10 }),
    await session.state.readRejects({ sync: name, limit: 10 }),
    await collect(session.query('SELECT * FROM _millrace.changes')),
  ])
  const history = [await app.store.runs({ limit: 10 }), await app.store.run(run.run_id)]
  await app.close()

  const shown = JSON.stringify([events, run, kept, history]) + errors.map((error) => renderError(error, verbose)).join()
  expect(run.status).toBe(status)
  expect(shown).toContain(code)
  expect(shown).toContain('the key [secret] ([secret]')
  const onDisk = filesUnder(project.directory).map((path) => readFileSync(path).toString('latin1'))
  for (const form of forms) for (const text of [shown, ...onDisk]) expect(text.includes(form)).toBe(false)
})

const verbose = { color: false, stack: true }

const filesUnder = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())

const toyConnector = `
import { connector, object, stream, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

export default connector({
  name: 'toy',
  config: z.strictObject({ api_key: z.string().meta({ secret: true }), base_url: z.url() }),
  http: ({ config }) => ({ baseUrl: config.base_url, bearer: config.api_key, ratePerSecond: 50 }),
  check: async () => undefined,
  account: async () => 'toy-1',
  streams: {
    people: stream({
      docs: 'https://toy.example/docs',
      key: ['id'],
      order: 'none',
      columns: { id: 'string' },
      list: { path: '/people', records: 'data', page: { kind: 'none' } },
    }),
  },
  objects: {
    person: object({
      docs: 'https://toy.example/docs',
      delivery: 'idempotent',
      match: { id: { normalise: 'exact' } },
      fields: { id: 'string', name: 'string' },
      operations: ['upsert'],
      batch: { rows: 3, bytes: 10000 },
      async write(changes, { http, signal }) {
        await http.post('/people', changes.map(({ fields }) => fields), { signal })
        return changes.map(() => ({ outcome: 'ok' }))
      },
    }),
  },
})
`
