import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/config/duration.ts'
import { parseLimit } from '../../src/config/limit.ts'

describe('parseLimit', () => {
  it.each([
    ['10000', { rows: 10_000 }],
    [0, { rows: 0 }],
    ['5%', { fraction: 0.05 }],
    ['0.5 %', undefined],
    ['200%', { fraction: 2 }],
    ['5.5', undefined],
    ['-1', undefined],
    ['', undefined],
    ['99999999999999999999', undefined],
    ['%', undefined],
  ])('of %j is %j', (text, expected) => {
    expect(parseLimit(text)).toEqual(expected)
  })
})

describe('parseDuration', () => {
  it.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['26h', 93_600_000],
    ['30d', 2_592_000_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['26', undefined],
    ['h', undefined],
    ['26 h', undefined],
    ['-1h', undefined],
    ['9'.repeat(30) + 'd', undefined],
  ])('of %j is %j', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })
})
