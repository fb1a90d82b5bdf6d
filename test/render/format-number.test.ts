import { expect, test } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatCredits,
  formatInstant,
  formatPercent,
  formatRate,
  formatSeconds,
} from '../../src/render/format-number.ts'

test('numbers carry their units, and read the same on every machine', () => {
  expect([7, 999, 24_118, 1_234_567.5, -1_000, 0].map(formatCount)).toEqual([
    '7',
    '999',
    '24,118',
    '1,234,568',
    '-1,000',
    '0',
  ])
  expect([formatCounted(1, 'row'), formatCounted(0, 'row'), formatCounted(2, 'retry', 'retries')]).toEqual([
    '1 row',
    '0 rows',
    '2 retries',
  ])
  expect([0.009, 0.65, 0.05, 0, 0.00001, 12].map(formatPercent)).toEqual([
    '0.9 %',
    '65 %',
    '5 %',
    '0 %',
    '< 0.1 %',
    '1,200 %',
  ])
  expect([0, 512, 1_500, 24_118_000, 9.96e9].map(formatBytes)).toEqual([
    '0 bytes',
    '512 bytes',
    '1.5 kB',
    '24 MB',
    '10 GB',
  ])
  expect([0, 0.00214, 1.5, 12.345, 1e-12].map(formatCredits)).toEqual(['0', '0.0021', '1.50', '12.35', '0.000000000'])
  expect([0.84, 9.8, 9.96, 48, 125, 4_320].map(formatSeconds)).toEqual([
    '0.8 s',
    '9.8 s',
    '10 s',
    '48 s',
    '2 min 5 s',
    '1 h 12 min',
  ])
  expect(formatRate(4_119.6)).toBe('4,120/s')
  expect(formatInstant('2026-11-21T11:55:30+02:00')).toBe('2026-11-21 09:55 UTC')
  expect(formatInstant('soon')).toBe('soon')
})
