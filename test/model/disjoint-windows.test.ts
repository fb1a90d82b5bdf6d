import fc from 'fast-check'
import { expect, test } from 'vitest'
import { disjointWindows } from '../../src/model/disjoint-windows.ts'

const day = (number: number) => new Date(Date.UTC(2026, 0, number)).toISOString().slice(0, 10)
const at = (hour: number) => new Date(Date.UTC(2026, 5, 1, hour)).toISOString()

const windows = fc.array(
  fc.record({ from: fc.integer({ min: 1, max: 12 }), length: fc.nat(5), account: fc.nat(1), hour: fc.nat(3) }),
  { minLength: 1, maxLength: 6 },
)

test('every day of every window is in exactly one, with the latest reading of it; no other day is', () => {
  fc.assert(
    fc.property(windows, (given) => {
      const made = disjointWindows(
        given.map(({ from, length, account, hour }) => ({
          from: day(from),
          to: day(from + length),
          of: { account: String(account) },
          readBefore: at(hour),
        })),
      )
      for (const account of [0, 1])
        for (let number = 0; number <= 20; number++) {
          const holding = given.filter(
            (each) => each.account === account && each.from <= number && number <= each.from + each.length,
          )
          const found = made.filter(
            (each) => each.of['account'] === String(account) && each.from <= day(number) && day(number) <= each.to,
          )
          const expected = holding.length > 0 ? [at(Math.max(...holding.map(({ hour }) => hour)))] : []
          expect(found.map(({ readBefore }) => readBefore)).toEqual(expected)
        }
    }),
  )
})
