import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  emptyEtlLedger,
  emptyReverseLedger,
  etlImbalance,
  loaded,
  reverseImbalance,
  sumLedgers,
  type EtlLedger,
} from '../../src/model/ledger.ts'

const count = fc.nat(1000)
const outcomes = fc.record({
  inserted: count,
  updated: count,
  deleted: count,
  unchanged: count,
  stale: count,
  duplicates: count,
  filtered: count,
  rejected: count,
})
const balanced: fc.Arbitrary<EtlLedger> = fc
  .tuple(
    outcomes,
    fc.record({ closed: count, replaced: count, swept: count }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([out, sides, part]) => {
    const total = Object.values(out).reduce((sum, n) => sum + n, 0)
    const derived = Math.floor(total * part)
    return { ...emptyEtlLedger, ...out, ...sides, derived, read: total - derived }
  })

describe('the ledger of ETL', () => {
  test('balances where every row that came went somewhere, whatever the side counts say', () => {
    fc.assert(
      fc.property(balanced, (ledger) => {
        expect(etlImbalance(ledger)).toBeUndefined()
      }),
    )
  })

  test('does not balance when any count inside the equation is off by one', () => {
    const inside = [
      'read',
      'derived',
      'inserted',
      'updated',
      'deleted',
      'unchanged',
      'stale',
      'duplicates',
      'filtered',
      'rejected',
    ] as const
    fc.assert(
      fc.property(balanced, fc.constantFrom(...inside), (ledger, name) => {
        expect(etlImbalance({ ...ledger, [name]: ledger[name] + 1 })).toContain(`${name} ${ledger[name] + 1}`)
      }),
    )
  })

  test('of many balances where each of them does, and adds up', () => {
    fc.assert(
      fc.property(fc.array(balanced, { maxLength: 5 }), (ledgers) => {
        const sum = sumLedgers(emptyEtlLedger, ledgers)
        expect(etlImbalance(sum)).toBeUndefined()
        expect(loaded(sum)).toBe(ledgers.reduce((total, ledger) => total + loaded(ledger), 0))
      }),
    )
  })
})

describe('the ledger of reverse ETL', () => {
  test('balances over rows and over what became of their changes', () => {
    expect(reverseImbalance(emptyReverseLedger)).toBeUndefined()
    expect(
      reverseImbalance({
        ...emptyReverseLedger,
        model_rows: 5,
        added: 2,
        unchanged: 1,
        retry: 1,
        invalid: 1,
        removed: 1,
        delivered: 3,
        rejected: 1,
      }),
    ).toBeUndefined()
    expect(reverseImbalance({ ...emptyReverseLedger, model_rows: 1 })).toContain('model_rows 1')
    expect(reverseImbalance({ ...emptyReverseLedger, removed: 1 })).toContain('removed 1')
  })
})
