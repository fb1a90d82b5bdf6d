import { describe, expect, test } from 'vitest'
import { chooseJob, type JobLimits } from '../../src/schedule/choose-job.ts'
import type { Job } from '../../src/state/slot-store.ts'
import { job, limits } from './jobs.ts'

const running = (sync: string, rest: Partial<Job> = {}) => job(sync, { state: 'running', alive: true, ...rest })
const earlier = { instant: '2026-11-20T02:00:00.000Z' }
const told = (open: readonly Job[], rest: Partial<JobLimits> = {}) => {
  const { take, skip, died = [] } = chooseJob(open, limits(rest))
  return { take: take?.sync ?? null, skip: skip.map((each) => each.reason), died: died.map(({ end }) => end) }
}
const nothing = { take: null, skip: [], died: [] }

describe('the next job', () => {
  test('is the first whose time has come', () => {
    expect(told([job('later', { notBefore: '2026-11-21T04:00:00.000Z' }), job('crm'), job('stripe')])).toEqual({
      ...nothing,
      take: 'crm',
    })
  })

  test('is an attempt that was put off by a clock which was years ahead; one that waits for its vendor, or of a slot to come, is not', () => {
    const again = (sync: string, notBefore: string, rest: Partial<Job> = {}) =>
      job(sync, { attempt: 2, reason: 'the vendor was down', notBefore, ...rest })
    const to = { instant: '2030-11-21T02:00:00.000Z' }
    const retry = { attempts: 3, initialMs: 0, maxMs: 3 * 86_400_000 }
    expect(
      told(
        [
          again('vendor', '2026-11-22T02:59:00.000Z'),
          again('patient', '2026-11-23T02:00:00.000Z', { schedule: 'patient' }),
          again('to come', '2030-11-21T02:00:30.000Z', to),
          job('early', { ...to, notBefore: '2030-11-21T02:00:00.000Z' }),
          again('crm', '2030-11-21T02:00:30.000Z'),
        ],
        { retryOf: new Map([['patient', retry]]) },
      ),
    ).toEqual({ ...nothing, take: 'crm' })
  })

  test('waits for those of its slot that it needs, and not for those of another', () => {
    expect(told([running('crm'), job('people', { needs: ['crm'] })])).toEqual(nothing)
    expect(told([running('crm', earlier), job('people', { needs: ['crm'] })])).toMatchObject({ take: 'people' })
  })

  test('waits where this daemon has no room, or max_runs are under way on its connection; another connection may go', () => {
    expect(told([running('a'), running('b'), job('c')], { room: 0 })).toEqual(nothing)
    const ofSalesforce = { connection: 'salesforce' }
    expect(
      told([running('a', ofSalesforce), job('b', ofSalesforce), job('c')], { maxRunsOf: new Map([['salesforce', 1]]) }),
    ).toMatchObject({ take: 'c' })
  })

  test('is not another attempt while its schedule is paused', () => {
    const paused = new Set(['nightly'])
    expect(told([job('crm', { attempt: 2 }), job('stripe', { attempt: 2, schedule: 'hourly' })], { paused })).toEqual({
      ...nothing,
      take: 'stripe',
    })
    // Somebody has asked for it, or it was due before the pause.
    expect(told([job('crm')], { paused })).toMatchObject({ take: 'crm' })
  })

  test('does not go on while its schedule is paused, either: whoever stopped it with its daemon wants it stopped', () => {
    const stopped = job('crm', { reason: 'the daemon was stopped' })
    expect(told([stopped], { paused: new Set(['nightly']) })).toEqual(nothing)
    expect(told([stopped])).toMatchObject({ take: 'crm' })
  })

  test.each(['skip', 'buffer_one'] as const)(
    'of a paused schedule stays for the resume while another runs the sync, and takes the place of no slot there (%s)',
    (overlap) => {
      const retry = job('crm', { ...earlier, attempt: 2 })
      const hourly = { schedule: 'hourly', sync: 'crm' }
      const next = job('crm', { ...hourly, instant: '2026-11-21T03:00:00.000Z', notBefore: '2026-11-21T03:00:00.000Z' })
      const overlapOf = new Map([
        ['nightly', overlap],
        ['hourly', 'buffer_one' as const],
      ])
      expect(told([retry, running('crm', hourly), next], { paused: new Set(['nightly']), overlapOf })).toEqual(nothing)
    },
  )
})

describe('a job of a daemon that died', () => {
  const dead = (attempt: number) => job('crm', { state: 'running', alive: false, attempt })
  const reason = (attempt: number) => `its daemon was gone before it ended (attempt ${attempt})`
  const retry = (attempts: number) => ({
    retryOf: new Map([['nightly', { attempts, initialMs: 30_000, maxMs: 900_000 }]]),
  })

  test('waits as for another attempt', () => {
    expect(told([dead(1)], retry(3))).toEqual({
      ...nothing,
      died: [{ state: 'queued', reason: reason(1), notBefore: '2026-11-21T03:00:30.000Z' }],
    })
    expect(told([dead(3)], retry(3)).died).toMatchObject([{ notBefore: '2026-11-21T03:02:00.000Z' }])
    expect(told([dead(9)], retry(10)).died).toMatchObject([{ notBefore: '2026-11-21T03:15:00.000Z' }])
  })

  test('goes on though nothing is tried again, and though its schedule is gone; the power failed, and the night wants its load', () => {
    expect(told([dead(1)], retry(1)).died).toMatchObject([{ state: 'queued' }])
    expect(told([dead(1)]).died).toMatchObject([{ state: 'queued', notBefore: '2026-11-21T03:00:00.000Z' }])
  })

  test.each([
    [1, 3],
    [3, 5],
  ])('with %i attempts ends as failed when it died at attempt %i: it takes its daemons along', (attempts, last) => {
    expect(told([dead(last - 1)], retry(attempts)).died).toMatchObject([{ state: 'queued' }])
    expect(told([dead(last)], retry(attempts)).died).toEqual([{ state: 'failed', reason: reason(last) }])
  })
})

describe('a sync that still runs for an earlier slot', () => {
  test('is skipped this time, with the reason, also where nothing may begin', () => {
    expect(told([running('crm', earlier), job('crm')], { room: 0 })).toEqual({
      ...nothing,
      skip: ['crm still runs for nightly of 2026-11-20T02:00:00.000Z'],
    })
  })

  test('is waited for by one slot with buffer_one, and no more', () => {
    const overlapOf = new Map([['nightly', 'buffer_one' as const]])
    const open = [running('crm', earlier), job('crm'), job('crm', { instant: '2026-11-22T02:00:00.000Z' })]
    expect(told(open, { overlapOf })).toEqual({
      ...nothing,
      skip: ['crm still runs, and already waits for nightly of 2026-11-21T02:00:00.000Z'],
    })
  })

  test.each(['skip', 'buffer_one'] as const)(
    'is waited for by slots that are caught up, by each of them (%s)',
    (overlap) => {
      const overlapOf = new Map([['nightly', overlap]])
      const missed = ['22', '23', '24'].map((day) =>
        job('crm', { instant: `2026-11-${day}T02:00:00.000Z`, caughtUp: true }),
      )
      expect(told([running('crm', earlier), ...missed], { overlapOf })).toEqual(nothing)
      expect(told(missed, { overlapOf })).toEqual({ ...nothing, take: 'crm' })
    },
  )

  test('runs beside it where that is allowed', () => {
    const overlapOf = new Map([['nightly', 'allow' as const]])
    expect(told([running('crm', earlier), job('crm')], { overlapOf })).toMatchObject({ take: 'crm' })
  })
})
