import { Cron } from 'croner'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Schedule } from '../../src/schedule/schedule.ts'
import { nextSlots, slotsBetween } from '../../src/schedule/slots.ts'
import { cronSchedule, scheduleOf } from './cron-schedule.ts'

const at = (text: string) => new Date(text)
const next = (schedule: Schedule, after: string, count: number) =>
  nextSlots(schedule, at(after), count).map(({ instant }) => instant.replace(':00.000Z', 'Z'))

describe('the slots of a cron pattern', () => {
  const cases: readonly (readonly [title: string, pattern: string, zone: string, after: string, instants: string])[] = [
    ['Helsinki in winter', '0 2 * * *', 'Europe/Helsinki', '2027-01-15T00:00Z', '2027-01-16T00:00Z 2027-01-17T00:00Z'],
    ['Helsinki in summer', '0 2 * * *', 'Europe/Helsinki', '2027-07-15T00:00Z', '2027-07-15T23:00Z 2027-07-16T23:00Z'],
    ['the year ends', '59 23 31 12 *', 'UTC', '2026-12-31T23:59Z', '2027-12-31T23:59Z 2028-12-31T23:59Z'],
    [
      'a new year in a zone far ahead',
      '0 0 1 1 *',
      'Pacific/Kiritimati',
      '2026-12-30T00:00Z',
      '2026-12-31T10:00Z 2027-12-31T10:00Z',
    ],
    [
      'a new year in a zone far behind',
      '0 0 1 1 *',
      'Pacific/Pago_Pago',
      '2026-12-30T00:00Z',
      '2027-01-01T11:00Z 2028-01-01T11:00Z',
    ],
    ['29 February', '0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', '2028-02-29T00:00Z 2032-02-29T00:00Z'],
    [
      '29 February around a year without it',
      '0 0 29 2 *',
      'UTC',
      '2096-01-01T00:00Z',
      '2096-02-29T00:00Z 2104-02-29T00:00Z',
    ],
    ['29 February, if a Monday', '0 0 29 2 +MON', 'UTC', '2026-01-01T00:00Z', '2044-02-29T00:00Z 2072-02-29T00:00Z'],
    [
      'the last day of the month',
      '0 6 L * *',
      'UTC',
      '2027-02-01T00:00Z',
      '2027-02-28T06:00Z 2027-03-31T06:00Z 2027-04-30T06:00Z',
    ],
    [
      'the last Friday of the month',
      '0 6 * * FRI#L',
      'UTC',
      '2027-02-01T00:00Z',
      '2027-02-26T06:00Z 2027-03-26T06:00Z',
    ],
    [
      'the last working day of the month',
      '0 6 LW * *',
      'UTC',
      '2027-01-01T00:00Z',
      '2027-01-29T06:00Z 2027-02-26T06:00Z',
    ],
    ['the weekday next to the 15th', '0 6 15W * *', 'UTC', '2027-05-01T00:00Z', '2027-05-14T06:00Z 2027-06-15T06:00Z'],
    ['a nickname', '@daily', 'Europe/Berlin', '2027-01-01T00:00Z', '2027-01-01T23:00Z 2027-01-02T23:00Z'],
    [
      'days or weekdays',
      '0 0 1 * MON',
      'UTC',
      '2027-01-30T00:00Z',
      '2027-02-01T00:00Z 2027-02-08T00:00Z 2027-02-15T00:00Z',
    ],
  ]
  test.for(cases)('%s: %s in %s', ([, pattern, zone, after, instants]) => {
    const expected = instants.split(' ')
    expect(next(cronSchedule(pattern, zone), after, expected.length)).toEqual(expected)
  })

  test('seconds stand in front of six parts', () => {
    const slots = nextSlots(cronSchedule('*/20 30 2 * * *'), at('2027-01-01T02:30:20Z'), 2)
    expect(slots.map(({ instant }) => instant)).toEqual(['2027-01-01T02:30:40.000Z', '2027-01-02T02:30:00.000Z'])
  })

  test('a pattern that never comes has no slots, and says so quickly', () => {
    const began = performance.now()
    for (const pattern of ['0 0 31 2 *', '* * 31 2 *', '0 0 30 2 +MON'])
      expect(nextSlots(cronSchedule(pattern, 'America/New_York'), at('2027-01-01T00:00:00Z'), 5)).toEqual([])
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

describe('the window', () => {
  const daily = cronSchedule('0 2 * * *')

  test('begins after its first instant and ends with its last', () => {
    const slots = slotsBetween(daily, { after: at('2027-01-01T02:00:00Z'), until: at('2027-01-03T02:00:00Z'), most: 9 })
    expect(slots.map(({ instant }) => instant)).toEqual(['2027-01-02T02:00:00.000Z', '2027-01-03T02:00:00.000Z'])
  })

  test('gives at most so many, the oldest', () => {
    const window = { after: at('2027-01-01T00:00:00Z'), until: at('2027-02-01T00:00:00Z') }
    expect(slotsBetween(daily, { ...window, most: 1 }).map(({ instant }) => instant)).toEqual([
      '2027-01-01T02:00:00.000Z',
    ])
    expect(slotsBetween(daily, { ...window, most: 0 })).toEqual([])
  })

  test('is empty where it ends before it begins', () => {
    const window = { after: at('2027-02-01T00:00:00Z'), until: at('2027-01-01T00:00:00Z'), most: 9 }
    expect(slotsBetween(daily, window)).toEqual([])
  })
})

describe('other triggers', () => {
  test('every counts from 1970, whatever the timezone and the moment that one asks', () => {
    const every = scheduleOf({ kind: 'every', everyMs: 90 * 60_000 }, 'America/New_York')
    expect(next(every, '2027-03-14T05:59:59.999Z', 3)).toEqual([
      '2027-03-14T06:00Z',
      '2027-03-14T07:30Z',
      '2027-03-14T09:00Z',
    ])
    expect(next(every, '1969-12-31T23:00:00Z', 1)).toEqual(['1970-01-01T00:00Z'])
  })

  test('at has the instants that are still to come', () => {
    const instants = ['2027-01-01T02:00:00.000Z', '2027-06-01T02:00:00.000Z']
    const schedule = scheduleOf({ kind: 'at', instants, notes: { '2027-06-01T02:00:00.000Z': 'moved' } })
    expect(nextSlots(schedule, at('2027-01-01T02:00:00Z'), 5)).toEqual([
      { schedule: 'nightly', instant: instants[1], dueAt: instants[1], note: 'moved' },
    ])
  })

  test('after has no slots by time', () => {
    const schedule = scheduleOf({ kind: 'after', all: ['nightly'], withinMs: 1_000 })
    expect(nextSlots(schedule, at('2027-01-01T00:00:00Z'), 5)).toEqual([])
    const window = { after: at('2027-01-01T00:00:00Z'), until: at('2028-01-01T00:00:00Z'), most: 5 }
    expect(slotsBetween(schedule, window)).toEqual([])
  })
})

describe('jitter', () => {
  const lateness = (name: string, jitterMs: number) =>
    nextSlots(
      { ...scheduleOf({ kind: 'every', everyMs: 60_000 }, 'UTC', jitterMs), name },
      at('2027-01-01T00:00:00Z'),
      500,
    ).map(({ instant, dueAt }) => Date.parse(dueAt) - Date.parse(instant))

  test('is the same every time, and another for another schedule', () => {
    expect(lateness('nightly', 120_000)).toEqual(lateness('nightly', 120_000))
    expect(lateness('nightly', 120_000)).not.toEqual(lateness('hourly', 120_000))
  })

  test('never changes between releases: slots that are stored have been due at these times', () => {
    expect(lateness('nightly', 120_000).slice(0, 3)).toEqual([21_317, 101_236, 76_515])
  })

  test('lies below its limit and is spread over it', () => {
    const found = lateness('nightly', 120_000)
    expect(Math.max(...found)).toBeLessThan(120_000)
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0)
    for (const quarter of [0, 1, 2, 3])
      expect(found.filter((ms) => Math.floor(ms / 30_000) === quarter).length).toBeGreaterThan(80)
  })

  test('of 0 is none', () => expect(new Set(lateness('nightly', 0))).toEqual(new Set([0])))
})

describe('for whatever pattern, zone and moment', () => {
  test('windows that adjoin give what the whole window gives: no slot is lost or doubled at an edge', () => {
    fc.assert(
      fc.property(
        anySchedule,
        anyMoment,
        fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 6 }),
        (schedule, fromMs, cuts) => {
          const lengthMs = 3 * 86_400_000
          const edges = [0, ...cuts.map((cut) => Math.floor((cut / 1_000_000) * lengthMs)), lengthMs].sort(
            (a, b) => a - b,
          )
          const window = (start: number, end: number) =>
            slotsBetween(schedule, { after: new Date(fromMs + start), until: new Date(fromMs + end), most: 10_000 })
          const whole = window(0, lengthMs)
          expect(edges.slice(1).flatMap((edge, index) => window(edges[index] ?? 0, edge))).toEqual(whole)
          // Cut at the very instants of slots, too.
          const pieces = whole.slice(0, 20).reduce<{ slots: readonly object[]; from: Date }>(
            ({ slots, from }, { instant }) => ({
              slots: [...slots, ...slotsBetween(schedule, { after: from, until: at(instant), most: 10 })],
              from: at(instant),
            }),
            { slots: [], from: new Date(fromMs) },
          )
          expect(pieces.slots).toEqual(whole.slice(0, 20))
          expect(nextSlots(schedule, new Date(fromMs), Math.min(whole.length, 20))).toEqual(whole.slice(0, 20))
          const instants = whole.map(({ instant }) => instant)
          expect(instants).toEqual([...new Set(instants)].sort())
        },
      ),
      { numRuns: 200 },
    )
  })

  test('so do windows that are cut every ten minutes of a day on which the clocks change', () => {
    fc.assert(
      fc.property(anyPattern, anyChange, (pattern, [timezone, changeMs]) => {
        const schedule = cronSchedule(pattern, timezone)
        const window = (fromMs: number, lengthMs: number) =>
          slotsBetween(schedule, { after: new Date(fromMs), until: new Date(fromMs + lengthMs), most: 10_000 })
        const [fromMs, stepMs, steps] = [changeMs - 43_200_000, 600_000, 144]
        const pieces = Array.from({ length: steps }, (_, step) => window(fromMs + step * stepMs, stepMs))
        expect(pieces.flat()).toEqual(window(fromMs, steps * stepMs))
      }),
      { numRuns: 100 },
    )
  })

  test('croner, with its own way through daylight saving, finds the same instants', () => {
    fc.assert(
      fc.property(anyPattern, anyZone, anyMoment, (pattern, timezone, fromMs) => {
        const theirs = new Cron(pattern, { paused: true, timezone, fixedTimeRule: 'no-wildcard' })
          .nextRuns(30, new Date(fromMs))
          .map((instant) => instant.toISOString())
        expect(nextSlots(cronSchedule(pattern, timezone), new Date(fromMs), 30).map(({ instant }) => instant)).toEqual(
          theirs,
        )
      }),
      { numRuns: 300 },
    )
  })
})

describe('1,000 schedules in every zone', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  const schedules = Array.from({ length: 1_000 }, (_, index) =>
    cronSchedule(`${index % 60} ${index % 24} * * *`, zones[index % zones.length]),
  )
  const now = Date.parse('2027-01-01T00:00:00Z')
  const timeOf = (work: () => void) => {
    const began = performance.now()
    work()
    return performance.now() - began
  }

  test('have their next slots found in little time', () => {
    // About 0.2 s where nothing else runs.
    const tookMs = timeOf(() =>
      expect(schedules.flatMap((schedule) => nextSlots(schedule, new Date(now), 1))).toHaveLength(1_000),
    )
    expect(tookMs).toBeLessThan(5_000)
  })

  test('are asked what is due again and again at next to no cost', () => {
    const ask = (fromMs: number) => {
      for (const schedule of schedules)
        slotsBetween(schedule, { after: new Date(fromMs), until: new Date(fromMs + 1_000), most: 10 })
    }
    ask(now)
    // About 2 ms each where nothing else runs.
    const tookMs = timeOf(() => {
      for (const second of Array.from({ length: 50 }).keys()) ask(now + second * 1_000)
    })
    expect(tookMs).toBeLessThan(5_000)
  })
})

const oneOf = (...texts: readonly string[]) => fc.constantFrom(...texts)
const anyPattern = fc
  .tuple(
    oneOf('0', '15', '30', '59', '*/15', '*/7', '0,30', '10-12', '*'),
    oneOf('0', '1', '2', '3', '23', '*', '*/2', '1-4', '0,2,14'),
    oneOf('*', '*', '*', '1', 'L', '14', '28-31'),
    oneOf('*', '*', '*', '3', '10-11'),
    oneOf('*', '*', '*', '0', 'MON-FRI', 'SUN#L'),
  )
  .map((parts) => parts.join(' '))
const anyZone = oneOf(
  'America/New_York',
  'Europe/Berlin',
  'Europe/Helsinki',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'UTC',
)
/** Within three days before a change of the clocks somewhere, more often than not. */
const anyMoment = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2030, 0, 1) }),
  fc
    .tuple(
      oneOf(
        '2027-03-14',
        '2027-11-07',
        '2027-03-28',
        '2027-10-31',
        '2027-04-30',
        '2027-10-29',
        '2027-10-03',
        '2027-04-04',
        '2028-01-01',
      ),
      fc.integer({ min: 0, max: 3 * 86_400 }),
    )
    .map(([day, seconds]) => Date.parse(`${day}T12:00:00Z`) - seconds * 1_000),
)
const anyChange = fc
  .constantFrom(
    ['America/New_York', '2027-03-14T07:00Z'] as const,
    ['America/New_York', '2027-11-07T06:00Z'] as const,
    ['Europe/Berlin', '2027-03-28T01:00Z'] as const,
    ['Europe/Berlin', '2027-10-31T01:00Z'] as const,
    ['Africa/Cairo', '2027-04-29T22:00Z'] as const,
    ['Africa/Cairo', '2027-10-28T21:00Z'] as const,
    ['Australia/Lord_Howe', '2027-10-02T15:30Z'] as const,
    ['Australia/Lord_Howe', '2027-04-03T15:00Z'] as const,
  )
  .map(([zone, change]) => [zone, Date.parse(change)] as const)
const anySchedule = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(anyPattern, anyZone).map(([pattern, zone]) => cronSchedule(pattern, zone)) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 60_000, max: 86_400_000 }).map((everyMs) => scheduleOf({ kind: 'every', everyMs })),
  },
)
