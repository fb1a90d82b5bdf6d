import { describe, expect, test } from 'vitest'
import { advance, complete, type CursorInScan } from '../../src/model/cursor.ts'

const cursor: CursorInScan = {
  watermark: '2026-01-01T00:00:00.000Z',
  scan: {
    id: 's',
    upper_bound: '2026-01-02T00:00:00.000Z',
    started_at: '2026-01-02T00:00:01.000Z',
    full: false,
    read: 5,
    partitions: [{ from: null, to: '2026-01-02T00:00:00.000Z', resume: null, done: false }],
  },
}

describe('a cursor', () => {
  test('advances its scan and not its watermark', () => {
    expect(advance(cursor, { page: 2 }, 3)).toEqual({
      ...cursor,
      scan: { ...cursor.scan, read: 8, partitions: [{ ...cursor.scan.partitions[0], resume: { page: 2 } }] },
    })
    expect(cursor.scan.read).toBe(5)
  })

  test('that is complete stands at the scan’s upper bound, and has no scan', () => {
    expect(complete(advance(cursor, 'x', 3))).toEqual({
      watermark: '2026-01-02T00:00:00.000Z',
      scan: null,
      marks: { last: 'x' },
    })
  })

  test('keeps when everything was listed last, and a whole window, though later scans do neither', () => {
    const whole = complete({ ...cursor, scan: { ...cursor.scan, full: true, restates: true } })
    const marks = { listed_at: '2026-01-02T00:00:00.000Z', restated_at: '2026-01-02T00:00:00.000Z', last: null }
    expect(whole.marks).toEqual(marks)
    const next = { ...cursor.scan, upper_bound: '2026-01-03T00:00:00.000Z' }
    expect(complete({ ...whole, scan: next })).toEqual({ watermark: next.upper_bound, scan: null, marks })
  })
})
