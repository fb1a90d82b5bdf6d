import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimalOf, widen, type LogicalType } from '../../src/model/logical-type.ts'

const plain = ['string', 'integer', 'double', 'boolean', 'date', 'timestamp', 'json', 'binary'] as const
const type: fc.Arbitrary<LogicalType> = fc.oneof(
  fc.constantFrom<LogicalType>(...plain),
  fc
    .integer({ min: 1, max: 38 })
    .chain((precision) =>
      fc.integer({ min: 0, max: precision }).map((scale): LogicalType => `decimal(${precision},${scale})`),
    ),
)

/** Does the wider type hold whatever the narrower one does? A double stands above all numbers: that is the documented chain. */
function holds(wide: LogicalType, narrow: LogicalType): boolean {
  if (wide === narrow || wide === 'json') return true
  if (wide === 'string') return narrow !== 'json'
  const number = (of: LogicalType) => (of === 'integer' ? { precision: 19, scale: 0 } : decimalOf(of))
  const [w, n] = [number(wide), number(narrow)]
  if (wide === 'double') return n !== undefined
  if (wide === 'timestamp') return narrow === 'date'
  return w !== undefined && n !== undefined && w.scale >= n.scale && w.precision - w.scale >= n.precision - n.scale
}

describe('widening', () => {
  test('gives a type that holds both, whichever of them is stored', () => {
    fc.assert(
      fc.property(type, type, (stored, incoming) => {
        const wide = widen(stored, incoming)
        expect([wide, holds(wide, stored), holds(wide, incoming)]).toEqual([wide, true, true])
        expect(wide).toBe(widen(incoming, stored))
      }),
    )
  })

  test('has an end: what was widened once stays, when the same comes again', () => {
    fc.assert(
      fc.property(type, type, (stored, incoming) => {
        expect(widen(widen(stored, incoming), incoming)).toBe(widen(stored, incoming))
      }),
    )
  })

  test('in whatever order types come, never loses what one of them needs', () => {
    fc.assert(
      fc.property(fc.array(type, { minLength: 1, maxLength: 5 }), (types) => {
        const wide = types.reduce((stored, incoming) => widen(stored, incoming))
        for (const one of types) expect([wide, one, holds(wide, one)]).toEqual([wide, one, true])
      }),
    )
  })

  test.each([
    ['integer', 'decimal(10,2)', 'decimal(21,2)'],
    ['decimal(38,0)', 'decimal(10,2)', 'double'],
    ['integer', 'double', 'double'],
    ['double', 'string', 'string'],
    ['boolean', 'integer', 'string'],
    ['date', 'timestamp', 'timestamp'],
    ['timestamp', 'integer', 'string'],
    ['string', 'json', 'json'],
    ['binary', 'string', 'string'],
  ] as const)('%s and %s make %s', (stored, incoming, wide) => {
    expect(widen(stored, incoming)).toBe(wide)
  })
})
