import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exitCodeOf } from '../../src/model/exit-code.ts'
import { MillraceError, MillraceErrors } from '../../src/model/millrace-error.ts'
import type { RunStatus } from '../../src/model/run.ts'

const run = (status: RunStatus, code?: string) => (code === undefined ? { status } : { status, error: { code } })

describe('the exit code', () => {
  test.each([
    ['ok', 0],
    ['partial', 5],
    ['failed', 1],
    ['stopped', 4],
    ['not_run', 4],
  ] as const)('of one run that is %s is %i', (status, code) => {
    expect(exitCodeOf([run(status)])).toBe(code)
  })

  test('of nothing to do is 0', () => {
    expect(exitCodeOf([])).toBe(0)
  })

  test('of several runs is the first of 70, 1, 4, 5, 0 that applies, in whatever order they come', () => {
    const all = [run('ok'), run('partial'), run('stopped'), run('failed'), run('failed', 'MR-7000')]
    for (const [length, code] of [
      [1, 0],
      [2, 5],
      [3, 4],
      [4, 1],
      [5, 70],
    ] as const)
      fc.assert(
        fc.property(fc.shuffledSubarray(all.slice(0, length), { minLength: length }), (runs) => {
          expect(exitCodeOf(runs)).toBe(code)
        }),
      )
  })

  test('of a configuration that is wrong is 2 where nothing ran, and 1 beside a run that did', () => {
    const wrong = new MillraceError('MR-1208', { message: 'unknown field' })
    expect(exitCodeOf([run('failed', 'MR-1208'), wrong])).toBe(2)
    expect(exitCodeOf([run('failed', 'MR-1208'), run('not_run', 'MR-4001'), wrong])).toBe(2)
    expect(exitCodeOf([run('ok'), run('failed', 'MR-1208'), wrong])).toBe(1)
  })

  test('of a connector that broke its contract in the middle of a run is 1, and 2 where it cannot be loaded', () => {
    expect(exitCodeOf([run('failed', 'MR-1401'), new MillraceError('MR-1401', { message: 'threw' })])).toBe(1)
    expect(exitCodeOf([new MillraceError('MR-1401', { message: 'not loaded', exit: 2 })])).toBe(2)
  })

  test('of an error is the one of the catalogue, and of anything else thrown 70', () => {
    const error = new MillraceError('MR-4001', { message: 'held' })
    expect(exitCodeOf([error])).toBe(4)
    expect(exitCodeOf([new MillraceErrors([error, new MillraceError('MR-1203', { message: 'unknown key' })])])).toBe(2)
    expect(exitCodeOf([new TypeError('x is not a function')])).toBe(70)
    expect(exitCodeOf([Object.assign(new Error('write'), { code: 'ENOSPC' })])).toBe(1)
  })

  test('of a run that a signal stopped is 130', () => {
    expect(exitCodeOf([run('failed', 'MR-7001'), run('failed')])).toBe(130)
  })
})
