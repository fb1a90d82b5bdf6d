/** How long a takeover waits, and what a run that lost its lease still begins (promise 5). */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { forgetPerson } from '../../src/app/forget.ts'
import { deliveryLeaseName } from '../../src/app/lease-name.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import { exportSyncState, importSyncState, readStateFile } from '../../src/app/export-state.ts'
import { resetSyncState } from '../../src/app/sync-state.ts'
import type { ReverseSync } from '../../src/config/project.ts'
import type { RunRecord } from '../../src/model/run.ts'
import type { ProjectFolder } from './project-folder.ts'
import { deliver, deliveryOf, makeToyProject, startToyVendor, toySync, type ToyVendor } from './toy-project.ts'

let project: ProjectFolder
let vendor: ToyVendor

beforeAll(async () => {
  vendor = await startToyVendor()
  project = makeToyProject({ objects, url: vendor.url, connections: ['toy', 'renamed'] })
  name('first')
  for (const object of ['slow', 'plain']) project.write(`syncs/${object}.yaml`, toySync({ object }))
})
afterAll(() => {
  project.remove()
  vendor.close()
})
beforeEach(() => {
  vendor.paths = []
  vendor.answer = () => Promise.resolve(200)
})

describe('a takeover', () => {
  it.each([
    ['waits for the longest request that the object may make', 'slow', 90_000],
    ['waits at least half of the lease where requests are short', 'plain', 30_000],
  ])('%s', async (_what, object, graceMs) => {
    await project.inApp(async (app) => {
      const lease = deliveryLeaseName({ destination: 'toy', object }, 'dev')
      const waits: number[] = []
      vendor.answer = async () => {
        const grant = await app.store.acquireLease({ name: lease, runId: 'other', ttlMs: 60_000, graceMs: 0 })
        waits.push(grant.granted ? 0 : grant.retryAfterMs)
        return 200
      }
      expect(await deliver(app, object)).toMatchObject({ status: 'ok' })
      expect(waits[0]).toBeGreaterThan(60_000 + graceMs - 10_000)
      expect(waits[0]).toBeLessThanOrEqual(60_000 + graceMs)
    })
  })
})

describe('a run whose lease cannot be renewed', () => {
  const short = { MILLRACE_LEASE_MS: '2500', MILLRACE_GRACE_MS: '0' }

  it('begins no request once the lease has run out: not the next of the same batch', async () => {
    name('second')
    await cutOff(async (app) => {
      vendor.answer = async () => {
        await sleep(3_000)
        return 200
      }
      expect(await deliver(app, 'plain')).toMatchObject({
        status: 'failed',
        error: {
          code: 'MR-2005',
          message: expect.stringMatching(
            /^the lease the delivery to toy plain on dev is lost: it could not be renewed in time$/,
          ),
        },
        ledger: { delivered: 0, unknown: 3 },
      })
      expect(vendor.paths).toEqual(['/first'])
    })
    // What it may have sent is sent again by the next one.
    vendor.answer = () => Promise.resolve(200)
    const next = await project.inApp((app) => deliver(app, 'plain'))
    expect(next).toMatchObject({ status: 'ok', ledger: { retry: 3, delivered: 3 } })
  })

  it('nor the same one again, though the vendor asked for that', async () => {
    name('third')
    await cutOff(async (app) => {
      vendor.answer = async () => {
        await sleep(3_000)
        return 503
      }
      expect(await deliver(app, 'plain')).toMatchObject({ status: 'failed', error: { code: 'MR-2005' } })
      expect(vendor.paths).toEqual(['/first'])
    })
  })

  it('commits what was answered before, and keeps the rest for the next run', async () => {
    name('fourth')
    await cutOff(async (app) => {
      vendor.answer = async (path) => {
        if (path === '/second') await sleep(3_000)
        return 200
      }
      // Its only batch is over when the lease is.
      expect(await deliver(app, 'plain')).toMatchObject({ ledger: { delivered: 3 } })
      expect(vendor.paths).toEqual(['/first', '/second'])
    })
    expect(await project.inApp((app) => deliver(app, 'plain'))).toMatchObject({
      ledger: { unchanged: 3, delivered: 0 },
    })
  })

  /** An app whose control store takes a lease, and then renews none. */
  async function cutOff(work: (app: App) => Promise<void>): Promise<void> {
    await project.inApp(
      async (app) => {
        const renewLease = () => Promise.reject(new RangeError('cut off'))
        await work({ ...app, store: { ...app.store, renewLease } })
      },
      { env: short },
    )
  }
})

it('a delivery holds its inputs against `freshness` when its turn has come, too', async () => {
  await project.inApp(async (app) => {
    let nowMs = Date.now()
    const loaded = new Date(nowMs).toISOString()
    await app.warehouse.session({ runId: 'load', purpose: 'a load' }, ({ state }) =>
      state.writeRun({ ...load, started_at: loaded, finished_at: loaded }),
    )
    const lease = { name: deliveryLeaseName({ destination: 'toy', object: 'plain' }, 'dev'), runId: 'other' }
    const grant = await app.store.acquireLease({ ...lease, ttlMs: 60_000, graceMs: 0 })
    const emit: App['emit'] = (event) => {
      if (event.type !== 'waiting' || !grant.granted) return
      nowMs += 3_600_000
      void app.store.releaseLease(grant.lease)
    }
    const sync = { ...deliveryOf(app, 'plain'), freshness: { crm: 1_800_000 } }
    const waiting = { ...app, emit, clock: { now: () => new Date(nowMs) } }
    const { run } = await runSync(waiting, sync, { ...defaultRunOptions, firstRun: true })
    expect(run).toMatchObject({ status: 'stopped', error: { code: 'MR-4006' } })
    expect(vendor.paths).toEqual([])
  })
})

describe('a run that is on under the name that its destination had', () => {
  beforeAll(() => project.write('models/crowd.sql', `select 'p' || n as id, 'x' as name from range(9) t(n)\n`))
  beforeEach(() => to('toy'))

  it('keeps what it has learnt from a run under the new name, and goes on', async () => {
    const before = await project.inApp((app) => meanwhile(app, 'crowd', () => Promise.resolve()))
    expect(before).toMatchObject({ status: 'ok', ledger: { delivered: 9 } })
    project.write('models/crowd.sql', `select 'p' || n as id, 'y' as name from range(9) t(n)\n`)
    const ran = await project.inApp((app) =>
      meanwhile(app, 'crowd', async () => {
        to('renamed')
        const other = await project.inApp((next) => deliver(next, 'crowd'))
        expect(other).toMatchObject({ status: 'stopped', error: { code: 'MR-4004' } })
      }),
    )
    expect(ran).toMatchObject({ status: 'ok', ledger: { changed: 9, delivered: 9 } })
  })

  it.each<[string, (app: App, sync: ReverseSync) => Promise<unknown>]>([
    ['reset', (app, sync) => resetSyncState(app, sync, { stream: null, reason: 'a test' })],
    [
      'taken out',
      (app, sync) => exportSyncState(app, sync, { file: project.path('out.ndjson'), write: nowhere, reason: 'a test' }),
    ],
    [
      'replaced',
      async (app, sync) => {
        const file = project.path('before.ndjson')
        const state = await readStateFile({ ...sync, destination: 'toy' }, file)
        return importSyncState(app, sync, { file, reason: 'a test', state })
      },
    ],
    ['rid of a person', (app, sync) => forgetPerson(app, { key: 'p1', sync: sync.name, dropUnsent: true }, 'a test')],
  ])('does not see its state %s', async (what, touch) => {
    const sync = `crowd_${what.replaceAll(' ', '_')}`
    to('toy', sync)
    if (what === 'replaced')
      await project.inApp(async (app) => {
        await deliver(app, sync)
        const file = project.path('before.ndjson')
        await exportSyncState(app, deliveryOf(app, sync), { file, write: nowhere, reason: 'a test' })
      })
    project.write('models/crowd.sql', `select 'p' || n as id, '${what}' as name from range(9) t(n)\n`)
    const ran = await project.inApp((app) =>
      meanwhile(app, sync, async () => {
        to('renamed', sync)
        const refused = project.inApp((next) => touch(next, deliveryOf(next, sync)))
        await expect(refused).rejects.toMatchObject({ code: 'MR-4001' })
      }),
    )
    expect(ran).toMatchObject({ status: 'ok', ledger: { delivered: 9 } })
  })

  /** Of three batches, the second waits for the work. */
  async function meanwhile(app: App, sync: string, work: () => Promise<void>) {
    let working: Promise<void> | undefined
    vendor.answer = async () => {
      if (vendor.paths.length >= 3) await Promise.allSettled([(working ??= work())])
      return 200
    }
    const ran = await deliver(app, sync)
    await working
    return ran
  }

  const to = (destination: string, sync = 'crowd') =>
    project.write(`syncs/${sync}.yaml`, toySync({ model: 'crowd', destination, object: 'plain' }))
  const nowhere = () => Promise.resolve()
})

const load: Omit<RunRecord, 'started_at' | 'finished_at'> = {
  run_id: 'load',
  sync: 'crm',
  kind: 'etl',
  status: 'ok',
  slot: null,
  trigger: 'cli',
  ledger: null,
  requests: 1,
  seconds: 1,
  commit: null,
  target: 'dev',
}

/** Everybody in the model is called so. */
const name = (text: string) =>
  project.write('models/people.sql', `select 'p' || n as id, '${text}' as name from range(3) t(n)\n`)

const write = `async write(changes, { http, signal }) {
  for (const path of ['/first', '/second']) await http.post(path, {}, { signal })
  return changes.map(() => ({ outcome: 'ok' }))
}`
const objects = `slow: toyObject({ ${write}, timeoutMs: 90000 }), plain: toyObject({ ${write} })`
