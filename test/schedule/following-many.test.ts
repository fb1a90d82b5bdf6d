import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claimSlots } from '../../src/schedule/claim-slots.ts'
import type { Schedule } from '../../src/schedule/schedule.ts'
import type { ControlStore } from '../../src/state/port.ts'
import { openRedisStore } from '../../src/state/redis/redis-store.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { hasRedis, type RedisServer, startRedis } from '../redis-server.ts'
import { aJob, aSlot } from '../state/a-slot.ts'
import { aSchedule } from './a-schedule.ts'

const startMs = Date.parse('2026-11-21T02:00:00.000Z')
const minuteMs = 60_000
let nowMs = startMs
const clock = { now: () => new Date(nowMs) }

const cron = (name: string) => aSchedule(name, { kind: 'cron', pattern: '0 2 * * *' })
const schedules: readonly Schedule[] = [
  cron('short'),
  cron('long'),
  aSchedule('deliver', { kind: 'after', all: ['short', 'long'], withinMs: 6 * 60 * minuteMs }),
]

describe('a schedule after a short load and a long one, beside 500 that come each five minutes', () => {
  let server: RedisServer | undefined
  beforeAll(async () => {
    server = hasRedis ? await startRedis() : undefined
  })
  afterAll(() => server?.stop())

  test.each<{ name: string; open: () => Promise<ControlStore> }>([
    { name: 'SQLite', open: async () => openSqliteStore({ path: ':memory:', clock, target: 'prod' }) },
    {
      name: 'Redis',
      open: async () => openRedisStore({ url: server?.url ?? '', project: 'many', clock, target: 'prod' }),
    },
  ])(
    'runs when both have ended, on $name',
    async ({ name, open }) => {
      if (name === 'Redis' && !hasRedis) return
      nowMs = startMs
      const store = await open()
      await store.knowSchedules([...schedules.map((each) => each.name), 'often'])
      const load = async (schedule: string) => {
        await store.claimSlots([aSlot({ schedule, instant: new Date(startMs).toISOString(), jobs: [aJob(schedule)] })])
        return store.takeJob(
          (all) => ({ take: all.find(({ sync }) => sync === schedule) ?? null, skip: [], again: [] }),
          'running',
        )
      }
      const [short, long] = [await load('short'), await load('long')]
      nowMs += minuteMs
      if (short) await store.endJob(short, { state: 'ok', reason: null })
      // The long one takes three and a half hours: 42 times 500 slots.
      for (let round = 1; round <= 42; round++) {
        nowMs = startMs + round * 5 * minuteMs
        const instant = new Date(nowMs).toISOString()
        await store.claimSlots(
          Array.from({ length: 500 }, (_, n) =>
            aSlot({ schedule: `often-${n}`, instant, state: 'skipped', reason: 'paused', jobs: [] }),
          ),
        )
      }
      nowMs += minuteMs
      if (long) await store.endJob(long, { state: 'ok', reason: null })
      const claimed: string[] = []
      await claimSlots(
        {
          store,
          clock,
          target: 'prod',
          scheduleOf: (wanted) => schedules.find((each) => each.name === wanted),
          jobsOf: () => [aJob('deliver')],
          onAhead: () => {},
          onClaimed: ({ schedule, state }) => claimed.push(`${schedule} ${state}`),
        },
        schedules.filter(({ trigger }) => trigger.kind === 'after'),
      )
      const kept = (await store.slots({ schedule: 'short' })).map(({ state }) => state)
      expect({ kept, claimed }).toEqual({ kept: ['ok'], claimed: ['deliver queued'] })
      await store.close()
    },
    60_000,
  )
})
