import { expect, test } from 'vitest'
import { guardShrink } from '../../src/warehouse/sql/sweep.ts'

const guard = (gone: number, before: number, fraction: number) => () =>
  guardShrink({ gone, before, limit: { fraction }, stream: 'customers', sync: 'stripe', partition: '' })

test('what it refuses is above the limit as it is written, too', () => {
  expect(guard(5030, 10_000, 0.5)).toThrow('5030 of 10000 rows (50.3 %); max_shrink is 50 %.')
  expect(guard(60, 10_000, 0.005)).toThrow('60 of 10000 rows (1 %); max_shrink is 0.5 %.')
})

test('a share that is met is not above it, whatever it is in binary', () => {
  expect(guard(29, 100, 0.29)).not.toThrow()
  expect(guard(30, 100, 0.29)).toThrow('(30 %); max_shrink is 29 %')
})
