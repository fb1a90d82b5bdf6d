import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasRedis, type RedisServer, startRedis } from '../redis-server.ts'
import { aJob, aSlot } from './a-slot.ts'
import { open } from './redis-adapter.ts'

describe.skipIf(!hasRedis)('two daemons on one Redis (skipped where redis-server is not installed)', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
    process.env['TEST_REDIS_URL'] = server.url
  })
  afterAll(async () => {
    delete process.env['TEST_REDIS_URL']
    await server.stop()
  })

  test('200 jobs are each handed out once, or skipped', async () => {
    const store = await open('race', {})
    const syncs = Array.from({ length: 200 }, (_, n) => `sync-${n}`)
    await store.claimSlots(
      Array.from({ length: 20 }, (_, n) =>
        aSlot({ schedule: `schedule-${n}`, jobs: syncs.slice(n * 10, n * 10 + 10).map((sync) => aJob(sync)) }),
      ),
    )
    const takers = [startTaker(), startTaker()]
    for (const taker of takers) expect(await taker.hear()).toBe('ready')
    for (const taker of takers) taker.go()
    const taken = (await Promise.all(takers.map((taker) => taker.hear()))).map((line) => JSON.parse(line) as string[])
    const slots = await store.slots({})
    const skipped = slots.flatMap(({ jobs }) => jobs.filter(({ state }) => state === 'skipped').map(({ sync }) => sync))
    expect([...taken.flat(), ...skipped].sort()).toEqual([...syncs].sort())
    for (const each of taken) expect(each.length).toBeGreaterThan(10)
    expect(slots.every(({ endedAt }) => endedAt !== null)).toBe(true)
    await store.close()
  })
})

function startTaker() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('redis-taker.ts', import.meta.url)), 'race'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const hear = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the taker ended before it said anything')
    return value
  }
  return { hear, go: () => child.stdin.write('go\n') }
}
