/** What makes rows others than those that stand is refused behind a backfill, a trial or a first run that was stopped, too: no live scan was complete yet. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Stream } from '../../src/connector/contract.ts'
import { createVendor } from '../etl/vendor.ts'
import { codes, openWorld, type RunOptions, type World } from '../etl/world.ts'

const begin = '2026-01-01T00:00:00.000Z'
const seconds = (n: number) => new Date(Date.parse(begin) + n * 1000).toISOString()
const only: RunOptions = { streams: [{}] }
const masked: RunOptions = { streams: [{ mask: { id: 'sha256' } }] }
let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

function vendorOf(count: number, people: Partial<Stream> = {}) {
  const vendor = createVendor({
    readAt: world.clock,
    withoutChildren: true,
    people: { boundedBy: 'updated_at', enumerates: false, ...people },
  })
  for (let id = 1; id <= count; id++) {
    vendor.put(id, { name: `n${id}` })
    vendor.pass()
  }
  return vendor
}

test('a mask on the key, in the first live run', async () => {
  const { connector } = vendorOf(3)
  await world.backfill(connector, { from: begin, to: seconds(3) }, only)
  const outcome = await world.run(connector, masked)
  expect(await world.rows('SELECT count(*) AS n FROM crm.people WHERE _deleted_at IS NULL')).toEqual([{ n: '3' }])
  expect(codes(outcome)).toEqual(['MR-2201'])
})

test('a mask on the key, in the next part', async () => {
  const { connector } = vendorOf(6)
  await world.backfill(connector, { from: begin, to: seconds(3) }, only)
  await expect(world.backfill(connector, { from: begin, to: seconds(6) }, masked)).rejects.toMatchObject({
    code: 'MR-2201',
  })
})

test('a mask on the key, behind a trial with --limit', async () => {
  const { connector } = vendorOf(9)
  await world.run(connector, { ...only, limit: 3 })
  const outcome = await world.run(connector, masked)
  expect(await world.rows('SELECT count(*) AS n FROM crm.people WHERE _deleted_at IS NULL')).toEqual([{ n: '3' }])
  expect(codes(outcome)).toEqual(['MR-2201'])
})

test('a mask on the key is not refused behind a trial that found no row', async () => {
  await world.run(vendorOf(0).connector, { ...only, limit: 3 })
  const vendor = vendorOf(1)
  expect(codes(await world.run(vendor.connector, masked))).toEqual([])
})

test('a mask on the key, behind a first run that was stopped', async () => {
  const vendor = vendorOf(9)
  vendor.onPage = (page) => {
    if (page === 3) throw new TypeError('the vendor is gone')
  }
  await world.run(vendor.connector, only)
  vendor.onPage = () => undefined
  const outcome = await world.run(vendor.connector, masked)
  expect(await world.rows('SELECT count(*) AS n FROM crm.people WHERE _deleted_at IS NULL')).toEqual([{ n: '6' }])
  expect(codes(outcome)).toEqual(['MR-2201'])
})

test('another account that the connection names, behind a trial with --limit', async () => {
  await world.run(vendorOf(9, { source: 'account A' }).connector, { ...only, limit: 3 })
  const outcome = await world.run(vendorOf(2, { source: 'account B' }).connector, only)
  expect(codes(outcome)).toEqual(['MR-2201'])
})

test('a mask on the key, behind `sync state reset`', async () => {
  const { connector } = vendorOf(3)
  await world.run(connector, only)
  await world.warehouse.session({ runId: 'reset', purpose: 'reset' }, ({ state }) => state.reset('crm', null))
  const outcome = await world.run(connector, masked)
  expect(await world.rows('SELECT count(*) AS n FROM crm.people WHERE _deleted_at IS NULL')).toEqual([{ n: '3' }])
  expect(codes(outcome)).toEqual(['MR-2201'])
})

test('a mask that comes behind a backfill of what is before the start: a run says what stands in clear', async () => {
  const { connector } = vendorOf(6)
  const late = { sync: { start: seconds(3) } }
  const [stream] = (await connector.streams?.({ signal: new AbortController().signal })) ?? []
  const { read, ...people } = stream ?? expect.unreachable()
  // As vendors do that heed a `start`.
  const heeding: typeof read = (scan, context) => read({ ...scan, from: scan.from ?? scan.start }, context)
  const source = { ...connector, streams: () => Promise.resolve([{ ...people, read: heeding }]) }
  await world.backfill(source, { from: begin, to: seconds(3) }, { ...only, ...late })
  const { events } = await world.run(source, { streams: [{ mask: { name: 'redact' } }], ...late })
  expect((await world.rows(`SELECT name FROM crm.people ORDER BY id`)).map(({ name }) => name)).toContain('n1')
  const told = events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
  expect(told.join('\n')).toMatch(/\bname\b/)
})
