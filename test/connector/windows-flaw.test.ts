/** By its windows a checkpoint deletes what is stored of days: what they say is looked at before it is believed. */
import { expect, it } from 'vitest'
import type { ScanItem, Scan, Stream } from '../../src/connector/contract.ts'
import { itemFlaw } from '../../src/connector/item-flaw.ts'

const report = { name: 'spend', reportsDays: true, boundedBy: 'day', windowOf: ['account'] }

const flawOf = (windows: unknown, stream: object = report) =>
  itemFlaw({ kind: 'checkpoint', resume: 1, windows } as ScanItem, {
    stream: stream as Stream, // nothing else of it is looked at
    scan: {} as Scan, // nor of this
  })

const window = (parts: object = {}) => ({ from: '2026-11-01', to: '2026-11-02', of: { account: 'A' }, ...parts })
const wholeDays = { ...report, windowOf: undefined }

it.each([
  ['of an account', [window(), window({ from: '2026-11-02' })], report],
  ['of all rows of its days', [{ from: '2026-11-01', to: '2026-11-01' }], wholeDays],
  ['that there are none of', [], { name: 'orders' }],
  ['that are not given', undefined, { name: 'orders' }],
])('windows %s are right', (_, windows, stream) => {
  expect(flawOf(windows, stream)).toBeNull()
})

it.each([
  ['no list', window(), 'are no list, but {"from":"2026-11-01"'],
  ['a Date', [window({ from: new Date('2026-11-01') })], 'has in `from` "2026-11-01T00:00:00.000Z", which is no day'],
  ['an instant', [window({ to: '2026-11-02T00:00:00Z' })], 'has in `to` 2026-11-02T00:00:00Z, which is no day'],
  ['a day that there is not', [window({ to: '2026-11-31' })], 'has in `to` 2026-11-31'],
  ['nothing', [null], 'has in `from` undefined'],
  ['days the wrong way round', [window({ from: '2026-11-03' })], 'from 2026-11-03 to 2026-11-02, which is before it'],
  [
    'a field that nobody named',
    [window({ of: { nosuch: 'A' } })],
    'is `of` nosuch, and `windowOf` of the stream names',
  ],
  ['one without its field', [window(), window({ of: undefined })], 'is `of` nothing, and `windowOf` of the stream'],
  ['a number', [window({ of: { account: 5 } })], 'is of account 5 (number), which is no text'],
])('%s among windows is told', (_, windows, words) => {
  expect(flawOf(windows)).toContain(words)
})

it('a stream that reports no days has none', () => {
  expect(flawOf([window()], { name: 'orders' })).toBe(
    'a checkpoint has `windows`, and orders does not say `reportsDays`',
  )
})
