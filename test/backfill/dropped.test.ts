/** What a backfill has filled is forgotten with its table, also where no live run has been there yet. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createVendor } from '../etl/vendor.ts'
import { openWorld, type RunOptions, type World } from '../etl/world.ts'
import { begin, failAt, only, peopleBySecond, seconds } from './people-by-second.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

test('a part is read again after its table was dropped', async () => {
  const vendor = peopleBySecond(world, 6)
  const range = { from: begin, to: seconds(6), step: { ms: 3000 } }
  await world.backfill(vendor.connector, range, only)
  await world.backfill(vendor.connector, range, only)
  expect(await world.backfill(vendor.connector, range, only)).toBeNull()
  await world.rows('DROP TABLE crm.people')
  for (let parts = 0; parts < 3; parts++) await world.backfill(vendor.connector, range, only)
  expect(await world.rows('SELECT count(*) AS n FROM crm.people')).toEqual([{ n: '6' }])
})

test('a part that was interrupted begins again after its table was dropped', async () => {
  const vendor = peopleBySecond(world, 9)
  const range = { from: begin, to: seconds(9) }
  failAt(vendor, 3)
  expect(await world.backfill(vendor.connector, range, only)).toMatchObject({ ledger: { read: 6 } })
  vendor.onPage = () => undefined
  await world.rows('DROP TABLE crm.people')
  await world.backfill(vendor.connector, range, only)
  expect(await world.rows('SELECT count(*) AS n FROM crm.people')).toEqual([{ n: '9' }])
})

test('a part from before the sync’s start is read again after the table was dropped and a live run has made it anew', async () => {
  const vendor = peopleBySecond(world, 6)
  const late: RunOptions = { ...only, sync: { start: seconds(3) } }
  const { read, ...people } =
    (await vendor.connector.streams?.({ signal: new AbortController().signal }))?.[0] ?? expect.unreachable()
  // As vendors do that heed a `start`.
  const connector = {
    ...vendor.connector,
    streams: () =>
      Promise.resolve([
        {
          ...people,
          read: (...[scan, context]: Parameters<typeof read>) =>
            read({ ...scan, from: scan.from ?? scan.start }, context),
        },
      ]),
  }
  const range = { from: begin, to: seconds(3) }
  await world.backfill(connector, range, late)
  await world.rows('DROP TABLE crm.people')
  await world.run(connector, late)
  await world.backfill(connector, range, late)
  expect(await world.rows('SELECT count(*) AS n FROM crm.people')).toEqual([{ n: '6' }])
})

test('parts are read again after the table of what comes inside was dropped, and the rows that stand are known still', async () => {
  const vendor = createVendor({ readAt: world.clock, people: { boundedBy: 'updated_at' } })
  vendor.put(1, { items: ['a'] })
  vendor.pass()
  const range = { from: begin, to: seconds(1) }
  await world.backfill(vendor.connector, range)
  await world.rows('DROP TABLE crm.items')
  const masked: RunOptions = { streams: [{ mask: { id: 'sha256' } }, { name: 'items', mask: { person: 'sha256' } }] }
  for (let tries = 0; tries < 2; tries++)
    await expect(world.backfill(vendor.connector, range, masked)).rejects.toMatchObject({ code: 'MR-2201' })
  await world.backfill(vendor.connector, range)
  expect(await world.rows('SELECT count(*) AS n FROM crm.items')).toEqual([{ n: '1' }])
})
