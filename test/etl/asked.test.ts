import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
let vendor: Vendor
beforeEach(() => {
  world = openWorld()
  vendor = createVendor({ readAt: world.clock, withoutChildren: true })
  vendor.put(1, { name: 'a' })
  vendor.pass()
})
afterEach(() => world.close())

const run = async (config: NonNullable<RunOptions['streams']>[number], options: RunOptions = {}) => {
  const { events } = await world.run(vendor.connector, { ...options, streams: [config] })
  return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
}

describe('options that have changed since the rows of a table were loaded', () => {
  it.each([
    [
      'a mask',
      {},
      { mask: { name: 'redact' } } as const,
      /name of rows that were loaded before stand in the table unmasked/,
    ],
    ['a mask that was', { mask: { name: 'redact' } } as const, {}, /name of rows that were loaded before stay masked/],
    ['a where', { where: 'id < 9' }, { where: 'id < 5' }, /rows that were loaded by another {2}where {2}stay/],
  ])('are said once: %s', async (_, before, after, words) => {
    expect(await run(before)).toEqual([])
    expect(await run(before)).toEqual([])
    expect(await run(after)).toEqual([expect.stringMatching(words)])
    expect(await run(after)).toEqual([])
  })

  it('are said of an earlier start, and not of a later one', async () => {
    const from = (start: string | null) => run({}, { sync: { start } })
    expect(await from('2026-01-01T00:00:00.000Z')).toEqual([])
    expect(await from('2026-02-01T00:00:00.000Z')).toEqual([])
    expect(await from('2025-01-01T00:00:00.000Z')).toEqual([
      expect.stringMatching(/rows from before the old {2}start {2}are not there.*--full-refresh/),
    ])
  })

  it('are not said where everything is read again', async () => {
    await run({})
    expect(await run({ mask: { name: 'redact' } }, { fullRefresh: true })).toEqual([])
    expect(await world.rows('SELECT name FROM crm.people')).toEqual([{ name: '***' }])
  })
})
