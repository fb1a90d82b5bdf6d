import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countSteps, coverOf, cutRange, partitionName, rangeOf, type Range } from '../../src/backfill/partitions.ts'

const day = 86_400_000
const iso = (ms: number) => new Date(ms).toISOString()
const range = (from: string, to: string): Range => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
})
const anInstant = fc.integer({ min: Date.parse('2019-01-01'), max: Date.parse('2021-01-01') })
const aRange = fc
  .tuple(anInstant, fc.integer({ min: 1, max: 90 * day }))
  .map(([from, length]): Range => ({ from: iso(from), to: iso(from + length) }))
const aStep = fc.integer({ min: day / 4, max: 40 * day })

describe('a range is cut', () => {
  test('at the multiples of the step in UTC', () => {
    expect(cutRange(range('2024-01-30T12:00Z', '2024-02-02'), { ms: day }, [])).toEqual([
      range('2024-01-30T12:00Z', '2024-01-31'),
      range('2024-01-31', '2024-02-01'),
      range('2024-02-01', '2024-02-02'),
    ])
  })

  test('at the beginnings of months of the calendar in UTC', () => {
    const year = range('2023-11-15', '2024-03-01')
    expect(cutRange(year, { months: 1 }, []).map(({ to }) => to.slice(0, 10))).toEqual([
      '2023-12-01',
      '2024-01-01',
      '2024-02-01',
      '2024-03-01',
    ])
    expect(countSteps(year, { months: 1 })).toBe(4)
    expect(cutRange(year, { months: 3 }, []).map(({ from }) => from.slice(0, 10))).toEqual(['2023-11-15', '2024-01-01'])
    expect(countSteps(year, { months: 3 })).toBe(2)
  })

  test('without a gap or an overlap, each part within one step, whatever is kept', () => {
    fc.assert(
      fc.property(aRange, aStep, fc.array(aRange, { maxLength: 5 }), (whole, stepMs, kept) => {
        const parts = cutRange(whole, { ms: stepMs }, kept)
        expect(parts[0]?.from).toBe(whole.from)
        expect(parts.at(-1)?.to).toBe(whole.to)
        parts.forEach((part, index) => {
          expect(part.from < part.to).toBe(true)
          if (index > 0) expect(part.from).toBe(parts[index - 1]?.to)
          expect(Math.floor(Date.parse(part.from) / stepMs)).toBe(Math.floor((Date.parse(part.to) - 1) / stepMs))
        })
        expect(cutRange(whole, { ms: stepMs }, [])).toHaveLength(countSteps(whole, { ms: stepMs }))
      }),
    )
  })

  test('so that a part is wholly inside what is kept, or wholly outside: nothing done is read again, nothing else is left out', () => {
    fc.assert(
      fc.property(aRange, aStep, fc.array(aRange, { maxLength: 5 }), anInstant, (whole, stepMs, done, at) => {
        const isCovered = coverOf(done)
        for (const part of cutRange(whole, { ms: stepMs }, done)) {
          const inside = (each: Range, instant: string) => each.from <= instant && instant < each.to
          const touched = done.some((each) => each.from < part.to && part.from < each.to)
          expect(isCovered(part)).toBe(touched)
          if (inside(part, iso(at))) expect(isCovered(part)).toBe(done.some((each) => inside(each, iso(at))))
        }
      }),
    )
  })
})

test('several parts cover together what none covers alone, and a gap of a millisecond is one', () => {
  const whole = range('2024-01-01', '2024-01-04')
  expect(coverOf([range('2024-01-02', '2024-01-05'), range('2023-12-01', '2024-01-02')])(whole)).toBe(true)
  expect(coverOf([range('2023-12-01', '2024-01-02'), range('2024-01-02T00:00:00.001Z', '2024-01-05')])(whole)).toBe(
    false,
  )
  expect(coverOf([])(whole)).toBe(false)
})

test("the name of a partition holds its range, and is no other column's", () => {
  fc.assert(
    fc.property(aRange, fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (each, column, other) => {
      expect(rangeOf(partitionName(each))).toEqual(each)
      expect(rangeOf(partitionName(each, column), column)).toEqual(each)
      expect(rangeOf(partitionName(each, column))).toBeUndefined()
      expect(rangeOf(partitionName(each), column)).toBeUndefined()
      if (other !== column) expect(rangeOf(partitionName(each, column), other)).toBeUndefined()
    }),
  )
  expect([rangeOf(''), rangeOf(partitionName(null)), rangeOf('backfill:x/y')]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})
