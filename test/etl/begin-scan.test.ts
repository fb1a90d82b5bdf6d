import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beginScan, type ScanRequest } from '../../src/etl/begin-scan.ts'
import { advance, complete, emptyCursor, type Cursor } from '../../src/model/cursor.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute))
const iso = (minute: number) => at(minute).toISOString()
const begin = (request: Partial<ScanRequest> = {}) =>
  beginScan({
    cursor: emptyCursor,
    vendorNow: at(60),
    now: at(90),
    lagMs: 0,
    restate: null,
    overlapMs: 0,
    full: false,
    by: 'b',
    scanId: 's',
    ...request,
  })
const done = (minute: number): Cursor => ({ watermark: iso(minute), scan: null })

describe('a scan that begins', () => {
  test('for the first time goes over everything up to the vendor’s now, less the lag', () => {
    const { cursor, resumed } = begin({ lagMs: 120_000 })
    expect(resumed).toBe(false)
    expect(cursor).toEqual({
      watermark: null,
      scan: {
        id: 's',
        by: 'b',
        upper_bound: iso(58),
        started_at: iso(90),
        full: true,
        read: 0,
        partitions: [{ from: null, to: iso(58), resume: null, done: false }],
      },
    })
  })

  test('over everything says so where rows stand and no scan is known, to its end', () => {
    const asked = { start: null, where: null, masks: {} }
    const stands = (marks: Cursor['marks'], request: Partial<ScanRequest> = {}) =>
      begin({ cursor: { ...emptyCursor, ...(marks && { marks }) }, ...request }).cursor.scan.stands
    expect(stands(undefined)).toBeUndefined()
    // A trial, a part of a backfill, or a state that was reset.
    expect(stands({ asked })).toBe(true)
    expect(stands({ asked, last: null })).toBeUndefined()
    const begun = begin({ cursor: { ...emptyCursor, marks: { asked } } }).cursor
    expect(begin({ cursor: advance(begun, 'page 7', 12) }).cursor.scan.stands).toBe(true)
    // The rows that stand are its own.
    const fresh = advance(begin().cursor, 'page 7', 12)
    expect(begin({ cursor: { ...fresh, marks: { asked } } }).cursor.scan.stands).toBeUndefined()
    expect(begin({ cursor: { ...done(50), marks: { asked } } }).cursor.scan.stands).toBeUndefined()
  })

  test('begins where the last one ended, less the overlap', () => {
    const { scan } = begin({ cursor: done(50), overlapMs: 300_000 }).cursor
    expect(scan).toMatchObject({ full: false, upper_bound: iso(60), partitions: [{ from: iso(45), to: iso(60) }] })
  })

  test('goes on with the one that is under way, with its own bounds, however late it is', () => {
    const under = advance(begin({ cursor: done(50) }).cursor, 'page 7', 12)
    const { cursor, resumed } = begin({ cursor: under, vendorNow: at(500), scanId: 'other' })
    expect(resumed).toBe(true)
    expect(cursor).toEqual(under)
    expect(cursor.scan).toMatchObject({ id: 's', read: 12, upper_bound: iso(60), partitions: [{ resume: 'page 7' }] })
  })

  test('is gone on with where it does not say in which account, or with which fields, it was begun', () => {
    const under = advance(begin({ cursor: done(50) }).cursor, 'page 7', 12)
    const throughout = { fields: ['id'], inside: {}, flag: null }
    const { cursor, resumed } = begin({ cursor: under, account: 'acct_1', throughout })
    expect(resumed).toBe(true)
    expect(cursor.scan).toEqual({ ...under.scan, account: 'acct_1' })
  })

  test('in full drops the one that is under way, and keeps the watermark until it is complete', () => {
    const under = advance(begin({ cursor: done(50) }).cursor, 'page 7', 12)
    const { cursor, resumed } = begin({ cursor: under, full: true, scanId: 'new' })
    expect(resumed).toBe(false)
    expect(cursor).toMatchObject({
      watermark: iso(50),
      scan: { id: 'new', full: true, read: 0, partitions: [{ from: null, resume: null }] },
    })
  })

  test('does not go back where the vendor’s clock was set back', () => {
    const { cursor } = begin({ cursor: done(50), vendorNow: at(10), overlapMs: 60_000 })
    expect(cursor.scan).toMatchObject({ upper_bound: iso(50), partitions: [{ from: iso(49), to: iso(50) }] })
    expect(complete(cursor).watermark).toBe(iso(50))
  })
})

describe('the watermark', () => {
  test('moves only at completion, only forward but by a pass over everything, and never past the vendor’s now less the lag', () => {
    const minute = fc.integer({ min: 0, max: 300 })
    const step = fc.record({
      vendorNow: minute,
      lagMs: fc.nat(600_000),
      overlapMs: fc.nat(600_000),
      full: fc.boolean(),
      checkpoints: fc.nat(3),
      completes: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let cursor: Cursor = emptyCursor
        let latest = Number.NEGATIVE_INFINITY
        for (const { vendorNow, checkpoints, completes, ...rest } of steps) {
          const before = cursor.watermark
          latest = Math.max(latest, at(vendorNow).getTime() - rest.lagMs)
          let begun = begin({ cursor, vendorNow: at(vendorNow), ...rest }).cursor
          for (let page = 0; page < checkpoints; page++) begun = advance(begun, page, 10)
          expect(begun.watermark).toBe(before)
          cursor = completes ? complete(begun) : begun
          const after = cursor.watermark
          if (before !== null && !begun.scan.full) expect(after !== null && after >= before).toBe(true)
          if (after !== null) expect(Date.parse(after)).toBeLessThanOrEqual(latest)
        }
      }),
    )
  })

  test('leaves no gap: each scan begins at or before the end of the last complete one', () => {
    const clocks = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 10 })
    fc.assert(
      fc.property(clocks, fc.nat(600_000), (clock, overlapMs) => {
        expect(gaps(clock, overlapMs)).toEqual([])
      }),
    )
  })
})

/** Complete scans at these minutes; those that begin after the last watermark. */
function gaps(clock: readonly number[], overlapMs: number): readonly (string | null)[] {
  let cursor: Cursor = emptyCursor
  const found: (string | null)[] = []
  for (const vendorNow of clock) {
    const { scan } = begin({ cursor, vendorNow: at(vendorNow), overlapMs }).cursor
    const from = scan.partitions[0]?.from ?? null
    if (cursor.watermark !== null && (from === null || from > cursor.watermark)) found.push(from)
    cursor = complete({ ...cursor, scan })
  }
  return found
}
