/** A part of a backfill that ends before its first rows forgets nothing of rows that stand. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createVendor } from '../etl/vendor.ts'
import { codes, openWorld, type RunOptions, type World } from '../etl/world.ts'

const begin = '2026-01-01T00:00:00.000Z'
let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

function vendorOf(count: number) {
  const vendor = createVendor({ readAt: world.clock, people: { boundedBy: 'updated_at' } })
  for (let id = 1; id <= count; id++) {
    vendor.put(id, { name: `n${id}`, items: ['a'] })
    vendor.pass()
  }
  return vendor
}

test('what is known of a table outlives a part of a backfill that ends before its first rows', async () => {
  const vendor = vendorOf(5)
  await world.run(vendor.connector)
  await world.warehouse.session({ runId: 'reset', purpose: 'reset' }, ({ state }) => state.reset('crm', null))
  await world.rows('DROP TABLE crm.items')
  await world.rows('ALTER TABLE crm.people DROP COLUMN name')
  await expect(
    world.backfill(
      vendor.connector,
      { from: begin, to: null },
      {
        streams: [{ schemaChanges: 'freeze' }, { name: 'items' }],
      },
    ),
  ).rejects.toMatchObject({ code: 'MR-2201' })
  const masked: RunOptions = { streams: [{ mask: { id: 'sha256' } }, { name: 'items', mask: { person: 'sha256' } }] }
  expect(codes(await world.run(vendor.connector, masked))).toEqual(['MR-2201'])
})
