/** The models are built behind the load: where the warehouse is away by then, what was loaded is told and written down all the same. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { runBackfill } from '../../src/app/run-backfill.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import type { EtlSync } from '../../src/config/project.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { devYaml } from './dev-yaml.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder

beforeEach(() => {
  project = makeProjectFolder()
  project.write('millrace.yaml', devYaml('toy: { connector: toy }'))
  project.write('syncs/crm.yaml', 'source: toy\nstreams: { people: {}, broken: {} }\n')
  project.write('connectors/toy/index.ts', connector)
})
afterEach(() => project.remove())

it('a load keeps its ledger, its errors and its history', () =>
  withoutModels(async (app, sync) => {
    const { run, errors } = await runSync(app, sync, defaultRunOptions)
    expect(run).toMatchObject({ status: 'failed', ledger: { read: 2, inserted: 2 } })
    expect(errors).toMatchObject([{ message: expect.stringContaining('it broke') }, { code: 'MR-2002' }])
    const runs = await app.warehouse.session({ runId: 'look', purpose: 'look' }, ({ state }) =>
      state.readRuns({ limit: 5 }),
    )
    expect(runs).toMatchObject([{ run_id: run.run_id }])
  }))

it('so does a backfill, which fails', () =>
  withoutModels(async (app, sync) => {
    const asked = { streams: ['people'], from: null, to: null, step: { months: 1 }, column: null, again: false }
    const result = await runBackfill(app, sync, { ...asked, wait: true, parallel: 1 })
    expect(result).toMatchObject({
      exit_code: 1,
      runs: [{ status: 'ok', ledger: { inserted: 2 } }],
      errors: [{ code: 'MR-2002' }],
    })
  }))

/** No session opens for the models. */
function withoutModels(work: (app: App, sync: EtlSync) => Promise<void>): Promise<void> {
  return project.inApp((app) => {
    const [sync] = app.project.syncs
    if (sync?.kind !== 'etl') throw new Error('the project has this sync')
    const session: App['warehouse']['session'] = (request, use) =>
      request.purpose === 'models'
        ? Promise.reject(new MillraceError('MR-2002', { message: 'The warehouse file is open in duckdb (pid 1).' }))
        : app.warehouse.session(request, use)
    return work({ ...app, warehouse: { ...app.warehouse, session } }, sync)
  })
}

const connector = `import { connector, stream, z } from 'millrace'
const rows = (ids) => stream({
  docs: 'https://toy.example/docs', order: 'none', key: ['id'], columns: { id: 'integer' }, fullEveryMs: 0,
  async *read() {
    if (ids.length === 0) throw new Error('it broke')
    yield { kind: 'records', readAt: new Date(), records: ids.map((id) => ({ id })) }
  },
})
export default connector({
  name: 'toy',
  config: z.strictObject({}),
  http: () => ({ baseUrl: 'http://127.0.0.1:9' }),
  check: async () => undefined,
  streams: { people: rows([1, 2]), broken: rows([]) },
})
`
