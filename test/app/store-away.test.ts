/** A control store that is away at the beginning or at the end of a run: what ran is no failure, and its neighbours go on. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runBackfill } from '../../src/app/run-backfill.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSyncs, type RunResult } from '../../src/app/run-syncs.ts'
import type { App } from '../../src/app/app.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import type { RunRecord } from '../../src/model/run.ts'
import { devYaml } from './dev-yaml.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder
let events: EngineEvent[]

beforeEach(() => {
  events = []
  project = makeProjectFolder()
  project.write('connectors/mill/index.ts', connector)
  project.write('millrace.yaml', devYaml('mill: { connector: mill }'))
  project.write('syncs/quick.yaml', 'source: mill\nstreams: { quick: {} }\n')
  project.write('syncs/slow.yaml', 'source: mill\nstreams: { slow: {} }\n')
  project.write('syncs/both.yaml', 'source: mill\nstreams: { quick: {}, slow: {} }\n')
})
afterEach(() => project.remove())

it('leaves a run that is done with its result and its history, and says that its end is not recorded', async () => {
  const result = await awayFor(
    ({ sync, status }) => sync === 'quick' && status === 'ok',
    async (app) => {
      const ended = await runSyncs(app, syncsOf(app, 'quick', 'slow'), defaultRunOptions)
      expect(await historyOf(app)).toEqual(['quick ok', 'slow ok'])
      return ended
    },
  )
  expect(told(result)).toEqual(['quick ok', 'slow ok'])
  expect(result).toMatchObject({ exit_code: 0, errors: [] })
  expect(events).toContainEqual(expect.objectContaining({ type: 'run.warning', message: away }))
})

it('ends the sync that cannot begin, and no other', async () => {
  const result = await awayFor(
    ({ sync, status }) => sync === 'quick' && status === 'running',
    async (app) => {
      const ended = await runSyncs(app, syncsOf(app, 'quick', 'slow'), defaultRunOptions)
      expect(await historyOf(app)).toEqual(['slow ok'])
      return ended
    },
  )
  expect(told(result)).toEqual(['slow ok'])
  expect(result).toMatchObject({ exit_code: 1, errors: [{ code: 'MR-6004' }] })
})

it('ends the partition of a backfill that cannot begin, and lets those beside it come to their end', async () => {
  const result = await awayFor(
    ({ partition, status }) => partition === 'quick whole' && status === 'running',
    (app) => {
      const [both] = syncsOf(app, 'both')
      if (both?.kind !== 'etl') throw new Error('the project has no sync both')
      const options = { streams: [], from: null, to: null, step: { months: 1 }, column: null, again: false, wait: true }
      return runBackfill(app, both, { ...options, parallel: 2 })
    },
  )
  expect(told(result)).toEqual(['both ok'])
  expect(result).toMatchObject({ exit_code: 1, left: 1, errors: [{ code: 'MR-6004' }] })
})

const away = 'control store on Redis at redis:6379: recording a run failed: there is no connection'

function awayFor<T>(isAway: (run: RunRecord) => boolean, work: (app: App) => Promise<T>): Promise<T> {
  return project.inApp(
    (app) =>
      work({
        ...app,
        store: {
          ...app.store,
          async recordRun(run) {
            if (isAway(run)) throw new MillraceError('MR-6004', { message: away })
            await app.store.recordRun(run)
          },
        },
      }),
    { onEvent: (event) => events.push(event) },
  )
}

const syncsOf = (app: App, ...names: readonly string[]) => app.project.syncs.filter(({ name }) => names.includes(name))

const told = ({ runs }: RunResult) => runs.map(({ sync, status }) => `${sync} ${status}`)

const historyOf = async (app: App): Promise<readonly string[]> => {
  const runs = await app.warehouse.session({ runId: 'look', purpose: 'look' }, ({ state }) =>
    state.readRuns({ limit: 9 }),
  )
  return runs.map(({ sync, status }) => `${sync} ${status}`).toSorted()
}

/** `slow` is still at it when `quick` has ended. */
const connector = `import { connector, stream, z } from 'millrace'
import { setTimeout as sleep } from 'node:timers/promises'
const rows = (ms) => stream({
  docs: 'https://mill.example/docs', order: 'none', key: ['id'], columns: { id: 'integer' }, fullEveryMs: 0,
  async *read() {
    yield { kind: 'records', readAt: new Date(), records: [{ id: 1 }] }
    await sleep(ms)
    yield { kind: 'records', readAt: new Date(), records: [{ id: 2 }] }
  },
})
export default connector({
  name: 'mill',
  config: z.strictObject({}),
  http: () => ({ baseUrl: 'http://127.0.0.1:9' }),
  check: async () => undefined,
  streams: { quick: rows(0), slow: rows(300) },
})
`
