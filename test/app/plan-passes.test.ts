/** What is due of a stream beside its scan: `sync plan` says of it what the run does. */
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { devYaml } from './dev-yaml.ts'
import { planSyncs } from '../../src/app/plan-syncs.ts'
import { collect } from '../warehouse/workbench.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder

beforeEach(() => {
  project = makeProjectFolder()
  project.write('connectors/toy/index.ts', toyConnector)
  project.write(
    'syncs/crm.yaml',
    'source: toy\nformula_refresh: 1d\nstreams: { orders: { reconcile: 7d }, notes: {} }\n',
  )
})

afterEach(() => project.remove())

const onDay = (day: string) => project.write('millrace.yaml', devYaml(`toy: { connector: toy, now: '${day}' }`))
const planned = async () => {
  const [plan] = await project.inApp((app) => planSyncs(app, app.project.syncs, { offline: false }))
  return plan?.kind === 'etl' ? plan.streams.map(({ name, passes }) => [name, passes]) : []
}

/** Its connection says what day it is there; nothing that it has is counted but orders. */
const toyConnector = `
import { connector, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'
const docs = 'https://toy.example/docs'
const stream = (name, now, calculated) => ({
  name,
  docs,
  key: ['id'],
  version: 'updated_at',
  boundedBy: 'updated_at',
  order: 'none',
  lagMs: 0,
  overlapMs: 0,
  columns: { id: 'integer', updated_at: 'timestamp', score: 'integer' },
  calculated,
  children: [],
  pageRows: 10,
  ...(name === 'orders' && { count: async ({ fields, to }) => fields.length * 10 + Number(to > '3000') }),
  async *read() {
    yield { kind: 'records', records: [{ id: 1, updated_at: '2026-01-01T00:00:00Z', score: 1 }], readAt: now }
    yield { kind: 'checkpoint', resume: null }
  },
})
export default connector({
  name: 'toy',
  config: z.strictObject({ now: z.string() }),
  open: async ({ config }) => ({
    check: async () => undefined,
    account: async () => 'toy-1',
    now: async () => new Date(config.now),
    streamNames: async () => ['orders', 'notes'],
    streams: async () => [stream('orders', new Date(config.now), ['score']), stream('notes', new Date(config.now), [])],
  }),
})
`

it('names a reconciliation and a reading of calculated fields that are due, with the vendor’s count of their rows', async () => {
  onDay('2026-02-01')
  // The first scan is one over everything.
  expect(await planned()).toEqual([
    ['orders', []],
    ['notes', []],
  ])
  expect((await project.runCrm()).errors).toEqual([])
  onDay('2026-02-02')
  const formulas = { name: 'formulas', counted: 31, requests_estimate: 4 }
  expect(await planned()).toEqual([
    ['orders', [formulas]],
    ['notes', []],
  ])
  onDay('2026-02-09')
  expect(await planned()).toEqual([
    ['orders', [{ name: 'reconcile', counted: 21, requests_estimate: 3 }, formulas]],
    ['notes', []],
  ])
  expect(Object.keys((await project.runCrm()).run.streams ?? {})).toEqual([
    'notes',
    'orders',
    'orders formulas',
    'orders reconcile',
  ])
  expect(await planned()).toEqual([
    ['orders', []],
    ['notes', []],
  ])
})

it('names none of a stream that is read from the beginning, since its table is gone: nor does the run', async () => {
  onDay('2026-02-01')
  await project.runCrm()
  onDay('2026-02-09')
  await project.runCrm()
  onDay('2026-02-20')
  await project.inApp((app) =>
    app.warehouse.session({ runId: 'by hand', purpose: 'lose a table' }, (session) =>
      collect(session.query('DROP TABLE crm.orders')),
    ),
  )
  expect(await planned()).toEqual([
    ['orders', []],
    ['notes', []],
  ])
  expect(Object.keys((await project.runCrm()).run.streams ?? {})).toEqual(['notes', 'orders'])
})
