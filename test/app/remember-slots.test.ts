import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { redisVariable } from '../../src/app/open-control-store.ts'
import { rememberSlots } from '../../src/app/remember-slots.ts'
import { hasRedis, type RedisServer, startRedis } from '../redis-server.ts'
import { aSlot } from '../state/a-slot.ts'
import { makeProjectFolder } from './project-folder.ts'

describe.skipIf(!hasRedis)('a Redis that was emptied (skipped where redis-server is not installed)', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it('is told of no slot that a clock ahead called missed and that is still to come', async () => {
    const folder = makeProjectFolder()
    folder.write(
      'millrace.yaml',
      'project: remembered\ntargets: { sandbox: { sandbox: true, warehouse: { type: duckdb, path: a.duckdb } } }\n',
    )
    const hourMs = 3_600_000
    const at = (hours: number) => new Date(Date.now() + hours * hourMs)
    const instants = [-1, 1].map((hours) => at(hours).toISOString())
    await folder.inApp(
      async (app) => {
        const remember = (hours: number) => rememberSlots({ ...app, clock: { now: () => at(hours) } }, () => undefined)
        const ahead = await remember(36)
        await app.store.knowSchedules(['nightly'])
        await app.store.claimSlots(instants.map((instant) => aSlot({ instant, state: 'missed', jobs: [] })))
        await untilSettled(app, ahead)
        await ahead.save()

        await empty(server)
        await untilSettled(app, await remember(0))
        expect((await app.store.slots({})).map(({ instant }) => instant)).toEqual(instants.slice(0, 1))
      },
      { env: { [redisVariable]: server.url } },
    )
    folder.remove()
  }, 30_000)
})

const untilSettled = ({ store }: App, keeper: Awaited<ReturnType<typeof rememberSlots>>) =>
  expect.poll(async () => keeper.look(await store.revision()), { timeout: 10_000, interval: 100 }).toBe(true)

async function empty({ url }: RedisServer): Promise<void> {
  const redis = new Redis(url)
  await redis.flushall()
  redis.disconnect()
}
