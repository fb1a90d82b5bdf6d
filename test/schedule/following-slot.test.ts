import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import '../fixed-seed.ts'
import { aSchedule } from './a-schedule.ts'
import {
  dayMinutes,
  nextsIn,
  playDays,
  playIntervals,
  playNights,
  type Happened,
  type Interval,
  type Night,
} from './nights.ts'

const ok = (minutes: number) => ({ state: 'ok' as const, minutes })
const at = (hour: number, minute = 0) => hour * 60 + minute
const usual: Night = { a: ok(10), b: ok(25) }
/** Four usual nights behind an irregular one. */
const behind = (...irregular: readonly Night[]) => [usual, ...irregular, usual, usual, usual]

describe('a schedule after two others, behind an irregular night', () => {
  test('runs once a night, after both', async () => {
    const played = await playNights([usual, usual], { at: { a: at(2), b: at(2, 5) }, withinMinutes: dayMinutes })
    expect(nextsIn(played)).toEqual(['21T02:30 queued', '22T02:30 queued'])
  })

  const apart = { a: at(3), b: at(2) }
  test.each<{
    name: string
    nights: readonly Night[]
    begin?: typeof apart
    within?: number
    nexts: readonly string[]
  }>([
    {
      name: 'in which one was run by hand in the afternoon',
      nights: behind({ ...usual, byHand: [{ name: 'b', minute: at(15) }] }),
      nexts: ['21T02:30 queued', '22T02:30 queued', '23T02:30 queued', '24T02:30 queued', '25T02:30 queued'],
    },
    {
      name: 'in which the later one was run by hand in the afternoon: the next load of it is an hour away, and is waited for',
      begin: apart,
      nights: behind({ ...usual, byHand: [{ name: 'a', minute: at(15) }] }),
      nexts: ['21T03:10 queued', '22T03:10 queued', '23T03:10 queued', '24T03:10 queued', '25T03:10 queued'],
    },
    {
      name: 'in which it was run by hand while one still loaded: that was one more',
      nights: behind({ ...usual, byHand: [{ name: 'next', minute: at(2, 15) }] }),
      nexts: ['21T02:30 queued', '22T02:30 queued', '23T02:30 queued', '24T02:30 queued', '25T02:30 queued'],
    },
    {
      name: 'in which one failed',
      nights: behind({ a: ok(10), b: { state: 'failed', minutes: 25 } }),
      nexts: ['21T02:30 queued', '23T02:11 missed', '23T02:30 queued', '24T02:30 queued', '25T02:30 queued'],
    },
    {
      name: 'in which one failed and was run again by hand: it runs then',
      nights: behind({ a: ok(10), b: { state: 'failed', minutes: 25 }, byHand: [{ name: 'b', minute: at(9) }] }),
      nexts: ['21T02:30 queued', '22T09:10 queued', '23T02:30 queued', '24T02:30 queued', '25T02:30 queued'],
    },
    {
      name: 'in which one was later than within, for an instant that both have',
      begin: { a: at(2), b: at(2) },
      within: 60,
      nights: behind({ a: ok(10), b: ok(120) }),
      nexts: ['21T02:25 queued', '22T04:00 missed', '23T02:25 queued', '24T02:25 queued', '25T02:25 queued'],
    },
  ])('$name', async ({ nights, begin = { a: at(2), b: at(2, 5) }, within = dayMinutes, nexts }) => {
    expect(nextsIn(await playNights(nights, { at: begin, withinMinutes: within }))).toEqual(nexts)
  })

  test('never runs on what is older than within or was used before, and soon runs again once a night after both', async () => {
    const load = fc.record({
      state: fc.constantFrom('ok' as const, 'ok' as const, 'failed' as const),
      minutes: fc.integer({ min: 5, max: 400 }),
    })
    const byHand = fc.record({
      name: fc.constantFrom('a' as const, 'b' as const, 'next' as const),
      minute: fc.integer({ min: 0, max: dayMinutes - 60 }),
    })
    const irregular = fc.array(fc.record({ a: load, b: load, byHand: fc.array(byHand, { maxLength: 2 }) }), {
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(
        fc.record({ a: fc.integer({ min: 60, max: 360 }), b: fc.integer({ min: 60, max: 360 }) }),
        fc.record({ a: fc.integer({ min: 5, max: 90 }), b: fc.integer({ min: 5, max: 90 }) }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        irregular,
        async (begin, minutes, part, strange) => {
          const night: Night = { a: ok(minutes.a), b: ok(minutes.b) }
          const nights = [night, ...strange, night, night, night, night]
          const [first, last] = [begin.a + minutes.a, begin.b + minutes.b].toSorted((x, y) => x - y)
          const least = (last ?? 0) - (first ?? 0) + 2
          const withinMinutes = Math.round(least + part * (dayMinutes - least))
          const played = await playNights(nights, { at: begin, withinMinutes })
          let before = -1
          for (const { name, what, minute } of played) {
            if (name !== 'next' || what !== 'queued') continue
            for (const load of ['a', 'b'])
              expect(
                played.filter((each) => each.name === load && each.what === 'ok').map((each) => each.minute),
              ).toSatisfy((ends: number[]) =>
                ends.some((end) => end > before && end <= minute && end >= minute - withinMinutes),
              )
            before = minute
          }
          const settled = (nights.length - 3) * dayMinutes
          expect(
            played
              .filter((each) => each.name === 'next' && each.what !== 'ok' && each.minute >= settled)
              .map(({ minute, what }) => [minute % dayMinutes, what]),
          ).toEqual([1, 2, 3].map(() => [last, 'queued']))
        },
      ),
      { numRuns: 40 },
    )
  }, 120_000)

  test.each(['a', 'b', 'c'])('runs once a night after all of three behind one in which %s failed', async (failing) => {
    const night: Night = { a: ok(15), b: ok(15), c: ok(15) }
    const nights = [night, { ...night, [failing]: { state: 'failed', minutes: 15 } }, night, night, night]
    const played = await playNights(nights, { at: { a: at(1), b: at(3), c: at(5) }, withinMinutes: dayMinutes })
    expect(nextsIn(played).filter((next) => next.endsWith('queued'))).toEqual(
      ['21', '23', '24', '25'].map((day) => `${day}T05:15 queued`),
    )
  })

  test('soon runs again once a night after all of three or four, whichever failed', async () => {
    const load = fc.record({
      state: fc.constantFrom('ok' as const, 'failed' as const),
      minutes: fc.integer({ min: 5, max: 200 }),
    })
    const four = <T>(each: fc.Arbitrary<T>) => fc.record({ a: each, b: each, c: each, d: each })
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        four(fc.integer({ min: 60, max: 480 })),
        four(fc.integer({ min: 5, max: 90 }).map(ok)),
        fc.array(four(load), { maxLength: 3 }),
        async (isThree, begin, night, strange) => {
          const { d: _, ...three } = begin
          const begins: { readonly [load: string]: number } = isThree ? three : begin
          const nights = [night, ...strange, night, night, night, night]
          const last = Math.max(...Object.entries(begins).map(([name, from]) => from + night[name as 'a'].minutes))
          const played = await playNights(nights, { at: begins, withinMinutes: dayMinutes })
          const settled = (nights.length - 3) * dayMinutes
          expect(queuedOf(played).filter((minute) => minute >= settled)).toEqual(
            [0, 1, 2].map((day) => settled + day * dayMinutes + last),
          )
        },
      ),
      { numRuns: 40 },
    )
  }, 120_000)
})

describe('a schedule after loads that begin at intervals of their own', () => {
  const hours = 60
  const often: Interval = { every: 10, from: 8, minutes: 2 }
  const hourly: Interval = { every: hours, from: hours, minutes: 50 }
  test.each<{ name: string; loads: readonly Interval[]; nexts: readonly string[] }>([
    {
      name: 'one of which takes most of its hour, and the other comes each ten minutes',
      loads: [hourly, often],
      nexts: ['21T01:50 queued', '21T02:50 queued', '21T03:50 queued', '21T04:50 queued'],
    },
    {
      name: 'one of which still loads when the other begins',
      loads: [hourly, { every: hours, from: 45, minutes: 2 }],
      nexts: ['21T01:50 queued', '21T02:50 queued', '21T03:50 queued', '21T04:50 queued'],
    },
    {
      name: 'of which two are hours apart, and a third comes each ten minutes',
      loads: [{ every: 4 * hours, from: 220, minutes: 33 }, { every: 4 * hours, from: hours, minutes: 110 }, often],
      nexts: ['21T04:13 queued', '21T08:13 queued', '21T12:13 queued'],
    },
  ])('$name: runs as often as the rarer of them', async ({ loads, nexts }) => {
    const until = (nexts.length + 1) * Math.max(...loads.map(({ every }) => every))
    expect(nextsIn(await playIntervals(loads, until)).slice(0, nexts.length)).toEqual(nexts)
  })

  test('runs about as often as the rarest of them, however long each takes', async () => {
    const interval = fc.constantFrom(10, 15, 30, hours, 90, 2 * hours).chain((every) =>
      fc.record({
        every: fc.constant(every),
        from: fc.integer({ min: 0, max: every - 1 }),
        minutes: fc.integer({ min: 1, max: every - 1 }),
        failing: fc.constantFrom([], [], [1]),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(interval, { minLength: 2, maxLength: 4 }), async (loads) => {
        const rarest = Math.max(...loads.map(({ every }) => every))
        const until = 8 * rarest
        const failed = loads.filter(({ failing }) => failing.length > 0).length
        const runs = queuedOf(await playIntervals(loads, until)).filter((minute) => minute < until)
        // The first one may wait for two that go well together, each of which takes its time.
        const gaps = [...runs, until].map((minute, index) => minute - (runs[index - 1] ?? -rarest))
        expect(Math.max(...gaps)).toBeLessThanOrEqual((3 + failed) * rarest)
        expect(runs.length).toBeGreaterThanOrEqual(3)
      }),
      { numRuns: 30 },
    )
  }, 120_000)
})

describe('a schedule after one that follows others, and beside another load of the night', () => {
  const cron = (name: string, pattern: string) => aSchedule(name, { kind: 'cron', pattern })
  const after = (name: string, ...all: readonly string[]) =>
    aSchedule(name, { kind: 'after', all, withinMs: dayMinutes * 60_000 })
  const days = (failing: string | null) =>
    ['21', '22', '23', '24', '25'].filter((day) => failing === null || day !== '22')
  test.each([
    ['two loads of the night', '30 1 * * *', null],
    ['two loads of the night, of which one failed once', '30 1 * * *', 'stripe'],
    ['two loads of the night, of which the other failed once', '30 1 * * *', 'salesforce'],
    ['two loads of the night, beside one that failed once', '30 1 * * *', 'facebook'],
    ['a load of the night and one of each hour', '0 * * * *', null],
    ['a load of the night, which failed once, and one of each hour', '0 * * * *', 'salesforce'],
  ])('runs each night, where that follows %s', async (_what, pattern, failing) => {
    const loads = [cron('stripe', pattern), cron('salesforce', '0 2 * * *'), cron('facebook', '0 3 * * *')]
    const followers = [after('models', 'stripe', 'salesforce'), after('next', 'models', 'facebook')]
    const played = await playDays([...loads, ...followers], { days: 5, failing })
    expect(nextsIn(played).filter((next) => next.endsWith('queued'))).toEqual(
      days(failing).map((day) => `${day}T03:05 queued`),
    )
  })
})

const queuedOf = (happened: readonly Happened[]): readonly number[] =>
  happened.filter(({ name, what }) => name === 'next' && what === 'queued').map(({ minute }) => minute)
