import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { endForSure } from '../../src/app/end-for-sure.ts'
import { openControlStore, redisVariable } from '../../src/app/open-control-store.ts'
import { openExecutor } from '../../src/app/open-executor.ts'
import { rememberSlots } from '../../src/app/remember-slots.ts'
import { runDaemon, type DaemonEvent } from '../../src/app/run-daemon.ts'
import type { ControlStore } from '../../src/state/port.ts'
import { openRedisStore } from '../../src/state/redis/redis-store.ts'
import { hasRedis, type RedisServer, startRedis } from '../redis-server.ts'
import { aJob, aSlot } from '../state/a-slot.ts'
import { makeProjectFolder } from './project-folder.ts'

const project =
  'project: remembered\ntargets: { sandbox: { sandbox: true, warehouse: { type: duckdb, path: a.duckdb } } }\n'

describe.skipIf(!hasRedis)('a Redis that was emptied (skipped where redis-server is not installed)', () => {
  let server: RedisServer
  beforeEach(async () => {
    server = await startRedis()
  })
  afterEach(() => server.stop())

  it('is told of no slot that a clock ahead called missed and that is still to come', async () => {
    const hourMs = 3_600_000
    const at = (hours: number) => new Date(Date.now() + hours * hourMs)
    const instants = [-1, 1].map((hours) => at(hours).toISOString())
    await inApp(server, async (app) => {
      const remember = (hours: number) => rememberSlots({ ...app, clock: { now: () => at(hours) } }, () => undefined)
      const ahead = await remember(36)
      await app.store.knowSchedules(['nightly'])
      await app.store.claimSlots(instants.map((instant) => aSlot({ instant, state: 'missed', jobs: [] })))
      await untilSettled(app, ahead)
      await ahead.save()

      await empty(server)
      await untilSettled(app, await remember(0))
      expect((await app.store.slots({})).map(({ instant }) => instant)).toEqual(instants.slice(0, 1))
    })
  }, 30_000)

  it('is worked with at once where its clock was hours ahead as it was first used, and is right since', async () => {
    await inApp(server, async (app) => {
      let aheadMs = 2 * 3_600_000
      const clock = { now: () => new Date(Date.now() + aheadMs) }
      const store = await openRedisStore({ url: server.url, project: 'ahead', target: app.target.name, clock })
      await store.knowSchedules(['nightly'])
      aheadMs = 0
      await untilSettled({ ...app, store }, await rememberSlots({ ...app, store }, () => undefined))
      expect(await store.claimSlots([aSlot()])).toEqual([true])
      await store.close()
    })
  }, 30_000)

  it('takes the end of a run that ended before it was told anything, as soon as it is', async () => {
    await inApp(server, async (app) => {
      const keeper = await rememberSlots(app, () => undefined)
      await app.store.claimSlots([aSlot()])
      const job = await takeFirst(app.store)
      if (!job) return expect.unreachable()
      await untilSettled(app, keeper)
      await empty(server)
      const end = () => app.store.endJob(job, { state: 'failed', reason: 'for good' })
      await expect(end()).rejects.toMatchObject({ code: 'MR-6004', message: expect.stringContaining('it was emptied') })
      await untilSettled(app, keeper)
      expect(await end()).toBe(true)
      expect(await app.store.slots({})).toMatchObject([{ state: 'failed', jobs: [{ reason: 'for good' }] }])
    })
  }, 30_000)

  it('is told of what had changed two seconds before its daemon was killed, though nothing changed since', async () => {
    await inApp(server, async (app) => {
      const keeper = await rememberSlots(app, () => undefined)
      await untilSettled(app, keeper)
      await app.store.claimSlots([aSlot()])
      await untilSettled(app, keeper)
      const kept = async () => {
        await keeper.look(await app.store.revision())
        return readFileSync(join(app.project.home, '.millrace', 'slots-sandbox.json'), 'utf8')
      }
      await expect.poll(kept, { timeout: 4_000 }).toContain('nightly')
    })
  }, 30_000)

  it('is told by a daemon that is stopped before it has looked again', async () => {
    await inApp(server, async (app) => {
      await app.store.claimSlots([aSlot()])
      const { daemon, stopping, endRun, ended } = await aDaemonThatRuns(app)
      endRun()
      await expect.poll(() => ended, { timeout: 10_000 }).toHaveLength(1)
      await empty(server)
      stopping.abort()
      await daemon
      expect(await app.store.slots({})).toMatchObject([{ state: 'failed' }]) // it did not say how it went
    })
  }, 60_000)

  it('hears within seconds of a daemon that waits for its runs to end that they are on', async () => {
    await inApp(server, async (app) => {
      await app.store.claimSlots([aSlot()])
      const { daemon, stopping, endRun } = await aDaemonThatRuns(app)
      stopping.abort()
      await empty(server)
      const told = async () => (await app.store.slots({})).flatMap(({ jobs }) => jobs.map(({ alive }) => alive))
      await expect.poll(told, { timeout: 10_000 }).toEqual([true])
      endRun()
      await daemon
    })
  }, 60_000)

  it('is worked with while what it holds cannot be written down, which is said once, and tried again without a change', async () => {
    await inApp(server, async (app) => {
      const said: string[] = []
      const keeper = await rememberSlots(app, (message) => said.push(message))
      await untilSettled(app, keeper)
      const file = join(app.project.home, '.millrace', 'slots-sandbox.json')
      rmSync(file, { force: true })
      mkdirSync(join(file, 'in-its-place'), { recursive: true })
      await app.store.claimSlots([aSlot()])
      const look = async () => keeper.look(await app.store.revision())
      expect(await look()).toBe(true)
      await expect.poll(async () => (await look()) && said.length, { timeout: 5_000 }).toBe(1)
      await sleep(1_200)
      expect(await look()).toBe(true)
      expect(said).toEqual([expect.stringMatching(/^writing down what Redis holds failed: E.*works on/)])
      rmSync(file, { recursive: true })
      const kept = async () => (await look()) && existsSync(file) && readFileSync(file, 'utf8')
      await expect.poll(kept, { timeout: 5_000 }).toContain('nightly')
    })
  }, 30_000)

  it('takes the end of a run from a daemon that is on its way out by then', async () => {
    await inApp(server, async (app) => {
      await app.store.claimSlots([aSlot()])
      const { daemon, stopping, endRun, ended } = await aDaemonThatRuns(app)
      stopping.abort()
      await empty(server)
      endRun()
      await daemon
      expect(ended).toMatchObject([{ state: 'failed' }]) // it did not say how it went
      expect(await app.store.slots({})).toMatchObject([{ state: 'failed' }])
    })
  }, 60_000)
})

describe.skipIf(!hasRedis)(
  'a Redis that comes back as it was some time ago (skipped where redis-server is not installed)',
  () => {
    let server: RedisServer
    beforeEach(async () => {
      server = await startRedis()
    })
    afterEach(() => server.stop())

    const instant = '2026-11-21T02:00:00.000Z'
    const said: string[] = []
    const remember = (app: App) => rememberSlots(app, (message) => said.push(message))
    const saveSnapshot = async () => {
      const redis = new Redis(server.url)
      await redis.save()
      redis.disconnect()
    }
    const runSlot = async (store: ControlStore) => {
      await store.claimSlots([aSlot({ instant })])
      const job = await takeFirst(store)
      if (!job) return expect.unreachable()
      await store.endJob(job, { state: 'ok', reason: null })
    }
    const runAndPauseBehindSnapshot = async (app: App) => {
      const keeper = await remember(app)
      await app.store.knowSchedules(['nightly', 'harmful'])
      await untilSettled(app, keeper)
      await saveSnapshot()
      await runSlot(app.store)
      await app.store.pauseSchedule('harmful', pause)
      await untilSettled(app, keeper)
      return keeper
    }
    beforeEach(() => void (said.length = 0))
    const toldOf = async ({ store }: Pick<App, 'store'>) => ({
      paused: [...(await store.pauses()).keys()],
      claimed: await store.claimSlots([aSlot({ instant })]),
      said,
    })
    const all = {
      paused: ['harmful'],
      claimed: [false],
      said: ['Redis came back as it was some time ago: telling it again of 2 schedules and 1 slots.'],
    }

    it('is told of pauses and of slots that ran since, and that is said once', async () => {
      await inApp(server, async (app) => {
        const keeper = await runAndPauseBehindSnapshot(app)
        await server.restart()
        expect(await keeper.look(await app.store.revision())).toBe(false) // others tell, too
        await untilSettled(app, keeper)
        expect(await toldOf(app)).toEqual(all)
      })
    }, 30_000)

    it('is told, though a write that waited for it has brought it as far as it had been', async () => {
      await inApp(server, async (app) => {
        const keeper = await remember(app)
        await app.store.knowSchedules(['nightly', 'harmful'])
        await runSlot(app.store)
        await app.store.claimSlots([aSlot({ schedule: 'other' })])
        const job = await takeFirst(app.store)
        if (!job) return expect.unreachable()
        await untilSettled(app, keeper)
        await saveSnapshot()
        await app.store.pauseSchedule('harmful', pause)
        await untilSettled(app, keeper)
        const before = await app.store.revision()
        await server.restart()
        await app.store.endJob(job, { state: 'ok', reason: null })
        expect(await app.store.revision()).toBe(before)
        expect(await keeper.look(before)).toBe(false)
        await untilSettled(app, keeper)
        expect([...(await app.store.pauses()).keys()]).toEqual(['harmful'])
        expect(said).toHaveLength(1)
      })
    }, 30_000)

    it('is told again where it goes back a second time, before anybody has looked', async () => {
      await inApp(server, async (app) => {
        const keeper = await runAndPauseBehindSnapshot(app)
        await server.restart()
        expect(await keeper.look(await app.store.revision())).toBe(false)
        await server.restart()
        await untilSettled(app, keeper)
        expect(await toldOf(app)).toEqual({ ...all, said: [...all.said, ...all.said] })
      })
    }, 30_000)

    it('is told where it goes back in the middle of a look', async () => {
      await inApp(server, async (app) => {
        const keeper = await runAndPauseBehindSnapshot(app)
        await app.store.knowSchedules(['another'])
        const revision = await app.store.revision()
        await server.restart()
        expect(await keeper.look(revision)).toBe(false)
        await untilSettled(app, keeper)
        expect(await toldOf(app)).toEqual(all)
      })
    }, 30_000)

    it('is told by a daemon that was not there meanwhile, from what it has written down', async () => {
      await inApp(server, async (app) => {
        const keeper = await runAndPauseBehindSnapshot(app)
        await keeper.save()
        await server.restart()
        const other = await openControlStore({ ...app, target: app.target.name, redisUrl: server.url, env: {} })
        try {
          await untilSettled({ ...app, store: other }, await remember({ ...app, store: other }))
          expect(await toldOf({ store: other })).toEqual(all)
        } finally {
          await other.close()
        }
      })
    }, 30_000)

    it('takes the end of a run that ended while it was away, though it came back as it was before that began', async () => {
      await inApp(server, async (app) => {
        const keeper = await remember(app)
        await app.store.knowSchedules(['nightly'])
        await untilSettled(app, keeper)
        await saveSnapshot()
        await app.store.claimSlots([aSlot()])
        const job = await takeFirst(app.store)
        if (!job) return expect.unreachable()
        await untilSettled(app, keeper)
        await server.kill()
        const options = { stopping: new AbortController().signal, onProblem: (problem: string) => said.push(problem) }
        const end = { state: 'failed', reason: 'for good' } as const
        const written = endForSure(app, { job, runId: null, end }, options)
        await server.restart()
        await untilSettled(app, keeper)
        expect(await written).toBe(end)
        expect(await app.store.slots({})).toMatchObject([{ state: 'failed', jobs: [{ reason: 'for good' }] }])
      })
    }, 30_000)

    it('takes the end of a run from a daemon that is on its way out by then', async () => {
      await inApp(server, async (app) => {
        await app.store.knowSchedules(['nightly'])
        await saveSnapshot()
        await app.store.claimSlots([aSlot()])
        const { daemon, stopping, endRun, ended } = await aDaemonThatRuns(app)
        stopping.abort()
        await server.restart()
        endRun()
        await daemon
        expect(ended).toMatchObject([{ state: 'failed' }]) // it did not say how it went
        expect(await app.store.slots({})).toMatchObject([{ state: 'failed' }])
      })
    }, 60_000)

    /** One job ran while the other waited in the queue, which is as far as the snapshot goes; both have ended since. */
    const runQueueBehindSnapshot = async (app: App) => {
      const begun: string[] = []
      const letGo = new AbortController()
      const keeper = await remember(app)
      const executor = await openExecutor(app, {
        limits: () => ({ maxRunsOf: new Map(), overlapOf: new Map(), retryOf: new Map() }),
        maxRuns: () => 1,
        onProblem: (problem) => void said.push(problem),
        async work(job) {
          begun.push(job.sync)
          if (begun.length === 1) await once(letGo.signal, 'abort')
          await app.store.endJob(job, { state: 'ok', reason: null })
        },
      })
      await untilSettled(app, keeper)
      await app.store.claimSlots([aSlot({ jobs: [aJob('first', { priority: 1 }), aJob('second')] })])
      await executor.dispatch()
      await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['first'])
      await saveSnapshot()
      letGo.abort()
      await expect.poll(async () => (await app.store.slots({}))[0]?.state, { timeout: 10_000 }).toBe('ok')
      await untilSettled(app, keeper)
      return { keeper, executor, begun }
    }

    it('begins no job again that waited in its queue then and has ended since', async () => {
      await inApp(server, async (app) => {
        const { keeper, executor, begun } = await runQueueBehindSnapshot(app)
        await server.restart()
        await sleep(queueTellsMs) // before the first look
        await untilSettled(app, keeper)
        await executor.reconcile()
        await executor.dispatch()
        await sleep(queueTellsMs)
        await executor.close()
        expect(begun).toEqual(['first', 'second'])
        expect(await app.store.slots({})).toMatchObject([{ state: 'ok' }])
      })
    }, 40_000)

    it('begins none of those in a daemon that was not there meanwhile either', async () => {
      await inApp(server, async (app) => {
        const { keeper, executor } = await runQueueBehindSnapshot(app)
        await executor.close()
        await keeper.save()
        await server.restart()
        const store = await openControlStore({ ...app, target: app.target.name, redisUrl: server.url, env: {} })
        const stopping = new AbortController()
        const events: DaemonEvent[] = []
        await runDaemon(
          { ...app, store },
          {
            launcher: join(app.project.home, 'nothing.mjs'),
            follower: { project: () => app.project, look: async () => 'same' },
            stopping: stopping.signal,
            onEvent(event) {
              events.push(event)
              if (event.type === 'daemon.ready') setTimeout(() => stopping.abort(), queueTellsMs)
            },
          },
        )
        expect(events.map(({ type }) => type)).toEqual(['daemon.problem', 'daemon.ready'])
        expect(await store.slots({})).toMatchObject([{ state: 'ok' }])
        await store.close()
      })
    }, 40_000)
  },
)

/** Longer than BullMQ takes to come back and to hand on what waits. */
const queueTellsMs = 3_000
const pause = { at: '2026-11-21T09:00:00.000Z', by: 'ann' }

const takeFirst = (store: ControlStore) =>
  store.takeJob(
    (open) => ({ take: open.find(({ state }) => state === 'queued') ?? null, skip: [], again: [] }),
    'running',
  )

async function inApp({ url }: RedisServer, work: (app: App) => Promise<void>): Promise<void> {
  const folder = makeProjectFolder()
  folder.write('millrace.yaml', project)
  await folder.inApp(work, { env: { [redisVariable]: url } })
  folder.remove()
}

/** It knows that the job of the one slot runs, which ends, without a word, when it is told to. */
async function aDaemonThatRuns(app: App) {
  const { home } = app.project
  const [launcher, over] = [join(home, 'launcher.mjs'), join(home, 'over')]
  writeFileSync(
    launcher,
    `import { existsSync } from 'node:fs'
     setInterval(() => existsSync(${JSON.stringify(over)}) && process.exit(0), 50)`,
  )
  const stopping = new AbortController()
  const ended: unknown[] = []
  const daemon = runDaemon(app, {
    launcher,
    follower: { project: () => app.project, look: async () => 'same' },
    stopping: stopping.signal,
    onEvent: (event) => event.type === 'job.ended' && ended.push(event.end),
  })
  const kept = () => readFileSync(join(home, '.millrace', 'slots-sandbox.json'), 'utf8')
  await expect.poll(kept, { timeout: 10_000 }).toContain('"state":"running"')
  return { daemon, stopping, ended, endRun: () => writeFileSync(over, '') }
}

const untilSettled = ({ store }: App, keeper: Awaited<ReturnType<typeof rememberSlots>>) =>
  expect.poll(async () => keeper.look(await store.revision()), { timeout: 10_000, interval: 100 }).toBe(true)

async function empty({ url }: RedisServer): Promise<void> {
  const redis = new Redis(url)
  await redis.flushall()
  redis.disconnect()
}
