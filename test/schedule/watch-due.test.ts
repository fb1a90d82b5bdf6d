import { expect, test } from 'vitest'
import { watchDue } from '../../src/schedule/watch-due.ts'
import { cronSchedule } from './cron-schedule.ts'

test('what is due is seen at its minute, also after a clock that was years ahead is right again', () => {
  const schedule = cronSchedule('0 * * * *')
  const watch = watchDue([schedule], new Date('2031-03-01T10:30:00Z'))
  expect(watch.due(new Date('2031-03-01T11:00:00Z'))).toEqual([schedule])
  const right = new Date('2026-11-21T08:30:00Z')
  expect(watch.due(right)).toEqual([])
  expect(watch.waitMs(right)).toBe(30 * 60_000)
  expect(watch.due(new Date('2026-11-21T09:00:00Z'))).toEqual([schedule])
})
