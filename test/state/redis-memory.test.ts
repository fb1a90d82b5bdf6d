import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ControlStore } from '../../src/state/port.ts'
import { mergeSchedules, mergeSlots } from '../../src/state/redis/merge-slots.ts'
import { openRedisStore, type RedisStoreOptions } from '../../src/state/redis/redis-store.ts'
import type { JobDocument, SlotDocument } from '../../src/state/redis/slot-document.ts'
import type { Job, JobChoice, KnownSchedule, SlotChanges, SlotMemory } from '../../src/state/slot-store.ts'
import { hasRedis, type RedisServer, startRedis } from '../redis-server.ts'
import { aJob, aSlot } from './a-slot.ts'

const first = (open: readonly Job[]): JobChoice => ({ take: open[0] ?? null, skip: [], again: [] })
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

describe.skipIf(!hasRedis)('what lets a Redis be filled again (skipped where redis-server is not installed)', () => {
  let server: RedisServer
  let stores: ControlStore[]
  let nowMs: number
  let store: ControlStore
  let memory: SlotMemory
  const open = async (more: Partial<RedisStoreOptions> = {}) => {
    const clock = { now: () => new Date(nowMs) }
    const opened = await openRedisStore({ url: server.url, project: 'p', target: 't', clock, ...more })
    stores.push(opened)
    return opened
  }
  const flush = async () => {
    const redis = new Redis(server.url)
    await redis.flushall()
    redis.disconnect()
  }
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    stores = []
    nowMs = Date.parse('2026-11-21T09:00:00Z')
    await flush()
    store = await open()
    memory = memoryOf(store)
  })
  afterEach(async () => {
    for (const each of stores) await each.close()
  })

  test('a life begins once, is the same for all, grows older, and ends when the store is emptied', async () => {
    const born = await memory.life()
    expect(born).toEqual({ id: expect.stringMatching(/.{10}/), ageMs: 0 })
    nowMs += 5_000
    expect(await memoryOf(await open()).life()).toEqual({ id: born.id, ageMs: 5_000 })
    expect(await store.revision()).toMatch(new RegExp(`^${born.id}\\.`))
    await flush()
    const next = await memory.life()
    expect(next.id).not.toBe(born.id)
    expect(next.ageMs).toBe(0)
  })

  test('without a clock of a test it is Redis that says how old it is', async () => {
    const other = await openRedisStore({ url: server.url, project: 'real', target: 't' })
    stores.push(other)
    const before = await memoryOf(other).life()
    expect(before.ageMs).toBeLessThan(5_000)
    expect((await memoryOf(other).life()).ageMs).toBeGreaterThanOrEqual(before.ageMs)
  })

  test('changes after a revision are those slots alone; after none, or one of another life, all of two days', async () => {
    await store.claimSlots([aSlot({ schedule: 'old' })])
    const old = await store.takeJob(first, 'running')
    if (old) await store.endJob(old, { state: 'ok', reason: null })
    await store.claimSlots([aSlot({ schedule: 'old-but-open' })])
    nowMs += 3 * dayMs
    await store.knowSchedules(['nightly'])
    await store.claimSlots([aSlot({ schedule: 'one' }), aSlot({ schedule: 'two' })])
    const all = await memory.changes(null)
    expect(all.revision).toBe(await store.revision())
    expect(names(all)).toEqual(['old-but-open', 'one', 'two'])
    expect([...all.schedules.keys()]).toEqual(['nightly'])
    expect(names(await memory.changes(all.revision))).toEqual([])
    const job = await store.takeJob((jobs) => first(jobs.filter(({ schedule }) => schedule === 'two')), 'running')
    const changed = await memory.changes(all.revision)
    expect(changed.slots).toMatchObject([{ schedule: 'two', state: 'running', jobs: [{ token: job?.token }] }])
    expect(changed.revision).toBe(await store.revision())
    expect(names(await memory.changes('another-life.1'))).toEqual(['old-but-open', 'one', 'two'])
  })

  test('emptied and told again: schedules since when, pauses, slots that are done, jobs that run and wait', async () => {
    await store.knowSchedules(['nightly', 'hourly'])
    await store.pauseSchedule('hourly', { at: '2026-11-21T08:00:00.000Z', by: 'ann' })
    await store.claimSlots([
      aSlot({ instant: '2999-01-01T00:00:00.000Z', jobs: [aJob('done'), aJob('running'), aJob('waiting')] }),
      aSlot({ schedule: 'hourly', state: 'missed', reason: 'no daemon', jobs: [] }),
      aSlot({ schedule: 'daily', state: 'skipped', reason: 'paused', jobs: [] }),
    ])
    const done = await store.takeJob(first, 'running')
    if (done) await store.endJob(done, { state: 'ok', reason: null })
    const running = await store.takeJob(first, 'running')
    if (!running) return expect.unreachable()
    await store.noteRun(running, 'run-1')
    const remembered = await memory.changes(null)
    await flush()
    nowMs += minuteMs
    expect(await store.slots({})).toEqual([])
    await store.knowSchedules(['nightly']) // known anew, before anybody told
    await memory.restore(remembered)
    const { revision: _, ...restored } = await memory.changes(null)
    expect(restored.schedules).toEqual(remembered.schedules)
    expect(sorted(restored.slots)).toEqual(sorted(remembered.slots))
    expect(await store.claimSlots([aSlot({ instant: '2999-01-01T00:00:00.000Z' })])).toEqual([false])
    // The daemon that runs it goes on with it, and nobody takes it away.
    expect(await store.endJob(running, { state: 'ok', reason: null })).toBe(true)
    expect((await store.takeJob(first, 'running'))?.sync).toBe('waiting')
  })

  test('emptied before anybody remembers it: a daemon that lives tells what it claimed, began and ended itself', async () => {
    await store.claimSlots([aSlot({ jobs: [aJob('done'), aJob('running'), aJob('waiting')] })])
    const remembered = await memory.changes(null)
    const done = await store.takeJob(first, 'running')
    if (done) await store.endJob(done, { state: 'ok', reason: null })
    const running = await store.takeJob(first, 'running')
    if (!running) return expect.unreachable()
    await store.claimSlots([aSlot({ schedule: 'hourly' })])
    await flush()
    expect(await store.takeJob(first, 'running')).toBeNull()
    await memory.restore(remembered)
    const states = (await store.slots({})).map(({ schedule, jobs }) => [schedule, jobs.map(({ state }) => state)])
    expect(new Map(states.map(([schedule, jobs]) => [schedule, jobs]))).toEqual(
      new Map([
        ['nightly', ['ok', 'running', 'queued']],
        ['hourly', ['queued']],
      ]),
    )
    expect(await store.endJob(running, { state: 'ok', reason: null })).toBe(true)
  })

  test('what was told is remembered by whoever asked, and not by the store beside it', async () => {
    await store.claimSlots([aSlot()])
    await memory.changes(null)
    await flush()
    await memory.restore({ schedules: new Map(), slots: [] })
    expect(await store.slots({})).toEqual([])
  })

  test('whoever tells gives a sign of life with it, so that its jobs stay its own', async () => {
    const far = await open({ process: { host: 'elsewhere', pid: 1, startedAt: 'x' } })
    await store.claimSlots([aSlot()])
    await far.takeJob(first, 'running')
    const remembered = await memory.changes(null)
    await flush()
    await memory.restore(remembered)
    expect((await store.slots({}))[0]?.jobs).toMatchObject([{ state: 'running', alive: false }])
    await memoryOf(far).restore(remembered)
    expect((await store.slots({}))[0]?.jobs).toMatchObject([{ state: 'running', alive: true }])
  })

  test('who remembers a run that was stopped with its daemon since does not bring it back', async () => {
    await store.claimSlots([aSlot()])
    const running = await store.takeJob(first, 'running')
    if (!running) return expect.unreachable()
    const remembered = await memory.changes(null)
    await store.endJob(running, { state: 'queued', reason: 'the daemon was stopped', sameAttempt: true })
    await memory.restore(remembered)
    expect((await store.slots({}))[0]?.jobs).toMatchObject([{ state: 'queued', attempt: 1, owner: null }])
  })

  test('telling the same again changes nothing, so that nobody is woken', async () => {
    await store.knowSchedules(['nightly'])
    await store.claimSlots([aSlot()])
    const remembered = await memory.changes(null)
    await memory.restore(remembered)
    expect(await store.revision()).toBe(remembered.revision)
    await flush()
    await memory.restore(remembered)
    const revision = await store.revision()
    await memoryOf(await open()).restore(remembered)
    expect(await store.revision()).toBe(revision)
  })

  test('two who remember different things tell them in either order, and it comes out the same', async () => {
    await store.claimSlots([aSlot({ jobs: [aJob('a'), aJob('b')] })])
    await store.knowSchedules(['nightly'])
    const early = await memory.changes(null)
    const job = await store.takeJob(first, 'running')
    if (job) await store.endJob(job, { state: 'failed', reason: 'no' })
    await store.claimSlots([aSlot({ schedule: 'hourly' })])
    await store.pauseSchedule('nightly', { at: '2026-11-21T08:00:00.000Z', by: 'ann' })
    const late = await memory.changes(null)
    const outcomes = []
    for (const tellers of [
      [early, late],
      [late, early],
      [late, early, late, early],
    ]) {
      await flush()
      for (const remembered of tellers) await memoryOf(await open()).restore(remembered)
      const { revision: _, ...after } = await memory.changes(null)
      outcomes.push({ schedules: after.schedules, slots: sorted(after.slots) })
    }
    expect(outcomes[0]).toEqual({ schedules: late.schedules, slots: sorted(late.slots) })
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(outcomes[2]).toEqual(outcomes[0])
  })

  test('who paused it meanwhile, or heard of it, has decided nothing: what came due since is not left out', async () => {
    await store.knowSchedules(['nightly', 'hourly'])
    const remembered = await memory.changes(null)
    await flush()
    nowMs += 60 * minuteMs
    const other = await open()
    await other.knowSchedules(['nightly'])
    await other.pauseSchedule('hourly', { at: '2026-11-21T08:00:00.000Z', by: 'ann' })
    await memory.restore(remembered)
    const decided = [...(await memory.changes(null)).schedules].map(([name, known]) => [name, known.decidedUntil])
    expect(new Map(decided.map(([name, until]) => [name, until]))).toEqual(
      new Map([...remembered.schedules].map(([name, { since }]) => [name, since])),
    )
  })

  test('both at once, and a thousand slots: nothing is missing', async () => {
    const instants = Array.from({ length: 1_000 }, (_, n) =>
      new Date(Date.UTC(2026, 10, 20) + n * minuteMs).toISOString(),
    )
    await store.claimSlots(instants.map((instant) => aSlot({ instant })))
    const remembered = await memory.changes(null)
    const half = { ...remembered, slots: remembered.slots.filter((_, index) => index % 2 === 0) }
    await flush()
    const other = memoryOf(await open())
    await Promise.all([memory.restore(half), other.restore(remembered), memory.restore(remembered)])
    expect(sorted((await memory.changes(null)).slots)).toEqual(sorted(remembered.slots))
  })

  test('slots are kept for 400 days, and 20,000 of them; open ones stay', async () => {
    await store.claimSlots([aSlot({ schedule: 'open' }), aSlot({ schedule: 'over', state: 'missed', jobs: [] })])
    nowMs += 401 * dayMs
    const over = (from: number, count: number) =>
      store.claimSlots(
        Array.from({ length: count }, (_, n) =>
          aSlot({ instant: new Date(nowMs + (from + n) * 1_000).toISOString(), state: 'missed', jobs: [] }),
        ),
      )
    await over(0, 1)
    expect((await store.slots({})).map(({ schedule }) => schedule)).toEqual(['nightly', 'open'])
    for (let from = 1; from < 20_101; from += 2_010) await over(from, 2_010)
    const left = await store.slots({ limit: 100_000 })
    expect(left).toHaveLength(20_000)
    expect(left.at(-1)).toMatchObject({ schedule: 'open' })
  })
})

describe('the merge of what two remember', () => {
  const time = fc.integer({ min: 0, max: 5 }).map((n) => `2026-11-21T0${n}:00:00.000Z`)
  const job = (sync: string): fc.Arbitrary<JobDocument> =>
    fc
      .record({
        token: fc.integer({ min: 0, max: 3 }),
        attempt: fc.integer({ min: 1, max: 3 }),
        state: fc.constantFrom('queued', 'dispatched', 'running', 'ok', 'failed', 'skipped'),
        runId: fc.constantFrom(null, 'run-1', 'run-2'),
        reason: fc.constantFrom(null, 'x', 'y'),
        takenAt: fc.constantFrom(null, '2026-11-21T01:00:00.000Z'),
      })
      .map((some) => ({ ...aJob(sync), ...some, owner: null }))
  const slot: fc.Arbitrary<SlotDocument> = fc
    .record({
      trigger: fc.constantFrom('clock', 'hand'),
      endedAs: fc.constantFrom(null, null, 'missed'),
      reason: fc.constantFrom(null, 'x'),
      claimedAt: time,
      endedAt: fc.option(time),
      jobs: fc.shuffledSubarray(['a', 'b', 'c']).chain((syncs) => fc.tuple(...syncs.map(job))),
    })
    .map((some) => ({ schedule: 's', instant: 'i', ...some }))
  const schedule: fc.Arbitrary<KnownSchedule> = fc
    .record({
      since: time,
      decidedUntil: time,
      pause: fc.option(fc.record({ at: time, by: fc.constantFrom('ann', 'bob') })),
    })
    .filter(({ since, decidedUntil }) => since <= decidedUntil)
  /** When it ended is shown, and nothing hangs on it. */
  const essence = ({ endedAt: _, ...rest }: SlotDocument) => rest

  test('of slots: the order does not matter, nor how often, and no job goes back', () => {
    fc.assert(
      fc.property(slot, slot, slot, (a, b, c) => {
        const ab = mergeSlots(a, b)
        expect(mergeSlots(b, a)).toEqual(ab)
        expect(mergeSlots(ab, b)).toEqual(ab)
        expect(mergeSlots(ab, ab)).toEqual(ab)
        expect(essence(mergeSlots(ab, c))).toEqual(essence(mergeSlots(a, mergeSlots(b, c))))
        for (const before of [...a.jobs, ...b.jobs]) {
          const after = ab.jobs.find(({ sync }) => sync === before.sync)
          expect(after && placeOf(after) >= placeOf(before)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('of schedules: the order does not matter, nor how often; since goes only back, decided only forward', () => {
    fc.assert(
      fc.property(schedule, schedule, schedule, (a, b, c) => {
        const ab = mergeSchedules(a, b)
        expect(mergeSchedules(b, a)).toEqual(ab)
        expect(mergeSchedules(ab, a)).toEqual(ab)
        expect(mergeSchedules(ab, c)).toEqual(mergeSchedules(a, mergeSchedules(b, c)))
        expect(ab.since <= a.since && (ab.decidedUntil >= a.decidedUntil || a.decidedUntil === a.since)).toBe(true)
        expect(ab.pause !== null || a.pause === null).toBe(true)
      }),
    )
  })
})

const placeOf = ({ token, attempt, state }: JobDocument): number => {
  const rank = ['queued', 'dispatched', 'running'].indexOf(state)
  return token * 100 + attempt * 10 + (rank === -1 ? 3 : rank)
}

function memoryOf({ memory }: ControlStore): SlotMemory {
  if (memory === null) throw new Error('it has no memory')
  return memory
}

const names = ({ slots }: SlotChanges) => slots.map(({ schedule }) => schedule).sort()
const sorted = (slots: SlotChanges['slots']) =>
  [...slots].sort((a, b) => (a.schedule + a.instant < b.schedule + b.instant ? -1 : 1))
