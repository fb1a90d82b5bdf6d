/** The cursors of a load go back in: what was refused before is known still, since no later run reads it again. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { exportSyncState, importSyncState, readStateFile } from '../../src/app/export-state.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder

beforeEach(() => {
  project = makeProjectFolder()
  project.write(
    'millrace.yaml',
    `project: toys
default_target: dev
targets: { dev: { warehouse: { type: duckdb, path: dev.duckdb } } }
connections: { toy: { connector: toy } }
`,
  )
  project.write('syncs/crm.yaml', 'source: toy\nstreams: { people: {} }\n')
  project.write('connectors/toy/index.ts', connector)
})
afterEach(() => project.remove())

it('an import of what was just exported leaves the open rejects of an ETL sync', async () => {
  expect((await project.runCrm()).run).toMatchObject({ ledger: { inserted: 2, rejected: 1 } })
  const before = await openRejects()
  expect(before).toMatchObject([{ stream: 'people', state: 'open' }])
  await project.inApp(async (app) => {
    const [sync] = app.project.syncs
    if (!sync) throw new Error('the project has a sync')
    const file = project.path('crm.ndjson')
    await exportSyncState(app, sync, { file, write: () => Promise.resolve(), reason: 'a test' })
    const state = await readStateFile(sync, file)
    await importSyncState(app, sync, { file, reason: 'a test', state })
  })
  // The refused row is behind the watermark: it does not come again.
  expect((await project.runCrm()).run).toMatchObject({ ledger: { read: 0 } })
  expect(await openRejects()).toEqual(before)
})

const openRejects = () =>
  project.inApp((app) =>
    app.warehouse.session({ runId: 'look', purpose: 'look' }, ({ state }) =>
      state.readRejects({ sync: 'crm', limit: 9 }),
    ),
  )

const connector = `import { connector, stream, z } from 'millrace'
export default connector({
  name: 'toy',
  config: z.strictObject({}),
  streams: {
    people: stream({
      docs: 'https://toy.example/docs', order: 'none', key: ['id'], columns: { id: 'integer', score: 'integer' },
      async *read(scan) {
        if (scan.from !== null) return
        yield { kind: 'records', readAt: new Date(), records: [{ id: 1, score: 1 }, { id: 2, score: 'many' }, { id: 3, score: 3 }] }
      },
    }),
  },
})
`
