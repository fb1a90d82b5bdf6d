/** A whole pass is done for the time up to which it read, as a part is. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createVendor } from '../etl/vendor.ts'
import { openWorld, type RunOptions, type World } from '../etl/world.ts'
import { failAt, only, peopleBySecond } from './people-by-second.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

test('of a stream that cannot be cut, a range after the last whole pass is not done', async () => {
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { boundedBy: undefined } })
  vendor.put(1, { name: 'first' })
  vendor.pass()
  await world.run(vendor.connector, only)
  expect(await world.backfill(vendor.connector, { from: null, to: null }, only)).toMatchObject({ ledger: { read: 1 } })
  // Months later rows are lost by hand, and somebody asks for just those days.
  vendor.pass(90 * 86_400_000)
  const from = vendor.now().toISOString()
  vendor.put(2, { name: 'later' })
  vendor.pass(86_400_000)
  await world.run(vendor.connector, only)
  await world.rows('DELETE FROM crm.people WHERE id = 2 RETURNING id')
  await world.backfill(vendor.connector, { from, to: vendor.now().toISOString() }, only)
  expect(await world.rows('SELECT id FROM crm.people ORDER BY id')).toEqual([{ id: '1' }, { id: '2' }])
})

test('of a stream that cannot be cut, --from before the sync’s start is heeded as it is of any other', async () => {
  const start = '2026-01-01T00:00:05.000Z'
  const from = '2025-06-01T00:00:00.000Z'
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { boundedBy: undefined } })
  vendor.put(1, { name: 'first' })
  vendor.pass(60_000)
  const since: RunOptions = { ...only, sync: { start } }
  await world.run(vendor.connector, since)
  await world.backfill(vendor.connector, { from, to: null }, since)
  expect(vendor.scans.at(-1)?.start).toBe(from)
})

test('of a stream that cannot be cut, a pass that was stopped is not gone on with from an earlier --from', async () => {
  const vendor = peopleBySecond(world, 9, { uncut: true })
  const since: RunOptions = { ...only, sync: { start: '2026-01-01T00:00:05.000Z' } }
  const pass = { from: null, to: null }
  failAt(vendor, 3)
  await world.backfill(vendor.connector, pass, since)
  vendor.onPage = () => undefined
  const from = '2025-06-01T00:00:00.000Z'
  expect(await world.backfill(vendor.connector, { ...pass, from }, since)).toMatchObject({ ledger: { read: 9 } })
  expect(vendor.scans.at(-1)).toMatchObject({ start: from, resume: null })
  expect(await world.backfill(vendor.connector, pass, since)).toBeNull()
})

test('of a stream that cannot be cut, a pass that was stopped is gone on with where --to is not over yet', async () => {
  const vendor = peopleBySecond(world, 9, { uncut: true })
  failAt(vendor, 3)
  const year = { from: '2026-01-01T00:00:00.000Z', to: '2026-12-31T00:00:00.000Z' }
  await world.backfill(vendor.connector, year, only)
  vendor.onPage = () => undefined
  vendor.pass()
  await world.backfill(vendor.connector, year, only)
  expect(vendor.scans.at(-1)?.resume).not.toBeNull()
})
