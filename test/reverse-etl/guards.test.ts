import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLimit } from '../../src/config/limit.ts'
import type { ReverseLimits } from '../../src/config/project.ts'
import { checkGuards, guardError, type GuardCounts } from '../../src/reverse-etl/guards.ts'

const counts: GuardCounts = {
  sync: 'customerio_people',
  model: 'people',
  model_rows: 48_112,
  accepted: 48_003,
  added: 0,
  changed: 0,
  removed: 0,
}

const defaults: ReverseLimits = {
  maxAdded: { fraction: 1 },
  maxChanged: { fraction: 0.5 },
  maxRemoved: { fraction: 0.05 },
  onEmpty: 'stop',
}

function stop(own: Partial<GuardCounts>, limits: Partial<ReverseLimits> = {}, optOuts = 0) {
  const all = { ...counts, ...own }
  return guardError(all, checkGuards(all, { ...defaults, ...limits }), optOuts)
}

describe('guards', () => {
  it('say what would happen, how much that is, and what allows it', () => {
    const error = stop({ changed: 31_204 }, { maxChanged: { fraction: 0.3 } })
    expect(error).toMatchObject({
      code: 'MR-4102',
      message: 'customerio_people would change 31,204 rows, 65 % of what was accepted; max_changed is 30 %.',
      kept: 'Nothing was sent. Snapshot and destination are as they were.',
      next: [
        'See them:        millrace sync plan customerio_people',
        'If it is right:  millrace sync run customerio_people --max-changed 66%',
      ],
      exitCode: 4,
    })
  })

  it.each<[string, Partial<GuardCounts>, Partial<ReverseLimits>, string | undefined]>([
    ['rows: at the limit', { added: 10_000 }, { maxAdded: { rows: 10_000 } }, undefined],
    [
      'rows: one more',
      { added: 10_001 },
      { maxAdded: { rows: 10_000 } },
      'MR-4101 customerio_people would add 10,001 rows; max_added is 10,000.',
    ],
    ['percent: at the limit', { removed: 50, accepted: 1000 }, {}, undefined],
    [
      'percent: one more',
      { removed: 51, accepted: 1000 },
      {},
      'MR-4103 customerio_people would remove 51 rows, 5.1 % of what was accepted; max_removed is 5 %.',
    ],
    [
      'percent: a hair more',
      { removed: 50_001, accepted: 1_000_000 },
      {},
      'MR-4103 customerio_people would remove 50,001 rows, 5.0001 % of what was accepted; max_removed is 5 %.',
    ],
    ['percent that binary cannot write', { changed: 29, accepted: 100 }, { maxChanged: { fraction: 0.29 } }, undefined],
    [
      'a part of a percent',
      { changed: 7, accepted: 1000 },
      { maxChanged: { fraction: 0.005 } },
      'MR-4102 customerio_people would change 7 rows, 1 % of what was accepted; max_changed is 0.5 %.',
    ],
    ['nothing accepted yet: a share of nothing says nothing', { added: 48_112, accepted: 0 }, {}, undefined],
    [
      'nothing accepted yet: rows are rows',
      { added: 48_112, accepted: 0 },
      { maxAdded: { rows: 100 } },
      'MR-4101 customerio_people would add 48,112 rows; max_added is 100.',
    ],
    [
      'nothing accepted yet: a removal is asked about',
      { removed: 8, accepted: 0 },
      { maxRemoved: { fraction: 0.99 } },
      'MR-4103 customerio_people would remove 8 rows that were to be sent and that the destination is not known to have taken; max_removed is 99 % of what was accepted, which is nothing yet.',
    ],
    [
      'nothing accepted yet: all may be removed',
      { removed: 8, accepted: 0 },
      { maxRemoved: { fraction: 1 } },
      undefined,
    ],
    [
      'nothing accepted yet: so many removals are allowed',
      { removed: 8, accepted: 0 },
      { maxRemoved: { rows: 8 } },
      undefined,
    ],
    [
      'an empty model',
      { model_rows: 0, removed: 48_003 },
      {},
      'MR-4104 customerio_people: the model people is empty, and 48,003 rows were accepted before; on_empty is stop.',
    ],
    [
      'an empty model that may be',
      { model_rows: 0, removed: 48_003 },
      { onEmpty: 'proceed', maxRemoved: { fraction: 1 } },
      undefined,
    ],
    ['nothing to do', {}, {}, undefined],
  ])('%s', (_what, own, limits, expected) => {
    const error = stop(own, limits)
    expect(error && `${error.code} ${error.message}`).toBe(expected)
  })

  it('name every flag that is needed, so that one more run is enough', () => {
    expect(stop({ model_rows: 0, removed: 48_003 })?.next[1]).toBe(
      'If it is right:  millrace sync run customerio_people --max-removed 100% --on-empty proceed',
    )
  })

  it('say that opt-outs went, where they did', () => {
    expect(stop({ changed: 40_000 }, {}, 18)?.kept).toBe(
      'Only the 18 rows that turned to opted out go; everything else waits, and is as it was.',
    )
  })

  it('let a run through with the flags that they name', () => {
    const rows = fc.nat(10_000)
    const limit = fc.oneof(
      fc.record({ rows: fc.nat(10_000) }),
      fc.record({ fraction: fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 1000) }),
    )
    fc.assert(
      fc.property(
        fc.record({ accepted: rows, added: rows, changed: rows, removed: rows }),
        fc.record({ maxAdded: limit, maxChanged: limit, maxRemoved: limit }),
        (own, limits) => {
          const flags = checkGuards({ ...counts, ...own }, { ...defaults, ...limits }).flatMap(({ name, override }) => {
            const text = override?.split(' ')[1]
            return text === undefined ? [] : [[name, parseLimit(text)] as const]
          })
          const allowed = Object.fromEntries(
            flags.map(([name, value]) => [name.replace(/_(.)/, (_, letter: string) => letter.toUpperCase()), value]),
          )
          expect(stop(own, { ...limits, ...allowed })).toBeUndefined()
        },
      ),
    )
  })
})
