import { describe, expect, test } from 'vitest'
import { decideSlots } from '../../src/schedule/decide-slots.ts'
import type { Schedule, Slot } from '../../src/schedule/schedule.ts'

const hour = 3_600_000
const now = new Date('2026-11-21T12:00:05.000Z')
const slotAt = (instant: string): Slot => ({ schedule: 'hourly', instant, dueAt: instant, note: null })
const hours = (...at: readonly number[]) => at.map((n) => slotAt(new Date(Date.UTC(2026, 10, 21, n)).toISOString()))
const decide = (due: readonly Slot[], catchup: Schedule['catchup'], off: string | null = null) =>
  decideSlots({ catchup }, due, { now, off }).map(({ slot, state }) => `${slot.instant.slice(11, 13)} ${state}`)

describe('a slot whose instant has come', () => {
  test('runs when somebody is there to see it, whatever catchup says', () => {
    for (const mode of ['none', 'latest', 'all'] as const)
      expect(decide(hours(12), { mode, windowMs: 24 * hour })).toEqual(['12 queued'])
  })

  test('is missed where nobody was there and nothing is caught up', () => {
    expect(decide(hours(9, 10, 12), { mode: 'none', windowMs: 24 * hour })).toEqual([
      '09 missed',
      '10 missed',
      '12 queued',
    ])
  })

  test('is caught up as the latest of all that were late', () => {
    expect(decide(hours(8, 9, 10), { mode: 'latest', windowMs: 24 * hour })).toEqual([
      '08 missed',
      '09 missed',
      '10 queued',
    ])
    expect(decide(hours(9, 10, 12), { mode: 'latest', windowMs: 24 * hour })).toEqual([
      '09 missed',
      '10 missed',
      '12 queued',
    ])
  })

  test('is caught up with all others within the window, and recorded beyond it', () => {
    expect(decide(hours(7, 8, 9, 10), { mode: 'all', windowMs: 3.5 * hour })).toEqual([
      '07 missed',
      '08 missed',
      '09 queued',
      '10 queued',
    ])
    expect(decide(hours(7), { mode: 'latest', windowMs: 3.5 * hour })).toEqual(['07 missed'])
  })

  test('of a schedule that is off is recorded as skipped, with the reason', () => {
    const [decision] = decideSlots({ catchup: { mode: 'all', windowMs: hour } }, hours(12), {
      now,
      off: 'paused by ann since 2026-11-20T08:00:00.000Z',
    })
    expect(decision).toMatchObject({ state: 'skipped', reason: 'paused by ann since 2026-11-20T08:00:00.000Z' })
  })

  test('waits for its jitter before it counts as late', () => {
    const slot = { ...slotAt('2026-11-21T11:00:00.000Z'), dueAt: '2026-11-21T11:59:30.000Z' }
    expect(decide([slot], { mode: 'none', windowMs: hour })).toEqual(['11 queued'])
  })
})
