/** What a backfill that was interrupted has left is gone on with, or given up: never left open for ever. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createVendor, type Vendor } from '../etl/vendor.ts'
import { openWorld, type RunOptions, type World } from '../etl/world.ts'

const begin = '2026-01-01T00:00:00.000Z'
const only: RunOptions = { streams: [{}] }
const seconds = (n: number) => new Date(Date.parse(begin) + n * 1000).toISOString()
let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

function vendorOf(count: number): Vendor {
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { boundedBy: 'updated_at' } })
  for (let id = 1; id <= count; id++) {
    vendor.put(id, { name: `n${id}` })
    vendor.pass()
  }
  return vendor
}

test('a part that was interrupted is over when its range has been read in smaller steps', async () => {
  const vendor = vendorOf(9)
  await world.run(vendor.connector, only)
  const range = { from: begin, to: seconds(9) }
  const pages = vendor.pagesRead()
  vendor.onPage = (page) => {
    if (page === pages + 3) throw new TypeError('the vendor is gone')
  }
  expect((await world.backfill(vendor.connector, range, only))?.errors).toHaveLength(1)
  vendor.onPage = () => undefined
  // As somebody does who takes the first step for too large.
  const smaller = { ...range, step: { ms: 3000 } }
  for (let parts = 0; parts < 3; parts++) await world.backfill(vendor.connector, smaller, only)
  expect(await world.backfill(vendor.connector, smaller, only)).toBeNull()
  expect(await world.backfill(vendor.connector, range, only)).toBeNull()
  // While one is open, every commit of the stream writes its unchanged rows anew.
  expect(await world.rows('SELECT "partition" FROM _millrace.cursors WHERE scan IS NOT NULL')).toEqual([])
})
