import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EngineEvent } from '../../src/model/event.ts'
import type { ControlStore } from '../../src/state/port.ts'
import { thisProcess } from '../../src/state/process-id.ts'
import { openRedisStore, type RedisStoreOptions } from '../../src/state/redis/redis-store.ts'
import type { Job, JobChoice } from '../../src/state/slot-store.ts'
import { hasRedis, type RedisServer, startRedis } from '../redis-server.ts'
import { aRun } from './a-run.ts'
import { aJob, aSlot } from './a-slot.ts'
import { type LossyProxy, startLossyProxy } from './redis-lossy-proxy.ts'

const first = (open: readonly Job[]): JobChoice => ({
  take: open.find(({ state }) => state === 'queued') ?? null,
  skip: [],
  again: [],
})
const nothing: JobChoice = { take: null, skip: [], again: [] }
const lease = (runId: string) => ({ name: 'customerio/person', runId, ttlMs: 60_000, graceMs: 1_000 })
const ticket = { resource: 'warehouse', runId: 'run-1', purpose: 'commit' }
const warning = (message: string): EngineEvent => ({ type: 'run.warning', run_id: 'run-1', message })

describe.skipIf(!hasRedis)('Redis goes away (skipped where redis-server is not installed)', () => {
  let server: RedisServer
  let stores: ControlStore[]
  const open = async (more: Partial<RedisStoreOptions> = {}) => {
    const store = await openRedisStore({ url: server.url, project: 'p', target: 't', ...more })
    stores.push(store)
    return store
  }
  const emptied = async () => {
    const redis = new Redis(server.url)
    await redis.flushall()
    redis.disconnect()
  }
  beforeEach(async () => {
    server = await startRedis({ keeps: true })
    stores = []
  })
  afterEach(async () => {
    for (const store of stores) await store.close()
    await server.stop()
  })

  test('what is asked for meanwhile waits, and is done when it is back; it is said once each way', async () => {
    const problems: string[] = []
    const store = await open({ onProblem: (message) => problems.push(message) })
    await server.kill()
    const asked = Promise.all([
      store.acquireLease(lease('run-1')),
      store.claimSlots([aSlot()]),
      store.takeTicket(ticket),
    ])
    await sleep(500)
    await server.restart()
    const [grant, claimed] = await asked
    expect(grant).toMatchObject({ granted: true })
    expect(claimed).toEqual([true])
    expect(problems).toEqual([
      `Redis at 127.0.0.1:${server.port} is away; trying again.`,
      `Redis at 127.0.0.1:${server.port} answers again.`,
    ])
  })

  test('patience runs out, with what was being done, where, and what was kept', async () => {
    const store = await open({ patienceMs: 600 })
    await server.kill()
    const began = performance.now()
    await expect(store.acquireLease(lease('run-1'))).rejects.toMatchObject({
      code: 'MR-6004',
      message: expect.stringMatching(/127\.0\.0\.1:\d+: taking the lease customerio\/person failed: .*ECONNREFUSED/),
      kept: expect.stringContaining('untouched'),
    })
    expect(performance.now() - began).toBeGreaterThanOrEqual(590)
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  test('the wait that is told is the whole, not that of the last attempt', async () => {
    const store = await open({ patienceMs: 6_000 })
    server.freeze()
    const error = await store.acquireLease(lease('run-1')).catch(String)
    server.thaw()
    expect(error).toMatch(/ failed: .* \(waited [67]\.\d s\)/)
  }, 20_000)

  test('whether a lease is held is never guessed: no answer within three seconds is an error', async () => {
    const store = await open()
    const grant = await store.acquireLease(lease('run-1'))
    if (!grant.granted) return expect.unreachable()
    server.freeze()
    const began = performance.now()
    await expect(store.holdsLease(grant.lease)).rejects.toMatchObject({ code: 'MR-6004' })
    expect(performance.now() - began).toBeLessThan(4_000)
    server.thaw()
    expect(await store.holdsLease(grant.lease)).toBe(true)
  })

  test('one that is frozen is left, and found again when it goes on', async () => {
    const store = await open()
    server.freeze()
    const asked = store.claimSlots([aSlot()])
    await sleep(7_000) // longer than a connection is waited for
    server.thaw()
    expect(await asked).toEqual([true])
    expect(await store.slots({})).toHaveLength(1)
  })

  test('all events of one outage wait for it together, and closing does not hang', async () => {
    const store = await open()
    await server.kill()
    const began = performance.now()
    for (let n = 0; n < 20; n++)
      await expect(store.recordEvent('run-1', warning(`w${n}`))).rejects.toMatchObject({ code: 'MR-6004' })
    expect(performance.now() - began).toBeLessThan(9_000)
    await store.close()
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('killed again and again in the middle of claims by two daemons: each slot is claimed once', async () => {
    const problems: string[] = []
    const onProblem = (message: string) => problems.push(message)
    const [one, two] = [await open({ onProblem }), await open()]
    const instants = Array.from({ length: 400 }, (_, n) => new Date(Date.UTC(2026, 0, 1, n)).toISOString())
    let asked = 0
    const claimAll = async (store: ControlStore) => {
      const won: string[] = []
      for (const instant of instants) {
        if ((await store.claimSlots([aSlot({ instant })]))[0]) won.push(instant)
        if (store === one) asked++
      }
      return won
    }
    // Whoever has claimed since the last time is connected, and so is struck by this one.
    const trouble = (async () => {
      for (const after of [50, 130, 210, 290]) {
        while (asked < after) await sleep(1)
        await server.restart()
      }
    })()
    const won = (await Promise.all([claimAll(one), claimAll(two)])).flat()
    await trouble
    expect(won.sort()).toEqual(instants)
    expect(problems.filter((problem) => problem.includes('away'))).toHaveLength(4)
  })

  test('after a long outage nobody is taken for dead who could not say that he lives', async () => {
    const process = { host: 'elsewhere', pid: 7, startedAt: 'x' }
    const [far, near] = [await open({ process, silentMs: 1_000 }), await open({ silentMs: 1_000 })]
    await far.claimSlots([aSlot()])
    await far.takeJob(first, 'running')
    const isAlive = async () => (await near.slots({}))[0]?.jobs[0]?.alive
    await server.kill()
    await sleep(1_200)
    await server.restart()
    expect(await isAlive()).toBe(true)
    await sleep(1_100) // now it could have said so
    expect(await isAlive()).toBe(false)
    await far.beat()
    expect(await isAlive()).toBe(true)
  })

  test('what is given back while Redis is away does not fail, and is given back when it answers', async () => {
    const problems: string[] = []
    const store = await open({ patienceMs: 300, onProblem: (message) => problems.push(message) })
    const grant = await store.acquireLease(lease('run-1'))
    const mine = await store.takeTicket(ticket)
    if (!grant.granted) return expect.unreachable()
    await server.kill()
    await Promise.all([store.releaseLease(grant.lease), store.returnTicket(mine)])
    expect(problems.filter((problem) => problem.includes('given back as soon as Redis takes it'))).toHaveLength(2)
    await server.restart()
    const other = await open()
    const next = await other.takeTicket({ ...ticket, runId: 'run-2' })
    while ((await other.ticketBefore(next)) !== null) await sleep(20)
    expect(await other.acquireLease(lease('run-2'))).toMatchObject({ granted: true, from: null })
  })

  test('what is given back while Redis cannot write to its disk holds up nobody here, and follows when it can', async () => {
    const problems: string[] = []
    const store = await open({ onProblem: (message) => problems.push(message) })
    const other = await open()
    const grant = await store.acquireLease(lease('run-1'))
    const mine = await store.takeTicket(ticket)
    const next = await store.takeTicket({ ...ticket, runId: 'run-2' })
    if (!grant.granted) return expect.unreachable()
    const redis = new Redis(server.url)
    await fillDiskOf(redis)
    await Promise.all([store.releaseLease(grant.lease), store.returnTicket(mine)])
    expect(problems.filter((problem) => /MISCONF.* given back as soon as Redis takes it/.test(problem))).toHaveLength(2)
    expect(await store.ticketBefore(next)).toBeNull()
    expect(await other.ticketBefore(next)).toMatchObject({ runId: 'run-1' })
    await redis.config('SET', 'save', '') // with it, it would neither write nor end
    redis.disconnect()
    await expect.poll(() => other.ticketBefore(next), { timeout: 5_000 }).toBeNull()
    await expect
      .poll(() => other.acquireLease(lease('run-2')), { timeout: 5_000 })
      .toMatchObject({ granted: true, from: null })
    expect(problems).toHaveLength(2)
  })

  test('emptied: leases and tickets are lost, and whoever had them hears it', async () => {
    const store = await open()
    const grant = await store.acquireLease(lease('run-1'))
    const mine = await store.takeTicket(ticket)
    await store.claimSlots([aSlot()])
    const job = await store.takeJob(first, 'running')
    if (!grant.granted || !job) return expect.unreachable()
    const before = await store.revision()
    await emptied()
    expect(await store.holdsLease(grant.lease)).toBe(false)
    expect(await store.renewLease(grant.lease)).toBe(false)
    await expect(store.ticketBefore(mine)).rejects.toMatchObject({ code: 'MR-6003' })
    // The daemon that tells it what it knows may know of the job, too.
    await expect(store.endJob(job, { state: 'ok', reason: null })).rejects.toMatchObject({ code: 'MR-6004' })
    await store.memory?.restore({ schedules: new Map(), slots: [] })
    expect(await store.endJob(job, { state: 'ok', reason: null })).toBe(true) // this store knows it itself
    expect(await store.revision()).not.toBe(before)
    // Nothing that is handed out anew looks like what was handed out before.
    const other = await store.takeTicket({ ...ticket, runId: 'run-2' })
    expect(other.id).toBeGreaterThan(mine.id)
    await expect(store.ticketBefore(mine)).rejects.toMatchObject({ code: 'MR-6003' })
    await store.claimSlots([aSlot({ schedule: 'other' })])
    const later = await store.takeJob(first, 'running')
    expect(later?.token).toBeGreaterThan(job.token)
    expect(await store.endJob(job, { state: 'ok', reason: null })).toBe(false)
    const next = await store.acquireLease(lease('run-1'))
    if (next.granted) expect(next.lease.token).toBeGreaterThan(grant.lease.token)
    expect(await store.holdsLease(grant.lease)).toBe(false)
  })

  test('emptied: what comes by the clock waits until it is told; what somebody triggers does not', async () => {
    const store = await open()
    await store.claimSlots([aSlot()])
    expect(await store.slots({})).toHaveLength(1)
    await emptied()
    const byHand = aSlot({ instant: '2026-11-21T09:00:00.000Z', trigger: 'hand' })
    expect(await store.claimSlots([aSlot(), byHand])).toEqual([false, true])
    expect(await store.takeJob(first, 'running')).toBeNull()
    expect(await (await open()).takeJob(first, 'running')).toMatchObject({ instant: byHand.instant })
  })

  test.runIf(process.platform === 'linux')(
    'a machine of the same name, but of another boot, lives as others do (on Linux, which tells boots apart)',
    async () => {
      const twin = { host: thisProcess().host, pid: 7, startedAt: '11111111-2222-3333-4444-555555555555/4711' }
      const far = await open({ process: twin })
      const near = await open()
      expect(await far.acquireLease(lease('run-1'))).toMatchObject({ granted: true })
      const theirs = await far.takeTicket(ticket)
      await far.recordRun(aRun('run-1'))
      await far.claimSlots([aSlot()])
      await far.takeJob(first, 'running')
      expect(await near.acquireLease(lease('run-2'))).toMatchObject({ granted: false, holder: { process: twin } })
      expect(await near.ticketBefore(await near.takeTicket(ticket))).toMatchObject({ process: twin })
      expect(await far.ticketBefore(theirs)).toBeNull()
      expect(await near.run('run-1')).toMatchObject({ alive: true })
      expect((await near.slots({}))[0]?.jobs).toMatchObject([{ state: 'running', alive: true }])
    },
  )

  test('a run of another machine is alive while its process gives signs of life', async () => {
    const far = await open({ process: { host: 'elsewhere', pid: 7, startedAt: 'x' } })
    const near = await open()
    await far.recordRun(aRun('run-1'))
    expect(await near.run('run-1')).toMatchObject({ alive: true, process: { host: 'elsewhere' } })
    const redis = new Redis(server.url)
    expect(await redis.pttl('{millrace:p}:process/elsewhere/7/x')).toBeGreaterThan(20_000)
    await far.close()
    await redis.del('{millrace:p}:process/elsewhere/7/x') // as when a minute passes
    redis.disconnect()
    expect(await near.run('run-1')).toMatchObject({ alive: false, status: 'running' })
  })
})

/** It refuses to write from then on, and answers whatever else it is asked. */
async function fillDiskOf(redis: Redis): Promise<void> {
  await redis.config('SET', 'save', '3600 1000000')
  const [, folder = ''] = await redis.config('GET', 'dir') // name and value
  rmSync(folder, { recursive: true })
  await redis.bgsave()
  await expect.poll(() => redis.info('persistence')).toContain('rdb_last_bgsave_status:err')
}

describe.skipIf(!hasRedis)(
  'the answer is lost after the work was done (skipped where redis-server is not installed)',
  () => {
    let server: RedisServer
    let proxy: LossyProxy
    let store: ControlStore
    beforeEach(async () => {
      server = await startRedis()
      proxy = await startLossyProxy(server.port)
      store = await openRedisStore({ url: `redis://127.0.0.1:${proxy.port}`, project: 'p', target: 't' })
    })
    afterEach(async () => {
      expect(proxy.lost()).toBe(1)
      await store.close()
      await proxy.close()
      await server.stop()
    })

    test('a lease is granted to whoever asked', async () => {
      proxy.loseAnswerTo('run-lost')
      const grant = await store.acquireLease(lease('run-lost'))
      expect(grant).toMatchObject({ granted: true, from: null })
      if (grant.granted) expect(await store.holdsLease(grant.lease)).toBe(true)
    })

    test('one ticket is in the queue, and not two', async () => {
      proxy.loseAnswerTo('run-lost')
      const lost = await store.takeTicket({ ...ticket, runId: 'run-lost' })
      expect(await store.ticketBefore(lost)).toBeNull()
      await store.returnTicket(lost)
      expect(await store.ticketBefore(await store.takeTicket(ticket))).toBeNull()
    })

    test('a claim is answered true', async () => {
      proxy.loseAnswerTo('claimedMs')
      expect(await store.claimSlots([aSlot()])).toEqual([true])
      expect(await store.claimSlots([aSlot()])).toEqual([false])
    })

    test('a job is handed out once, and to this daemon', async () => {
      await store.claimSlots([aSlot({ jobs: [aJob('crm'), aJob('people')] })])
      proxy.loseAnswerTo('claimedMs')
      expect(await store.takeJob(first, 'running')).toMatchObject({ sync: 'crm', state: 'running' })
      const [slot] = await store.slots({})
      expect(slot?.jobs.map(({ sync, state }) => [sync, state])).toEqual([
        ['crm', 'running'],
        ['people', 'queued'],
      ])
    })

    test('a job that ended has ended, and says so to whoever ended it', async () => {
      await store.claimSlots([aSlot()])
      const job = await store.takeJob(first, 'running')
      if (!job) return expect.unreachable()
      proxy.loseAnswerTo('claimedMs')
      expect(await store.endJob(job, { state: 'queued', reason: 'again' })).toBe(true)
      await store.takeJob((all) => {
        expect(all).toMatchObject([{ attempt: 2, state: 'queued' }])
        return nothing
      }, 'running')
    })

    test('an event is there once', async () => {
      proxy.loseAnswerTo('careful')
      await store.recordEvent('run-1', warning('careful'))
      await store.recordEvent('run-1', warning('again'))
      expect(await store.events('run-1')).toEqual([warning('careful'), warning('again')])
    })
  },
)
