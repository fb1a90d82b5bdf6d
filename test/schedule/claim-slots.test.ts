import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { claimSlots } from '../../src/schedule/claim-slots.ts'
import type { Schedule } from '../../src/schedule/schedule.ts'
import { takeNext } from '../../src/schedule/executor.ts'
import { takeOverSchedules } from '../../src/schedule/take-over-schedules.ts'
import type { ControlStore } from '../../src/state/port.ts'
import type { Job } from '../../src/state/slot-store.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { aSchedule } from './a-schedule.ts'

const hourMs = 3_600_000
let folder = ''
let store: ControlStore
let nowMs = 0
/** The schedules that a clock was told to have been ahead for. */
let told: string[] = []
const clock = { now: () => new Date(nowMs) }

beforeEach(() => {
  nowMs = Date.parse('2026-11-21T08:30:00.000Z')
  told = []
  folder = mkdtempSync(join(tmpdir(), 'millrace-claims-'))
  store = openSqliteStore({ path: join(folder, 'control.sqlite'), clock })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const hourly = (rest: Partial<Schedule> = {}) => aSchedule('hourly', { kind: 'cron', pattern: '0 * * * *' }, rest)
const following = (all: readonly string[]) => aSchedule('next', { kind: 'after', all, withinMs: 6 * hourMs })

const tick = async (...schedules: readonly Schedule[]): Promise<readonly string[]> => {
  const claimed: string[] = []
  await claimSlots(
    {
      store,
      clock,
      target: 'prod',
      scheduleOf: (name) => schedules.find((each) => each.name === name),
      jobsOf: ({ name }, { dueAt }) => [{ sync: name, needs: [], connection: 'crm', notBefore: dueAt, priority: 0 }],
      onClaimed: (slot) => claimed.push(`${slot.schedule} ${slot.instant.slice(8, 16)} ${slot.state}`),
      onAhead: (names) => told.push(...names),
    },
    schedules,
  )
  return claimed
}
/** Takes what is open and ends it. */
const end = async (sync: string, state: 'ok' | 'partial' | 'failed' = 'ok') => {
  const job = await store.takeJob(
    (open) => ({ take: open.find((each) => each.sync === sync) ?? null, skip: [], again: [] }),
    'running',
  )
  expect(job, `a job of ${sync}`).not.toBeNull()
  if (job) await store.endJob(job, { state, reason: null })
}
/** Four of them, in hours. */
const years = 4 * 365 * 24
const pass = (hours: number) => (nowMs += hours * hourMs)

describe('slots by the clock', () => {
  test('are claimed once, however often one looks', async () => {
    await tick(hourly())
    pass(0.5)
    expect(await tick(hourly())).toEqual(['hourly 21T09:00 queued'])
    expect(await tick(hourly())).toEqual([])
  })

  test('of a schedule that is new are not caught up: it did not exist before', async () => {
    expect(await tick(hourly({ catchup: { mode: 'all', windowMs: 240 * hourMs } }))).toEqual([])
  })

  test('that came while no daemon ran are all recorded, and the latest runs', async () => {
    await tick(hourly())
    pass(3)
    expect(await tick(hourly())).toEqual(['hourly 21T09:00 missed', 'hourly 21T10:00 missed', 'hourly 21T11:00 queued'])
    expect((await store.slots({})).map(({ reason }) => reason).at(-1)).toBe(
      'no daemon ran at 2026-11-21T09:00:00.000Z; catchup runs the latest only',
    )
  })

  test.each(['skip', 'buffer_one', 'allow'] as const)(
    'that came while no daemon ran and are all caught up run all, one after another (%s)',
    async (overlap) => {
      const all = hourly({ catchup: { mode: 'all', windowMs: 24 * hourMs }, overlap })
      await tick(all)
      pass(5)
      await tick(all)
      const context = {
        store,
        clock,
        limits: () => ({ maxRunsOf: new Map(), overlapOf: new Map([['hourly', overlap]]), retryOf: new Map() }),
        maxRuns: () => 4,
        work: async () => {},
        onProblem: () => {},
      }
      const takeAll = async () => {
        const taken: Job[] = []
        for (;;) {
          const { job } = await takeNext(context, { room: 4 - taken.length, as: 'running' })
          if (job === null) return taken
          taken.push(job)
        }
      }
      const rounds: string[] = []
      for (let jobs = await takeAll(); jobs.length > 0; jobs = await takeAll()) {
        rounds.push(jobs.map(({ instant }) => instant.slice(11, 13)).join(' '))
        for (const job of jobs) await store.endJob(job, { state: 'ok', reason: null })
      }
      expect(rounds).toEqual(overlap === 'allow' ? ['09 10 11 12', '13'] : ['09', '10', '11', '12', '13'])
      expect((await store.slots({})).map(({ state }) => state)).toEqual(Array(5).fill('ok'))
    },
  )

  test('are 400 and more after a long sleep, and each has its row', async () => {
    await tick(hourly())
    pass(24 * 20)
    expect(await tick(hourly())).toHaveLength(480)
    expect(await store.slots({ limit: 1_000 })).toHaveLength(480)
  })

  test('keep their history when the cron was edited while no daemon ran: what was decided is not decided again', async () => {
    await tick(hourly())
    pass(1)
    expect(await tick(hourly())).toEqual(['hourly 21T09:00 queued'])
    const edited = hourly({ trigger: { kind: 'cron', pattern: '*/15 * * * *' } })
    // 09:15 is a quarter of an hour ago, and nobody was there to see it under the new pattern.
    expect(await tick(edited)).toEqual(['hourly 21T09:15 missed', 'hourly 21T09:30 queued'])
  })

  test('are not claimed again when the clock is set back', async () => {
    await tick(hourly())
    pass(0.5)
    await tick(hourly())
    pass(-2)
    expect(await tick(hourly())).toEqual([])
    pass(2)
    expect(await tick(hourly())).toEqual([])
    pass(1)
    expect(await tick(hourly())).toEqual(['hourly 21T10:00 queued'])
  })

  test('come when a clock that was years ahead is right again, also where it called them missed; that is told once', async () => {
    const nightly = aSchedule('nightly', { kind: 'cron', pattern: '0 9 * * *' })
    await tick(nightly)
    pass(years)
    await tick(nightly)
    await tick(nightly)
    expect(told).toEqual([])
    pass(-years + 0.5)
    expect(await tick(nightly)).toEqual(['nightly 21T09:00 queued'])
    expect(await tick(nightly)).toEqual([])
    expect(told).toEqual(['nightly'])
    pass(24)
    expect(await tick(nightly)).toEqual(['nightly 22T09:00 queued'])
    expect(told).toEqual(['nightly'])
  })

  test('that came while no daemon ran are caught up also long after the clock was ahead', async () => {
    const nightly = aSchedule('nightly', { kind: 'cron', pattern: '0 9 * * *' })
    await tick(nightly)
    pass(years)
    await tick(nightly)
    pass(-years + 0.5)
    await tick(nightly)
    pass(22)
    await tick(nightly)
    pass(4)
    expect(await tick(nightly)).toEqual(['nightly 22T09:00 queued'])
  })

  test('that ran before the clock was ahead do not run again behind it, nor those that it ran too early', async () => {
    await tick(hourly())
    pass(0.5)
    expect(await tick(hourly())).toEqual(['hourly 21T09:00 queued'])
    await end('hourly')
    pass(years)
    await tick(hourly())
    pass(-years + 0.25)
    expect(await tick(hourly())).toEqual([])
    pass(25.75)
    expect((await tick(hourly())).at(-1)).toBe('hourly 22T11:00 queued')
    await end('hourly')
    pass(-25.5)
    expect(await tick(hourly())).toEqual([])
    pass(25.5)
    expect((await tick(hourly())).filter((line) => line.includes('22T11:00'))).toEqual([])
  })

  test('that are open when the clock goes ahead can still be ended', async () => {
    await tick(hourly())
    pass(0.5)
    await tick(hourly())
    pass(years)
    await tick(hourly({ catchup: { mode: 'none', windowMs: 0 } }))
    pass(-years)
    await end('hourly')
    const slots = await store.slots({ limit: 1_100 })
    expect(slots.filter(({ state }) => state !== 'missed')).toMatchObject([
      { instant: '2026-11-21T09:00:00.000Z', state: 'ok' },
    ])
  })

  test('of schedules that were new while the clock was years ahead come once it is right, and what follows them', async () => {
    const all = [hourly(), following(['hourly'])]
    pass(40_000)
    await tick(...all)
    pass(1)
    await tick(...all)
    await end('hourly')
    expect(await tick(...all)).toEqual(['next 15T01:00 queued'])
    pass(-40_001 + 0.5)
    expect(await tick(...all)).toEqual(['hourly 21T09:00 queued'])
    await end('hourly')
    expect(await tick(...all)).toEqual(['next 21T09:00 queued'])
    pass(1)
    expect(await tick(...all)).toEqual(['hourly 21T10:00 queued'])
  })

  test('do not come by a clock that has lost the year', async () => {
    await tick(hourly())
    const rightMs = nowMs
    nowMs = Date.parse('1970-01-01T02:00:00.000Z')
    expect(await tick(hourly())).toEqual([])
    nowMs = rightMs + 0.5 * hourMs
    expect(await tick(hourly())).toEqual(['hourly 21T09:00 queued'])
  })

  test('that are more than are decided at once run as the latest of all, and not of each part', async () => {
    const often = hourly({ trigger: { kind: 'every', everyMs: 60_000 } })
    await tick(often)
    pass(20.005)
    const claimed = [...(await tick(often)), ...(await tick(often))]
    expect(claimed).toHaveLength(1_200)
    expect(claimed.filter((line) => line.endsWith('queued'))).toEqual(['hourly 22T04:30 queued'])
  })

  test('of a paused schedule are recorded and do not run; after the pause the next one does', async () => {
    await tick(hourly())
    await store.pauseSchedule('hourly', { at: clock.now().toISOString(), by: 'ann' })
    pass(0.5)
    expect(await tick(hourly())).toEqual(['hourly 21T09:00 skipped'])
    await store.pauseSchedule('hourly', null)
    pass(1)
    expect(await tick(hourly())).toEqual(['hourly 21T10:00 queued'])
  })
})

describe('a file that changes under a daemon', () => {
  const at = (name: string, hour: number, rest: Partial<Schedule> = {}) =>
    aSchedule(name, { kind: 'cron', pattern: `0 ${hour} * * *` }, rest)
  const all = { catchup: { mode: 'all', windowMs: 240 * hourMs } } as const
  const change = (before: readonly Schedule[], after: readonly Schedule[], seenAt = clock.now()) =>
    takeOverSchedules({ store }, { before, after, seenAt })

  test('and has a schedule again that it had not: it runs from then on, not for the days before', async () => {
    const [activation, other] = [at('activation', 9, all), at('other', 9, all)]
    await tick(activation, other)
    pass(0.5)
    await tick(activation, other)
    pass(26)
    await change([other], [activation, other])
    // The other one was there: no daemon looked for a day.
    expect(await tick(activation, other)).toEqual(['other 22T09:00 queued'])
    expect(await store.slots({ schedule: 'activation' })).toHaveLength(1)
    pass(22)
    expect(await tick(activation, other)).toEqual(['activation 23T09:00 queued', 'other 23T09:00 queued'])
  })

  test.each<{ what: string; edited: Schedule; next: string }>([
    { what: 'time', edited: at('nightly', 9, all), next: 'nightly 22T09:00 queued' },
    {
      what: 'zone',
      edited: at('nightly', 11, { ...all, timezone: 'Europe/Helsinki' }),
      next: 'nightly 22T09:00 queued',
    },
  ])('and names another $what: one that is over today comes tomorrow', async ({ edited, next }) => {
    const nightly = at('nightly', 8, all)
    await tick(nightly)
    pass(2)
    await change([nightly], [edited])
    expect(await tick(edited)).toEqual([])
    pass(22.6)
    expect(await tick(edited)).toEqual([next])
  })

  test('and has again what follows others: what they did before is nothing to follow', async () => {
    const [load, next] = [at('load', 9), following(['load'])]
    await tick(load, next)
    pass(0.5)
    await tick(load)
    await end('load')
    pass(1)
    await change([load], [load, next])
    expect(await tick(load, next)).toEqual([])
    pass(23)
    await tick(load, next)
    await end('load')
    expect(await tick(load, next)).toEqual(['next 22T09:00 queued'])
  })

  test('and says another catchup, or gives what is late more time: what was due is due', async () => {
    const [load, next] = [at('load', 9), following(['load'])]
    await tick(load, next)
    pass(0.5)
    const edited = aSchedule('next', { kind: 'after', all: ['load'], withinMs: 12 * hourMs })
    await change([load, next], [at('load', 9, all), edited])
    expect(await tick(load, edited)).toEqual(['load 21T09:00 queued'])
    await end('load')
    await change([load, next], [load, edited])
    expect(await tick(load, edited)).toEqual(['next 21T09:00 queued'])
  })

  test('and is read while a slot comes that both name, or one of a store that was away meanwhile: it runs', async () => {
    const [before, after] = [at('nightly', 9), aSchedule('nightly', { kind: 'cron', pattern: '0 9,10 * * *' })]
    await tick(before)
    pass(0.5001)
    await change([before], [after])
    expect(await tick(after)).toEqual(['nightly 21T09:00 queued'])
    pass(0.9)
    const seenAt = clock.now()
    pass(0.2)
    await change([before], [after], seenAt)
    expect(await tick(after)).toEqual(['nightly 21T10:00 queued'])
  })

  test('and is read while the store is away, with one that is new: it runs for what came since, and for nothing before', async () => {
    const [other, fresh] = [at('other', 1), aSchedule('fresh', { kind: 'cron', pattern: '30 * * * *' }, all)]
    await tick(other)
    pass(0.01)
    const seenAt = clock.now()
    pass(1.1)
    await change([other], [other, fresh], seenAt)
    expect(await tick(other, fresh)).toEqual(['fresh 21T09:30 queued'])
    // Another daemon has read it later.
    await change([other], [other, fresh], new Date(seenAt.getTime() + 5000))
    expect(await tick(other, fresh)).toEqual([])
  })

  test('and is seen by a second daemon as a slot comes that the first has not claimed yet: it runs', async () => {
    const [before, after] = [at('nightly', 20), at('nightly', 9)]
    await tick(before)
    await change([before], [after])
    expect(await tick(after)).toEqual([])
    pass(0.5001)
    await change([before], [after])
    expect(await tick(after)).toEqual(['nightly 21T09:00 queued'])
  })

  test('and is seen by another daemon somewhat later: no slot comes twice, and none is lost', async () => {
    const [before, after] = [[at('other', 1)], [at('other', 1), hourly()]]
    await tick(...after)
    pass(24)
    await change(before, after)
    expect(await tick(...after)).toEqual(['other 22T01:00 queued'])
    pass(0.5)
    expect(await tick(...after)).toEqual(['hourly 22T09:00 queued'])
    pass(1 / 60)
    await change(before, after)
    expect(await tick(...after)).toEqual([])
    pass(1)
    expect(await tick(...after)).toEqual(['hourly 22T10:00 queued'])
  })
})

describe('slots of a schedule that is enabled elsewhere', () => {
  test('are recorded with the reason, so that nothing is caught up once it is enabled here', async () => {
    const elsewhere = hourly({ targets: ['staging'] })
    await tick(elsewhere)
    pass(0.5)
    expect(await tick(elsewhere)).toEqual(['hourly 21T09:00 skipped'])
    expect((await store.slots({}))[0]).toMatchObject({ reason: 'not enabled on target prod', jobs: [] })
    expect(await tick(hourly({ targets: ['staging', 'prod'] }))).toEqual([])
    pass(1)
    expect(await tick(hourly({ targets: ['staging', 'prod'] }))).toEqual(['hourly 21T10:00 queued'])
  })
})

describe('a schedule after others', () => {
  const nightly = aSchedule('nightly', { kind: 'cron', pattern: '0 9 * * *' })
  const billing = aSchedule('billing', { kind: 'cron', pattern: '30 9 * * *' })
  const all = [nightly, billing, following(['nightly', 'billing'])]

  test('runs once when each of them has ended ok or partial, and once more only after each ended again', async () => {
    await tick(...all)
    pass(0.5)
    expect(await tick(...all)).toEqual(['nightly 21T09:00 queued'])
    await end('nightly', 'partial')
    expect(await tick(...all)).toEqual([])
    pass(0.5)
    expect(await tick(...all)).toEqual(['billing 21T09:30 queued'])
    expect(await tick(...all)).toEqual([])
    await end('billing')
    expect(await tick(...all)).toEqual(['next 21T09:30 queued'])
    expect(await tick(...all)).toEqual([])
    await end('next')
    pass(23.5)
    await tick(...all)
    await end('nightly')
    expect(await tick(...all)).toEqual([])
    pass(0.5)
    await tick(...all)
    await end('billing')
    expect(await tick(...all)).toEqual(['next 22T09:30 queued'])
  })

  test('runs after slots that are further apart than the looks of a daemon, also once a clock was ahead', async () => {
    const late = aSchedule('billing', { kind: 'cron', pattern: '0 13 * * *' })
    const apart = [nightly, late, following(['nightly', 'billing'])]
    const aDay = async () => {
      pass(0.5)
      await tick(...apart)
      await end('nightly')
      expect(await tick(...apart)).toEqual([])
      pass(4)
      await tick(...apart)
      await end('billing')
      const claimed = await tick(...apart)
      await end('next')
      return claimed
    }
    pass(years)
    await tick(...apart)
    expect(await aDay()).toEqual(['next 20T13:00 queued'])
    pass(-years - 4.5)
    await tick(...apart)
    expect(await aDay()).toEqual(['next 21T13:00 queued'])
    pass(19.5)
    expect(await aDay()).toEqual(['next 22T13:00 queued'])
  })

  test('runs after slots of now, however many the clock had seen while it was ahead', async () => {
    const often = aSchedule('often', { kind: 'every', everyMs: 60_000 })
    const both = [often, following(['often'])]
    await tick(...both)
    pass(48)
    for (let n = 0; n < 3; n++) await tick(...both)
    await end('often')
    await tick(...both)
    await end('next')
    for (let n = 0; n < 130; n++) {
      pass(1 / 60)
      await tick(...both)
      await end('often')
      await tick(...both)
      await end('next')
    }
    pass(-48)
    await tick(...both)
    await end('often')
    await tick(...both)
    await end('next')
    pass(1 / 60)
    expect(await tick(...both)).toEqual(['often 21T10:41 queued'])
    await end('often')
    expect(await tick(...both)).toEqual(['next 21T10:41 queued'])
  })

  test('runs after a slot of now, also where a clock that was days ahead has caught up one of tomorrow', async () => {
    const catchup = { mode: 'latest', windowMs: 240 * hourMs } as const
    const monthly = aSchedule('monthly', { kind: 'cron', pattern: '0 4 22 * *' }, { catchup })
    const both = [monthly, following(['monthly'])]
    await tick(...both)
    pass(120)
    expect(await tick(...both)).toEqual(['monthly 22T04:00 queued'])
    await end('monthly')
    expect(await tick(...both)).toEqual(['next 22T04:00 queued'])
    await end('next')
    pass(-119.5)
    const jobs = [{ sync: 'monthly', needs: [], connection: 'crm', notBefore: clock.now().toISOString(), priority: 0 }]
    const instant = '2026-11-21T09:00:00.000Z'
    await store.claimSlots([{ schedule: 'monthly', instant, state: 'queued', reason: null, trigger: 'hand', jobs }])
    await end('monthly')
    expect(await tick(...both)).toEqual(['next 21T09:00 queued'])
  })

  test('waits for what follows a load that is soon to come, where that load was run by hand the day before', async () => {
    const load = aSchedule('load', { kind: 'cron', pattern: '0 10 * * *' })
    const prepare = aSchedule('prepare', { kind: 'after', all: ['load'], withinMs: 24 * hourMs })
    const next = aSchedule('next', { kind: 'after', all: ['prepare', 'nightly'], withinMs: 24 * hourMs })
    const chain = [nightly, load, prepare, next]
    const goOn = async (sync: string) => {
      await end(sync)
      return tick(...chain)
    }
    const runsAt = async (instant: string) => {
      await tick(...chain)
      expect(await goOn('nightly')).toEqual([])
      pass(1)
      await tick(...chain)
      expect(await goOn('load')).toEqual([`prepare ${instant} queued`])
      expect(await goOn('prepare')).toEqual([`next ${instant} queued`])
    }
    await tick(...chain)
    pass(0.5)
    await runsAt('21T10:00')
    await goOn('next')
    pass(5)
    const jobs = [{ sync: 'load', needs: [], connection: 'crm', notBefore: clock.now().toISOString(), priority: 0 }]
    const instant = '2026-11-21T15:00:00.001Z'
    await store.claimSlots([{ schedule: 'load', instant, state: 'queued', reason: null, trigger: 'hand', jobs }])
    pass(0.1)
    expect(await goOn('load')).toEqual(['prepare 21T15:00 queued'])
    expect(await goOn('prepare')).toEqual([])
    pass(17.9)
    await runsAt('22T10:00')
  })

  test('runs also where the next slot of one has begun before this one ended, as always', async () => {
    const often = aSchedule('often', { kind: 'every', everyMs: 300_000 }, { overlap: 'buffer_one' })
    const both = [nightly, often, following(['nightly', 'often'])]
    await tick(...both)
    for (let n = 0; n < 7; n++) {
      pass(1 / 12)
      await tick(...both)
      if (n > 0) await end('often')
    }
    await end('nightly')
    expect(await tick(...both)).toEqual(['next 21T09:00 queued'])
    await end('next')
    await end('often')
    expect(await tick(...both)).toEqual([])
  })

  test('is missed at the end of `within` where one of them failed or never came, and says which', async () => {
    await tick(...all)
    pass(0.5)
    await tick(...all)
    await end('nightly')
    pass(0.5)
    await tick(...all)
    await end('billing', 'failed')
    expect(await tick(...all)).toEqual([])
    pass(6)
    expect(await tick(...all)).toEqual(['next 21T09:30 missed'])
    expect((await store.slots({ schedule: 'next' }))[0]?.reason).toBe('billing did not end ok or partial in time')
    expect(await tick(...all)).toEqual([])
  })
})
