import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { planSyncs } from '../../src/app/plan-syncs.ts'
import { previewSync } from '../../src/app/preview-sync.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import type { Warehouse } from '../../src/warehouse/port.ts'
import type { ProjectFolder } from './project-folder.ts'
import { deliver, deliveryOf, makeToyProject, startToyVendor, toySync, type ToyVendor } from './toy-project.ts'

let project: ProjectFolder
let vendor: ToyVendor

beforeEach(async () => {
  vendor = await startToyVendor()
  project = makeToyProject({ objects, url: vendor.url })
  const map = '{ id: id, name: name, unsubscribed: { opt_out: opted_out, allow_opt_in: true } }'
  project.write('syncs/out.yaml', toySync({ more: `map: ${map}` }))
})
afterEach(() => {
  project.remove()
  vendor.close()
})

const large = 'x'.repeat(300)

it.each([
  [
    'opt-outs go in a request of their own before all else',
    [
      `('out', 'a', false), ('in', 'a', true), ('plain', 'a', false)`,
      `('out', 'a', true), ('in', 'a', false), ('plain', 'b', false)`,
    ],
    ['/out(id,name,unsubscribed)', '/plain(id,name)', '/in(id,name,unsubscribed)'],
  ],
  [
    'of a row too large for a request its opt-out goes alone',
    [`('large', 'a', false), ('plain', 'a', false)`, `('large', '${large}', true), ('plain', '${large}', false)`],
    ['/large(id,unsubscribed)'],
  ],
])('shows the requests of the run: %s', async (_what, [before = '', after = ''], requests) => {
  people(before)
  await project.inApp((app) => deliver(app, 'out'))
  vendor.paths = []
  people(after)
  const shown = await project.inApp((app) => previewSync(app, deliveryOf(app, 'out'), { limit: 100 }))
  await project.inApp((app) => deliver(app, 'out'))
  expect(vendor.paths).toEqual(requests)
  expect(shown.map(({ path }) => path)).toEqual(vendor.paths)
})

it('shows what a first run sends that begins from nothing, and so does the plan: a baseline died half way', async () => {
  people(`('one', 'a', false), ('two', 'a', false)`)
  await project.inApp(async (app) => {
    const { warehouse } = app
    const openIntents = () => Promise.reject(new RangeError('gone'))
    const dying: Warehouse = {
      ...warehouse,
      session: (request, work) =>
        warehouse.session(request, (session) => work({ ...session, reverse: { ...session.reverse, openIntents } })),
    }
    const { run } = await runSync({ ...app, warehouse: dying }, deliveryOf(app, 'out'), {
      ...defaultRunOptions,
      baseline: true,
    })
    expect(run?.status).toBe('failed')
  })
  await project.inApp(async (app) => {
    const [plan] = await planSyncs(app, app.project.syncs, { offline: false })
    const shown = await previewSync(app, deliveryOf(app, 'out'), { limit: 100 })
    await deliver(app, 'out')
    expect(vendor.paths).toHaveLength(1)
    expect(plan).toMatchObject({ added: 2, unchanged: 0, accepted_before: 0 })
    expect(shown.map(({ path }) => path)).toEqual(vendor.paths)
  })
})

it('says so where an opened connector of one’s own declares no preview', async () => {
  people(`('one', 'a', false)`)
  project.write('connectors/toy/index.ts', openedConnector)
  const shown = project.inApp((app) => previewSync(app, deliveryOf(app, 'out'), { limit: 100 }))
  await expect(shown).rejects.toMatchObject({
    code: 'MR-1401',
    message: expect.stringContaining('declares no preview'),
  })
})

const people = (rows: string) =>
  project.write('models/people.sql', `select * from (values ${rows}) v(id, name, opted_out)\n`)

const objects = `person: toyObject({
  fields: { id: 'string', name: 'string', unsubscribed: { type: 'boolean', optOut: true } },
  operations: ['upsert'],
  batch: { rows: 3, bytes: 200 },
  async write(changes, { http, signal }) {
    const rows = changes.map(({ key, fields }) => key + '(' + Object.keys(fields).toSorted().join() + ')')
    await http.post('/' + rows.join('+'), {}, { signal })
    return changes.map(() => ({ outcome: 'ok' }))
  },
})`

const openedConnector = `
import { connector, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'

const field = (type, more = {}) => ({ type, nullable: true, ...more })

export default connector({
  name: 'toy',
  config: z.strictObject({ url: z.string() }),
  open: async () => ({
    check: async () => undefined,
    account: async () => 'toy-1',
    objects: async () => [{
      name: 'person',
      docs: 'https://toy.example/docs',
      delivery: 'idempotent',
      match: { id: { normalise: 'exact' } },
      fields: { id: field('string'), name: field('string'), unsubscribed: field('boolean', { optOut: true }) },
      operations: ['upsert'],
      batch: { rows: 3, bytes: 200 },
      write: async (changes) => changes.map(() => ({ outcome: 'ok' })),
    }],
  }),
})
`
