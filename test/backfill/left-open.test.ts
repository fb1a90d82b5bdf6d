/** What a backfill that was interrupted has left is gone on with, or given up: never left open for ever. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openWorld, type World } from '../etl/world.ts'
import { begin, failAt, only, peopleBySecond, seconds } from './people-by-second.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

test('a part that was interrupted is over when its range has been read in smaller steps', async () => {
  const vendor = peopleBySecond(world, 9)
  await world.run(vendor.connector, only)
  const range = { from: begin, to: seconds(9) }
  const pages = vendor.pagesRead()
  failAt(vendor, pages + 3)
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
