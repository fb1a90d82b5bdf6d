import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutAt, dayAt, firstDayFrom, lastDayBefore } from '../../../connectors/facebook_ads/days.ts'
import type { Breakdown } from '../../../connectors/facebook_ads/insights-columns.ts'
import { daysOf, keptMonthsOf, lostDaysOf } from '../../../connectors/facebook_ads/insights-days.ts'

const zones = [
  'UTC',
  'Europe/Berlin',
  'Pacific/Kiritimati',
  'America/Los_Angeles',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'Africa/Cairo',
  'Australia/Lord_Howe',
]
const zone = fc.constantFrom(...zones)
const instant = fc.integer({ min: Date.parse('2023-12-01'), max: Date.parse('2026-11-19') })
const day = instant.map((ms) => ms - (ms % 86_400_000))
const hour = instant.map((ms) => ms - (ms % 3_600_000))
/** Where parts are cut: at days as they are written, at hours by a short step, and anywhere, where a sync stands. */
const bound = fc.oneof(day, hour, instant)
const now = new Date('2026-11-20T09:55:00Z')
/** All days of the instants are over, and kept. */
const muchLater = { now: new Date('2027-01-20T09:55:00Z'), keptMonths: 60 }

describe('the days of a scan', () => {
  it('of two parts that meet are those of the whole, each once, in every zone', () => {
    fc.assert(
      fc.property(zone, fc.tuple(bound, bound, bound), (timezone, instants) => {
        const [from, cut, to] = instants.toSorted((a, b) => a - b).map((ms) => new Date(ms).toISOString())
        const account = { id: 'act_1', timezone, createdAt: null }
        const list = (a: string | undefined, b: string | undefined) => {
          const days = daysOf(account, {
            scan: { from: a ?? null, to: b ?? '', full: true, start: null },
            now,
            windowDays: 28,
          })
          const found: string[] = []
          for (let day = days?.first; days && day && day <= days.last; day = next(day)) found.push(day)
          return found
        }
        expect([...list(from, cut), ...list(cut, to)]).toEqual(list(from, to))
      }),
    )
  })

  it('of a part that is cut at days as they are written are those days of the account, in every zone', () => {
    fc.assert(
      fc.property(zone, day, fc.integer({ min: 1, max: 40 }), (timezone, from, count) => {
        const [first, end] = [from, from + count * 86_400_000].map((ms) => new Date(ms).toISOString())
        const scan = { from: first ?? '', to: end ?? '', full: true, start: null }
        const days = daysOf({ id: 'act_1', timezone, createdAt: null }, { scan, ...muchLater, windowDays: 28 })
        expect(days).toEqual({ first: first?.slice(0, 10), last: dayAt(from + (count - 1) * 86_400_000, 'UTC') })
      }),
    )
  })

  it('of a part that ends where the live scan stands leave none out before those that this one reads', () => {
    fc.assert(
      fc.property(zone, bound, (timezone, watermark) => {
        const account = { id: 'act_1', timezone, createdAt: null }
        const of = { ...muchLater, windowDays: 1 }
        const stands = new Date(watermark).toISOString()
        const from = new Date(watermark - 28 * 86_400_000).toISOString()
        const part = daysOf(account, { ...of, scan: { from, to: stands, full: true, start: null } })
        const live = daysOf(account, {
          ...of,
          scan: { from, to: muchLater.now.toISOString(), full: false, start: null },
        })
        expect((live?.first ?? '') <= next(part?.last ?? '1970-01-01')).toBe(true)
      }),
    )
  })

  it('of a live scan begin with the day that was not over when the last one ended', () => {
    fc.assert(
      fc.property(zone, instant, (timezone, watermark) => {
        const from = new Date(watermark - 28 * 86_400_000).toISOString()
        const account = { id: 'act_1', timezone, createdAt: null }
        const days = daysOf(account, {
          scan: { from, to: now.toISOString(), full: false, start: null },
          now,
          windowDays: 1,
        })
        expect((days?.first ?? '') < dayAt(watermark, timezone)).toBe(true)
      }),
    )
  })

  it('end with today by the account’s clock, and begin with the sync’s start and the account’s first day', () => {
    const of = (timezone: string, start: string | null, createdAt: number | null = null) =>
      daysOf(
        { id: 'act_1', timezone, createdAt },
        { scan: { from: null, to: now.toISOString(), full: true, start }, now, windowDays: 28 },
      )
    expect(of('Pacific/Auckland', '2026-11-01T00:00:00.000Z')).toEqual({ first: '2026-11-01', last: '2026-11-20' })
    expect(of('America/Los_Angeles', '2026-11-01T00:00:00.000Z')).toEqual({ first: '2026-11-01', last: '2026-11-20' })
    expect(of('Pacific/Honolulu', null, Date.parse('2026-11-05T03:00:00Z'))).toEqual({
      first: '2026-11-04',
      last: '2026-11-19',
    })
    expect(of('UTC', null)).toEqual({ first: '2023-10-21', last: '2026-11-20' })
  })

  it('reach as far back as Facebook keeps what they are broken down by', () => {
    const of = (breakdowns: readonly Breakdown[]) =>
      daysOf(
        { id: 'act_1', timezone: 'UTC', createdAt: null },
        {
          scan: { from: null, to: now.toISOString(), full: true, start: null },
          now,
          windowDays: 28,
          keptMonths: keptMonthsOf(breakdowns),
        },
      )?.first
    expect(of(['age', 'gender'])).toBe('2023-10-21')
    expect(of(['hourly_stats_aggregated_by_advertiser_time_zone'])).toBe('2025-10-21')
    expect(of(['hourly_stats_aggregated_by_audience_time_zone'])).toBe('2025-10-21')
    expect(of(['frequency_value'])).toBe('2026-05-21')
  })
})

describe('days that are asked for, and that Facebook keeps no longer,', () => {
  const to = now.toISOString()
  it.each([
    ['are those before what it keeps', { full: true, from: null, start: '2025-01-01T00:00:00.000Z' }, {}, '2025-01-01'],
    ['are none where all that there is is asked for', { full: true, from: null, start: null }, {}, null],
    [
      'are none of a start that lies before the account',
      { full: true, from: null, start: '2019-01-01T00:00:00.000Z' },
      { createdAt: Date.parse('2026-01-01') },
      null,
    ],
    [
      'are none of a start that is passed',
      { full: false, from: '2026-10-20T00:00:00Z', start: '2025-01-01T00:00:00.000Z' },
      {},
      null,
    ],
    [
      'are those since the last scan, though there is no start',
      { full: false, from: '2025-03-01T00:00:00Z', start: null },
      {},
      '2025-03-01',
    ],
    ['are those of a backfill', { full: true, from: '2025-03-01T00:00:00Z', start: null }, {}, '2025-03-01'],
    [
      'begin where the scan stands',
      { full: true, from: null, start: '2025-01-01T00:00:00.000Z' },
      { place: '2025-04-01' },
      '2025-04-01',
    ],
    [
      'are none where it stands later',
      { full: true, from: null, start: '2025-01-01T00:00:00.000Z' },
      { place: '2026-04-01' },
      null,
    ],
  ])(
    '%s',
    (_, scan, { createdAt = null, place = null }: { createdAt?: number | null; place?: string | null }, first) => {
      const of = { scan: { ...scan, to }, now, windowDays: 28, keptMonths: 13 }
      expect(lostDaysOf({ id: 'act_1', timezone: 'UTC', createdAt }, of, place)).toEqual(
        first === null ? null : { first, last: '2025-10-20' },
      )
    },
  )

  it('end where a backfill’s part does', () => {
    const scan = { full: true, from: '2025-03-01T00:00:00Z', to: '2025-04-01T00:00:00Z', start: null }
    const account = { id: 'act_1', timezone: 'UTC', createdAt: null }
    expect(lostDaysOf(account, { scan, now, windowDays: 28, keptMonths: 13 }, null)).toEqual({
      first: '2025-03-01',
      last: '2025-03-31',
    })
  })
})

it('a day belongs to the instant that it begins at', () => {
  const midnight = Date.parse('2026-11-03T08:00:00Z')
  expect(firstDayFrom(midnight, 'America/Los_Angeles')).toBe('2026-11-03')
  expect(firstDayFrom(midnight + 1, 'America/Los_Angeles')).toBe('2026-11-04')
  expect(lastDayBefore(midnight, 'America/Los_Angeles')).toBe('2026-11-02')
  expect(lastDayBefore(midnight + 1, 'America/Los_Angeles')).toBe('2026-11-03')
})

it.each([
  ['Europe/Berlin', '2026-10-15T00:00:00Z', '2026-10-15'],
  ['Europe/Berlin', '2026-10-14T22:00:00Z', '2026-10-15'],
  ['Europe/Berlin', '2026-10-14T21:00:00Z', '2026-10-15'],
  ['America/Los_Angeles', '2026-10-15T00:00:00Z', '2026-10-15'],
  ['America/Los_Angeles', '2026-10-15T07:00:00Z', '2026-10-15'],
  ['America/Los_Angeles', '2026-10-15T07:00:01Z', '2026-10-16'],
])('what is cut in %s at %s begins with %s', (timezone, at, first) => {
  expect(cutAt(Date.parse(at), timezone)).toBe(first)
})

const next = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)
