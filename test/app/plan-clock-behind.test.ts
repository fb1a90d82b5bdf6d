/** `sync plan` says as the run does that our clock is behind the last commit, whatever made it. */
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { planSyncs } from '../../src/app/plan-syncs.ts'
import { runBackfill } from '../../src/app/run-backfill.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import type { EtlSync } from '../../src/config/project.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { collect } from '../warehouse/workbench.ts'
import { devYaml } from './dev-yaml.ts'
import { makeProjectFolder, type ProjectFolder } from './project-folder.ts'

let project: ProjectFolder

beforeEach(() => {
  project = makeProjectFolder()
  project.write('connectors/toy/index.ts', toyConnector)
  project.write('syncs/crm.yaml', 'source: toy\nstreams: { orders: {} }\n')
  project.write('millrace.yaml', devYaml('toy: { connector: toy }'))
})

afterEach(() => project.remove())

const toyConnector = `
import { connector, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'
export default connector({
  name: 'toy',
  config: z.strictObject({}),
  open: async () => ({
    check: async () => undefined,
    account: async () => 'toy-1',
    now: async () => new Date('2026-11-20T10:00:00Z'),
    streamNames: async () => ['orders'],
    streams: async () => [
      {
        name: 'orders',
        docs: 'https://toy.example/docs',
        key: ['id'],
        order: 'none',
        lagMs: 0,
        overlapMs: 0,
        columns: { id: 'integer' },
        children: [],
        async *read() {
          yield { kind: 'records', records: [{ id: 1 }], readAt: new Date() }
          yield { kind: 'checkpoint', resume: null }
        },
      },
    ],
  }),
})
`

const at = (time: string) => ({ clock: { now: () => new Date(`2026-11-20T${time}:00Z`) } })

const saysBehind = expect.stringMatching(/^orders: by this machine’s clock it is .* before the last commit/)

function syncOf({ project: { syncs } }: App): EtlSync {
  const [sync] = syncs
  return sync?.kind === 'etl' ? sync : expect.unreachable('the project has this sync')
}

const run = async (time: string) => {
  const warnings: string[] = []
  const onEvent = (event: EngineEvent) => {
    if (event.type === 'run.warning') warnings.push(event.message)
  }
  await project.inApp((app) => runSync(app, syncOf(app), defaultRunOptions), { ...at(time), onEvent })
  return warnings
}

const backfill = (time: string) =>
  project.inApp((app) => {
    const request = { streams: [], from: null, to: null, step: { ms: 1e12 }, column: null, again: false }
    return runBackfill(app, syncOf(app), { ...request, parallel: 1, wait: true })
  }, at(time))

const plan = (time: string) => project.inApp((app) => planSyncs(app, app.project.syncs, { offline: true }), at(time))

it('where a part of a backfill made it', async () => {
  await run('10:00')
  await backfill('12:00')
  expect(await plan('11:00')).toMatchObject([{ streams: [{ warnings: [saysBehind] }] }])
  expect(await run('11:00')).toEqual([saysBehind])
})

it('where everything is to be read again', async () => {
  await run('12:00')
  await project.inApp((app) =>
    app.warehouse.session({ runId: 'test', purpose: 'drop' }, (session) =>
      collect(session.query('DROP TABLE crm.orders')),
    ),
  )
  expect(await plan('11:00')).toMatchObject([{ streams: [{ warnings: [saysBehind] }] }])
  expect(await run('11:00')).toEqual([expect.stringMatching(/everything is read again/), saysBehind])
})
