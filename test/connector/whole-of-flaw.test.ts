/** By it a pass deletes or replaces rows: what it says is looked at before it is believed. */
import { expect, it } from 'vitest'
import type { Scan, ScanItem, Stream } from '../../src/connector/contract.ts'
import { itemFlaw } from '../../src/connector/item-flaw.ts'

const flawOf = (wholeOf: unknown) =>
  itemFlaw({ kind: 'checkpoint', resume: 1, wholeOf } as ScanItem, {
    stream: { name: 'orders', key: ['shop', 'id'], windowOf: ['account'] } as Partial<Stream> as Stream, // nothing else of it is looked at
    scan: {} as Scan, // nor of this
  })

it.each([undefined, { field: 'shop', values: [] }, { field: 'account', values: ['A', 'B'] }])('%j is right', (of) => {
  expect(flawOf(of)).toBeNull()
})

it.each([
  ['a list', ['A'], 'names the field undefined; of orders it may be shop, id, account'],
  ['another field', { field: 'name', values: ['A'] }, 'names the field name'],
  ['no list', { field: 'shop', values: 'A' }, 'are no list, but A'],
  ['a number', { field: 'shop', values: ['A', 5] }, 'have 5 (number), which is no text'],
])('%s is told', (_, of, words) => {
  expect(flawOf(of)).toContain(words)
})
