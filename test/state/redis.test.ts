import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keysOfProject } from '../../src/state/redis/keys.ts'
import { thisProcess } from '../../src/state/process-id.ts'
import { openRedisStore } from '../../src/state/redis/redis-store.ts'
import { hasRedis, type RedisServer, startRedis } from '../redis-server.ts'
import { aReverseRun } from './a-reverse-run.ts'
import { aSlot } from './a-slot.ts'
import { controlStoreConformance } from './conformance.ts'
import { open } from './redis-adapter.ts'

describe.skipIf(!hasRedis)('a control store on Redis (skipped where redis-server is not installed)', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
    process.env['TEST_REDIS_URL'] = server.url
  })
  afterAll(async () => {
    delete process.env['TEST_REDIS_URL']
    await server.stop()
  })
  controlStoreConformance('redis', { open, adapterUrl: new URL('redis-adapter.ts', import.meta.url).href })

  test('a run that an older millrace recorded is remembered to have delivered when it goes', async () => {
    let nowMs = Date.parse('2026-01-01T00:00:00Z')
    const clock = { now: () => new Date(nowMs) }
    const store = await openRedisStore({ url: server.url, project: 'older', target: 'prod', clock })
    const delivery = { sync: 'people', target: 'prod (EU) ü' }
    await store.recordRun(aReverseRun('old', { ...delivery, delivered: 3 }))
    await store.recordRun(aReverseRun('idle', { sync: 'idle', delivered: 0 }))
    const error = { code: 'MR-3001', message: 'cut in the middle of \ud83d' }
    await store.recordRun(aReverseRun('broken', { sync: 'broken', delivered: 0, ledger: null, error }))
    const redis = new Redis(server.url)
    const { deliveries, runsOn, runsLast, runsPast } = keysOfProject('older')
    await redis.del(deliveries, runsOn, runsLast, runsPast)
    redis.disconnect()
    expect(await store.hasDelivered(delivery)).toBe(false)
    nowMs += 91 * 24 * 3_600_000
    for (const of of [delivery, { sync: 'idle' }, { sync: 'broken' }])
      await store.recordRun(
        aReverseRun(`new ${of.sync}`, { ...of, started_at: clock.now().toISOString(), delivered: 0 }),
      )
    expect((await store.runs({})).map(({ run_id }) => run_id)).toEqual(['new people', 'new idle', 'new broken'])
    expect(await store.hasDelivered(delivery)).toBe(true)
    for (const sync of ['idle', 'broken']) expect(await store.hasDelivered({ sync, target: 'prod' })).toBe(false)
    await store.close()
  })

  test('runs that an older millrace records and lets go beside this one are told from the others', async () => {
    const store = await openRedisStore({ url: server.url, project: 'beside', target: 'prod' })
    const { runs, runProcesses, runsNewest, runsOn, runsLast, runsPast } = keysOfProject('beside')
    const at = (n: number) => new Date(Date.now() + n).toISOString()
    const record = (run_id: string, sync: string, n: number) =>
      aReverseRun(run_id, { sync, started_at: at(n), finished_at: at(n), delivered: 0 })
    for (const [n, sync] of ['people', 'people', 'gone'].entries()) await store.recordRun(record(`r${n}`, sync, n))
    const redis = new Redis(server.url)
    await redis.zrem(runsNewest, 'r0', 'r2')
    await redis.hset(runs, 'theirs', JSON.stringify(record('theirs', 'people', 10)))
    await redis.hset(runProcesses, 'theirs', JSON.stringify(thisProcess()))
    await redis.zadd(runsNewest, Date.now() + 10, 'theirs')
    await store.recordRun({ ...record('on', 'people', 20), status: 'running', finished_at: null })
    expect(await redis.zrange(runsOn, '0', '-1')).toEqual(['on'])
    expect(await redis.zrange(runsPast, '0', '-1')).toEqual(['r1'])
    expect(await redis.hgetall(runsLast)).toEqual({ 'prod|people': expect.stringMatching(/^\d+\|theirs$/) })
    redis.disconnect()
    await store.close()
  })

  test('of all slots the newest 20,000 stay, and of each schedule 100, though they are older than those', async () => {
    const store = await openRedisStore({ url: server.url, project: 'slots', target: 'prod' })
    const claim = (schedule: string, from: number, count: number) =>
      store.claimSlots(
        Array.from({ length: count }, (_, n) =>
          aSlot({ schedule, instant: new Date((from + n) * 60_000).toISOString(), state: 'missed', jobs: [] }),
        ),
      )
    await claim('rare', 0, 110)
    for (let of = 0; of < 210; of++) await claim(`daily-${of}`, 0, 90)
    for (let n = 0; n < 30; n++) await claim('busy', n * 100, 100)
    const of = async (schedule: string) =>
      (await store.slots({ schedule, limit: 30_000 })).map(({ instant }) => instant)
    expect((await of('rare')).length).toBe(100)
    expect((await of('rare')).at(-1)).toBe(new Date(10 * 60_000).toISOString())
    expect((await of('daily-0')).length).toBe(90)
    expect((await of('busy')).length).toBe(20_000 - 100 - 210 * 90)
    for (let nth = 0; nth < 210; nth++) await claim(`daily-${nth}`, 90, 20)
    await claim('busy', 3_000, 10)
    expect((await store.slots({ limit: 30_000 })).length).toBe(100 * 212)
    expect((await of('busy'))[0]).toBe(new Date(3_009 * 60_000).toISOString())
    await store.close()
  }, 30_000)
})
