import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayAt, firstDayFrom, lastDayBefore } from '../../../connectors/facebook_ads/days.ts'
import type { Breakdown } from '../../../connectors/facebook_ads/insights-columns.ts'
import { daysOf, keptMonthsOf } from '../../../connectors/facebook_ads/insights-days.ts'

const zones = ['UTC', 'America/Los_Angeles', 'Asia/Kolkata', 'Pacific/Auckland', 'Africa/Cairo', 'Australia/Lord_Howe']
const zone = fc.constantFrom(...zones)
const instant = fc.integer({ min: Date.parse('2023-12-01'), max: Date.parse('2026-11-19') })
const now = new Date('2026-11-20T09:55:00Z')

describe('the days of a scan', () => {
  it('of two parts that meet are those of the whole, each once, in every zone', () => {
    fc.assert(
      fc.property(zone, fc.tuple(instant, instant, instant), (timezone, instants) => {
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

it('a day belongs to the instant that it begins at', () => {
  const midnight = Date.parse('2026-11-03T08:00:00Z')
  expect(firstDayFrom(midnight, 'America/Los_Angeles')).toBe('2026-11-03')
  expect(firstDayFrom(midnight + 1, 'America/Los_Angeles')).toBe('2026-11-04')
  expect(lastDayBefore(midnight, 'America/Los_Angeles')).toBe('2026-11-02')
  expect(lastDayBefore(midnight + 1, 'America/Los_Angeles')).toBe('2026-11-03')
})

const next = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)
