/** Golden tables: what a pattern comes to where the clocks change. Instants were worked out by hand from the zones' rules. */
import { describe, expect, test } from 'vitest'
import { slotsBetween } from '../../src/schedule/slots.ts'
import { cronSchedule } from './cron-schedule.ts'

type Case = {
  readonly pattern: string
  readonly zone: string
  /** Of the local day or days, in UTC. */
  readonly from: string
  readonly to: string
  /** `MM-DDTHH:MM` in UTC. */
  readonly instants: string
  readonly notes?: readonly string[]
}

const newYorkSpring = { zone: 'America/New_York', from: '2027-03-14T05:00', to: '2027-03-15T04:00' }
const newYorkAutumn = { zone: 'America/New_York', from: '2027-11-07T04:00', to: '2027-11-08T05:00' }
const berlinSpring = { zone: 'Europe/Berlin', from: '2027-03-27T23:00', to: '2027-03-28T22:00' }
const berlinAutumn = { zone: 'Europe/Berlin', from: '2027-10-30T22:00', to: '2027-10-31T23:00' }
const lordHoweSpring = { zone: 'Australia/Lord_Howe', from: '2027-10-02T13:30', to: '2027-10-03T13:00' }
const lordHoweAutumn = { zone: 'Australia/Lord_Howe', from: '2027-04-03T13:00', to: '2027-04-04T13:30' }

const gap = (times: string, day: string, zone: string, runs: string) =>
  `${times} not exist on ${day} in ${zone}; runs ${runs}`
const fold = (time: string, day: string, zone: string, runs: string) =>
  `${time} comes twice on ${day} in ${zone}; runs at ${runs}`

const cases: { readonly [title: string]: Case } = {
  'New York, spring: a time in the gap runs at the first moment after it': {
    ...newYorkSpring,
    pattern: '30 2 * * *',
    instants: '03-14T07:00',
    notes: [gap('02:30 does', '2027-03-14', 'America/New_York', 'at 03:00')],
  },
  'New York, spring: times of the gap and the moment after it are one slot': {
    ...newYorkSpring,
    pattern: '0,30 2,3 * * *',
    instants: '03-14T07:00 03-14T07:30',
    notes: [gap('02:00 and 02:30 do', '2027-03-14', 'America/New_York', 'once at 03:00')],
  },
  'New York, spring: times beside the gap are left alone': {
    ...newYorkSpring,
    pattern: '59 1,3 * * *',
    instants: '03-14T06:59 03-14T07:59',
  },
  'New York, spring: a range of hours is times of day': {
    ...newYorkSpring,
    pattern: '15 1-4 * * *',
    instants: '03-14T06:15 03-14T07:00 03-14T07:15 03-14T08:15',
    notes: [gap('02:15 does', '2027-03-14', 'America/New_York', 'at 03:00')],
  },
  'New York, spring: every hour is 23 slots, one a real hour': {
    ...newYorkSpring,
    pattern: '0 * * * *',
    instants: hours('2027-03-14T05:00', 23),
  },
  'New York, spring: every 15 minutes skips nothing real': {
    ...newYorkSpring,
    from: '2027-03-14T06:30',
    to: '2027-03-14T07:30',
    pattern: '*/15 * * * *',
    instants: '03-14T06:30 03-14T06:45 03-14T07:00 03-14T07:15',
  },
  'New York, autumn: a time that comes twice runs at the first': {
    ...newYorkAutumn,
    pattern: '30 1 * * *',
    instants: '11-07T05:30',
    notes: [fold('01:30', '2027-11-07', 'America/New_York', 'the first')],
  },
  'New York, autumn: the hour that the clocks go back to is in the fold, the one that they go back from is not': {
    ...newYorkAutumn,
    pattern: '0 1,2 * * *',
    instants: '11-07T05:00 11-07T07:00',
    notes: [fold('01:00', '2027-11-07', 'America/New_York', 'the first')],
  },
  'New York, autumn: every hour is 25 slots, one a real hour': {
    ...newYorkAutumn,
    pattern: '0 * * * *',
    instants: hours('2027-11-07T04:00', 25),
    notes: [
      fold('01:00', '2027-11-07', 'America/New_York', 'both, this is the first'),
      fold('01:00', '2027-11-07', 'America/New_York', 'both, this is the second'),
    ],
  },
  'New York, autumn: whoever asks in the second pass is not given the first again': {
    ...newYorkAutumn,
    from: '2027-11-07T06:10',
    to: '2027-11-08T07:00',
    pattern: '30 1 * * *',
    instants: '11-08T06:30',
  },
  'New York, spring: whoever asks right after the gap is not given its slot again': {
    ...newYorkSpring,
    from: '2027-03-14T07:00:00.001',
    to: '2027-03-15T07:00',
    pattern: '30 2 * * *',
    instants: '03-15T06:30',
  },
  'Berlin, spring': {
    ...berlinSpring,
    pattern: '0 2 * * *',
    instants: '03-28T01:00',
    notes: [gap('02:00 does', '2027-03-28', 'Europe/Berlin', 'at 03:00')],
  },
  'Berlin, spring: every hour is 23 slots': {
    ...berlinSpring,
    pattern: '0 * * * *',
    instants: hours('2027-03-27T23:00', 23),
  },
  'Berlin, autumn': {
    ...berlinAutumn,
    pattern: '30 2 * * *',
    instants: '10-31T00:30',
    notes: [fold('02:30', '2027-10-31', 'Europe/Berlin', 'the first')],
  },
  'Berlin, autumn: every half hour goes through the hour twice, in order': {
    ...berlinAutumn,
    from: '2027-10-30T23:30',
    to: '2027-10-31T02:30',
    pattern: '*/30 * * * *',
    instants: '10-30T23:30 10-31T00:00 10-31T00:30 10-31T01:00 10-31T01:30 10-31T02:00',
    notes: [
      fold('02:00', '2027-10-31', 'Europe/Berlin', 'both, this is the first'),
      fold('02:30', '2027-10-31', 'Europe/Berlin', 'both, this is the first'),
      fold('02:00', '2027-10-31', 'Europe/Berlin', 'both, this is the second'),
      fold('02:30', '2027-10-31', 'Europe/Berlin', 'both, this is the second'),
    ],
  },
  'Cairo, a gap at midnight: the day is not lost, nor its neighbours': {
    zone: 'Africa/Cairo',
    from: '2027-04-28T00:00',
    to: '2027-05-02T00:00',
    pattern: '0 0 * * *',
    instants: '04-28T22:00 04-29T22:00 04-30T21:00 05-01T21:00',
    notes: [gap('00:00 does', '2027-04-30', 'Africa/Cairo', 'at 01:00')],
  },
  'Cairo, a gap at midnight, on that weekday only': {
    zone: 'Africa/Cairo',
    from: '2027-04-24T00:00',
    to: '2027-05-08T00:00',
    pattern: '15 0 * * FRI',
    instants: '04-29T22:00 05-06T21:15',
    notes: [gap('00:15 does', '2027-04-30', 'Africa/Cairo', 'at 01:00')],
  },
  'Cairo, a fold before midnight: the day is not doubled': {
    zone: 'Africa/Cairo',
    from: '2027-10-27T22:00',
    to: '2027-10-30T00:00',
    pattern: '30 23 * * *',
    instants: '10-28T20:30 10-29T21:30',
    notes: [fold('23:30', '2027-10-28', 'Africa/Cairo', 'the first')],
  },
  'Lord Howe, spring: a gap of half an hour': {
    ...lordHoweSpring,
    pattern: '15 2 * * *',
    instants: '10-02T15:30',
    notes: [gap('02:15 does', '2027-10-03', 'Australia/Lord_Howe', 'at 02:30')],
  },
  'Lord Howe, spring: half past is after the gap': {
    ...lordHoweSpring,
    pattern: '30 2 * * *',
    instants: '10-02T15:30',
  },
  'Lord Howe, spring: every 15 minutes is one a real quarter': {
    ...lordHoweSpring,
    from: '2027-10-02T15:00',
    to: '2027-10-02T16:00',
    pattern: '*/15 * * * *',
    instants: '10-02T15:00 10-02T15:15 10-02T15:30 10-02T15:45',
  },
  'Lord Howe, autumn: half an hour twice': {
    ...lordHoweAutumn,
    pattern: '15,45 1 * * *',
    instants: '04-03T14:15 04-03T14:45',
    notes: [fold('01:45', '2027-04-04', 'Australia/Lord_Howe', 'the first')],
  },
  'Lord Howe, autumn: every 15 minutes is one a real quarter': {
    ...lordHoweAutumn,
    from: '2027-04-03T14:15',
    to: '2027-04-03T15:45',
    pattern: '*/15 * * * *',
    instants: '04-03T14:15 04-03T14:30 04-03T14:45 04-03T15:00 04-03T15:15 04-03T15:30',
    notes: [
      fold('01:30', '2027-04-04', 'Australia/Lord_Howe', 'both, this is the first'),
      fold('01:45', '2027-04-04', 'Australia/Lord_Howe', 'both, this is the first'),
      fold('01:30', '2027-04-04', 'Australia/Lord_Howe', 'both, this is the second'),
      fold('01:45', '2027-04-04', 'Australia/Lord_Howe', 'both, this is the second'),
    ],
  },
}

describe('where the clocks change', () => {
  test.for(Object.entries(cases))('%s', ([, { pattern, zone, from, to, instants, notes = [] }]) => {
    const after = new Date(Date.parse(`${from}Z`) - 1)
    const until = new Date(Date.parse(`${to}Z`) - 1)
    const slots = slotsBetween(cronSchedule(pattern, zone), { after, until, most: 1_000 })
    expect(slots.map(({ instant }) => instant)).toEqual(instants.split(' ').map((each) => `2027-${each}:00.000Z`))
    expect(slots.flatMap(({ note }) => note ?? [])).toEqual(notes)
  })
})

function hours(from: string, count: number): string {
  const first = Date.parse(`${from}Z`)
  return Array.from({ length: count }, (_, index) =>
    new Date(first + index * 3_600_000).toISOString().slice(5, 16),
  ).join(' ')
}
