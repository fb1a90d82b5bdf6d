import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import '../fixed-seed.ts'
import { dayMinutes, nextsIn, playNights, type Night } from './nights.ts'

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
})
