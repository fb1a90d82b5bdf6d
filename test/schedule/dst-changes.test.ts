import { describe, expect, test } from 'vitest'
import { dstChanges } from '../../src/schedule/dst-changes.ts'
import type { Schedule } from '../../src/schedule/schedule.ts'
import { cronSchedule, scheduleOf } from './cron-schedule.ts'

const in2027 = (schedule: Schedule) =>
  dstChanges(schedule, { after: new Date('2027-01-01T00:00:00Z'), until: new Date('2028-01-01T00:00:00Z') })
const notesOf = (schedule: Schedule) => in2027(schedule).map(({ note }) => note)

describe('the changes of the clocks that touch a schedule', () => {
  test('move a time of day, or name which of two it is', () => {
    expect(in2027(cronSchedule('30 1,2 * * *', 'America/New_York'))).toEqual([
      {
        instant: '2027-03-14T07:00:00.000Z',
        note: '02:30 does not exist on 2027-03-14 in America/New_York; runs at 03:00',
      },
      {
        instant: '2027-11-07T06:00:00.000Z',
        note: '01:30 comes twice on 2027-11-07 in America/New_York; runs at the first',
      },
    ])
  })

  test('are none for a time beside them, nor in a zone without any', () => {
    expect(in2027(cronSchedule('30 4 * * *', 'America/New_York'))).toEqual([])
    expect(in2027(cronSchedule('30 2 * * *', 'Asia/Tokyo'))).toEqual([])
  })

  test('drop and double the slots of an interval within one hour, and say so', () => {
    expect(notesOf(cronSchedule('*/15 2 * * *', 'Europe/Berlin'))).toEqual([
      'clocks go forward from 02:00 to 03:00 on 2027-03-28 in Europe/Berlin; its 4 slots from 02:00 to 02:45 are left out, as there is no such time',
      'clocks go back from 03:00 to 02:00 on 2027-10-31 in Europe/Berlin; its 4 slots from 02:00 to 02:45 run at both passes',
    ])
  })

  test('leave an interval of every hour alone, but for a change of half an hour', () => {
    expect(notesOf(cronSchedule('0 * * * *', 'Europe/Berlin'))).toEqual([])
    expect(notesOf(cronSchedule('0 * * * *', 'Australia/Lord_Howe'))).toEqual([
      'clocks go forward from 02:00 to 02:30 on 2027-10-03 in Australia/Lord_Howe; its slot at 02:00 is left out, as there is no such time',
    ])
  })

  test('move the local time of what counts real days, and nothing shorter', () => {
    const notes = notesOf(scheduleOf({ kind: 'every', everyMs: 86_400_000 }, 'Europe/Berlin'))
    expect(notes).toHaveLength(2)
    expect(notes[0]).toContain('counts real hours')
    expect(in2027(scheduleOf({ kind: 'every', everyMs: 3_600_000 }, 'Europe/Berlin'))).toEqual([])
  })

  test('never touch what has no times', () => {
    expect(in2027(scheduleOf({ kind: 'after', all: ['x'], withinMs: 1 }, 'Europe/Berlin'))).toEqual([])
  })
})
