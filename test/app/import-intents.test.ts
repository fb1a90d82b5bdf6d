/** What was sent and not answered, when the state of a delivery is replaced by that of a file. */
import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { exportSyncState, importSyncState, readStateFile } from '../../src/app/export-state.ts'
import { destinationOptions } from '../../src/reverse-etl/run-reverse.ts'
import type { ProjectFolder } from './project-folder.ts'
import { deliver, deliveryOf, makeToyProject, toySync } from './toy-project.ts'

let project: ProjectFolder

beforeEach(() => {
  project = makeToyProject({ objects: 'person: toyObject({}), company: toyObject({})' })
  project.write('models/people.sql', `select 'p' || n as id, 'x' || n as name from range(3) t(n)\n`)
})
afterEach(() => project.remove())

it.each([
  { what: 'stays open', before: toySync({}), open: ['gone'] },
  { what: 'is not of another object', before: toySync({ object: 'company' }), open: [] },
  {
    what: 'is not of rows by another key',
    before: toySync({}).replace('primary_key: id', 'primary_key: name'),
    open: [],
  },
])('what was sent since the export $what', async ({ before, open }) => {
  const file = project.path('out.ndjson')
  project.write('syncs/other.yaml', toySync({}))
  await project.inApp(async (app) => {
    expect(await deliver(app, 'other')).toMatchObject({ status: 'ok' })
    await exportSyncState(app, deliveryOf(app, 'other'), { file, write: () => Promise.resolve(), reason: 'a test' })
  })
  project.write('syncs/out.yaml', before)
  await project.inApp(async (app) => {
    const sync = deliveryOf(app, 'out')
    expect(await deliver(app, 'out')).toMatchObject({ status: 'ok' })
    writeFileSync(project.path('intents.ndjson'), '{"key":"gone","op":"upsert"}\n')
    await app.warehouse.session({ runId: 'dead', purpose: 'a delivery' }, async ({ state, reverse }) => {
      const { previous: _, ...fence } = await state.takeFence(
        { sync: 'out', stream: sync.object, partition: '' },
        'dead',
      )
      const meta = { connection: 'toy', account: 'toy-1', object: sync.object, options: destinationOptions(sync) }
      const versions = { mappingVersion: 'm', encoderVersion: 1 }
      await reverse.openIntents({ fence, path: project.path('intents.ndjson'), meta: { ...meta, ...versions } })
    })
  })
  project.write('syncs/out.yaml', toySync({}))
  await project.inApp(async (app) => {
    const sync = deliveryOf(app, 'out')
    await importSyncState(app, sync, { file, reason: 'a test', state: await readStateFile(sync, file) })
    const places = await app.warehouse.session({ runId: 'look', purpose: 'look' }, ({ upkeep }) =>
      upkeep.findKey({ keys: ['gone'] }),
    )
    expect(places.map(({ key }) => key)).toEqual(open)
  })
})
