import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/model/clock.ts'
import { bullmqExecutor } from '../../src/schedule/bullmq-executor.ts'
import { takeNext } from '../../src/schedule/executor.ts'
import { inProcessExecutor } from '../../src/schedule/in-process-executor.ts'
import { thisProcess } from '../../src/state/process-id.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { aJob, aSlot } from '../state/a-slot.ts'
import { hasRedis, startRedis, type RedisServer } from '../redis-server.ts'
import { executorConformance, gate, openStage, type OpenExecutor } from './executor-conformance.ts'

executorConformance('the executor in the process', async (context) => inProcessExecutor(context))

test('a run that takes its daemon along is begun by three of them where it has one attempt, and it is said that it failed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-executor-'))
  const path = join(folder, 'control.sqlite')
  let nowMs = Date.parse('2026-11-21T02:00:00.000Z')
  const clock = { now: () => new Date(nowMs) }
  const retry = { attempts: 1, initialMs: 30_000, maxMs: 60_000 }
  const problems: string[] = []
  const begun: string[] = []
  for (let daemon = 0; daemon < 8; daemon++) {
    const process = { host: thisProcess().host, pid: 999_999_999, startedAt: `gone ${daemon}` }
    const store = openSqliteStore({ path, clock, process })
    if (daemon === 0) await store.claimSlots([aSlot({ jobs: [aJob('big', { notBefore: clock.now().toISOString() })] })])
    const context = {
      store,
      clock,
      limits: () => ({ maxRunsOf: new Map(), overlapOf: new Map(), retryOf: new Map([['nightly', retry]]) }),
      maxRuns: () => 1,
      work: async () => {},
      onProblem: (message: string) => problems.push(message),
    }
    for (let look = 0; look < 4; look++) {
      const { job } = await takeNext(context, { room: 1, as: 'running' })
      if (job) begun.push(clock.now().toISOString().slice(14, 19))
      if (job) break
      nowMs += 30_000
    }
    const [slot] = await store.slots({})
    if (slot?.endedAt) expect(slot).toMatchObject({ state: 'failed' })
    await store.close()
  }
  rmSync(folder, { recursive: true })
  expect(begun).toEqual(['00:00', '00:30', '01:30'])
  expect(problems).toEqual([
    'big for nightly of 2026-11-21T02:00:00.000Z has failed: its daemon was gone before it ended (attempt 3).',
  ])
})

describe.skipIf(!hasRedis)('with BullMQ on Redis (skipped where redis-server is not installed)', () => {
  let redis: RedisServer
  let count = 0
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())
  beforeEach(() => {
    count++
  })
  const open: OpenExecutor = (context) =>
    bullmqExecutor(context, { url: redis.url, prefix: `{test:${count}}:queue`, lostAfterMs: 100 })

  executorConformance('the executor over BullMQ', open)

  describe('a queue that is not to be trusted', () => {
    let stage: ReturnType<typeof openStage>
    beforeEach(() => {
      stage = openStage(open)
    })
    afterEach(() => stage.close())
    const flush = async () => {
      const client = new Redis(redis.url)
      await client.flushall()
      client.disconnect()
    }

    test('forgets what waits in it (FLUSHALL): it is dispatched again, and begins once', async () => {
      const first = gate()
      const daemon = await stage.daemon({
        maxRuns: 1,
        end: async () => {
          await first.opened
          return { state: 'ok', reason: null }
        },
      })
      await stage.claim('nightly', [{ sync: 'a' }, { sync: 'b' }, { sync: 'c' }])
      while (daemon.working() === 0) await sleep(5)
      await sleep(200)
      await flush()
      first.open()
      await sleep(300)
      expect(stage.begun).toHaveLength(1)
      await daemon.executor.reconcile()
      await stage.untilDone()
      expect(stage.begun.map(({ sync }) => sync).toSorted()).toEqual(['a', 'b', 'c'])
      expect(stage.begun.every(({ attempt }) => attempt === 1)).toBe(true)
    })

    test('is down when a job is dispatched: the job begins once it is back', async () => {
      const daemon = await stage.daemon()
      await redis.kill()
      await stage.claim('nightly', [{ sync: 'a' }])
      await sleep(500)
      expect(stage.begun).toEqual([])
      expect(daemon.problems).toEqual([
        'Redis does not answer. What runs goes on; nothing new begins until it is back.',
      ])
      await redis.restart()
      await sleep(200)
      while (stage.begun.length === 0) {
        await daemon.executor.reconcile().catch(() => undefined)
        await sleep(50)
      }
      await stage.untilDone()
      expect(stage.begun).toEqual([{ sync: 'a', attempt: 1 }])
      expect(daemon.problems.at(-1)).toBe('Redis answers again.')
    })

    test('goes down while a job is worked on: that one ends as it ends', async () => {
      const first = gate()
      const daemon = await stage.daemon({
        end: async () => {
          await first.opened
          return { state: 'ok', reason: null }
        },
      })
      await stage.claim('nightly', [{ sync: 'a' }])
      while (daemon.working() === 0) await sleep(5)
      await redis.restart()
      first.open()
      await stage.untilDone()
      expect(stage.begun).toEqual([{ sync: 'a', attempt: 1 }])
    })

    test('gives a ticket out twice: the second one begins nothing', async () => {
      const daemon = await stage.daemon({ maxRuns: 2 })
      await stage.claim('nightly', [{ sync: 'a' }])
      await stage.untilDone()
      const [job] = (await stage.store.slots({}))[0]?.jobs ?? []
      const { Queue } = await import('bullmq')
      const connection = new Redis(redis.url)
      const queue = new Queue('runs', { connection, prefix: `{test:${count}}:queue` })
      await queue.add('run', { schedule: 'nightly', instant: job?.instant, sync: 'a', token: job?.token })
      while ((await queue.getJobCountByTypes('waiting', 'prioritized', 'active')) > 0) await sleep(10)
      expect(stage.begun).toHaveLength(1)
      expect(daemon.working()).toBe(0)
      await queue.close()
      connection.disconnect()
    })

    test('gives out a ticket as its daemon is closed: that waits for what begins of it', async () => {
      const asked = gate()
      const answered = gate()
      const said: string[] = []
      const { store } = stage
      const executor = await open({
        store: {
          takeJob: (...how) => store.takeJob(...how),
          pauses: () => store.pauses(),
          async beginJob(ticket) {
            asked.open()
            await answered.opened
            return store.beginJob(ticket)
          },
        },
        clock: systemClock,
        limits: () => ({ maxRunsOf: new Map(), overlapOf: new Map(), retryOf: new Map() }),
        maxRuns: () => 1,
        onProblem: (message) => said.push(message),
        async work(job) {
          await sleep(3_500) // longer than a Redis that is gone is waited for
          await store.endJob(job, { state: 'ok', reason: null })
          said.push(`${job.sync} ended`)
        },
      })
      await stage.claim('nightly', [{ sync: 'a' }])
      await executor.dispatch()
      await asked.opened
      const closed = executor.close().then(() => said.push('closed'))
      answered.open()
      await closed
      await stage.untilDone()
      expect(said).toEqual(['a ended', 'closed'])
    })

    test('brings nothing to a daemon that has room for a while: it listens anew', async () => {
      const first = gate()
      let maxRuns = 1
      const problems: string[] = []
      const begun: string[] = []
      const executor = await open({
        store: stage.store,
        clock: systemClock,
        limits: () => ({ maxRunsOf: new Map(), overlapOf: new Map(), retryOf: new Map() }),
        maxRuns: () => maxRuns,
        onProblem: (message) => problems.push(message),
        async work(job) {
          begun.push(job.sync)
          await first.opened
          await stage.store.endJob(job, { state: 'ok', reason: null })
        },
      })
      await stage.claim('nightly', [{ sync: 'a' }, { sync: 'b' }])
      await executor.dispatch()
      while (begun.length === 0) await sleep(5)
      await executor.reconcile()
      await executor.reconcile()
      expect(problems).toEqual([]) // it has no room
      maxRuns = 2 // of which its worker is not told: as deaf as one whose line is dead
      await executor.reconcile()
      expect(problems).toEqual([expect.stringMatching(/^1 jobs wait in Redis .*listening anew/)])
      while (begun.length < 2) await sleep(5)
      first.open()
      await stage.untilDone()
      await executor.close()
      expect(begun).toEqual(['a', 'b'])
    })

    test('holds ids and nothing else', async () => {
      const first = gate()
      const daemon = await stage.daemon({
        maxRuns: 1,
        end: async () => {
          await first.opened
          return { state: 'ok', reason: null }
        },
      })
      await stage.claim('nightly', [{ sync: 'a' }, { sync: 'b' }])
      while (daemon.working() === 0) await sleep(5)
      await sleep(100)
      const { Queue } = await import('bullmq')
      const connection = new Redis(redis.url)
      const queue = new Queue('runs', { connection, prefix: `{test:${count}}:queue` })
      const payloads = (await queue.getJobs(['active', 'prioritized', 'waiting'])).map(({ data }) => data)
      await queue.close()
      connection.disconnect()
      first.open()
      expect(payloads).toHaveLength(2)
      for (const payload of payloads)
        expect(Object.keys(payload).toSorted()).toEqual(['instant', 'schedule', 'sync', 'token'])
      await stage.untilDone()
    })
  })
})
