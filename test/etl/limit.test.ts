/** `--limit` binds whatever a connector makes of it. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Scan, ScanItem, Stream } from '../../src/connector/contract.ts'
import { createVendor } from './vendor.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

/** Pages of ten people, without an end; it asks for no limit, and tells when it is closed. */
function endless(told: { pages: number; closed: boolean }, withItems: boolean): Stream['read'] {
  return async function* (_scan: Scan): AsyncGenerator<ScanItem> {
    try {
      for (;;) {
        const ids = Array.from({ length: 10 }, (_, index) => told.pages * 10 + index)
        told.pages++
        const readAt = world.clock()
        yield { kind: 'records', readAt, records: ids.map((id) => ({ id, name: `n${id}` })) }
        const child = { stream: 'items', parents: ids.map(String) }
        if (withItems)
          yield { kind: 'records', readAt, child, records: ids.map((id) => ({ id: `${id}-a`, person: id, item: 'a' })) }
        yield { kind: 'checkpoint', resume: told.pages }
      }
    } finally {
      told.closed = true
    }
  }
}

async function runEndless(withItems: boolean) {
  const told = { pages: 0, closed: false }
  const people = { read: endless(told, withItems) }
  const vendor = createVendor({ readAt: world.clock, withoutChildren: !withItems, people })
  vendor.pass()
  const streams = withItems ? [{}, { name: 'items' }] : [{}]
  return { told, outcome: await world.run(vendor.connector, { streams, limit: 25 }) }
}

it('a stream without an end is closed behind the batch that reaches the limit, and is complete in nothing', async () => {
  const { told, outcome } = await runEndless(false)
  expect(outcome.errors).toEqual([])
  expect(outcome.streams['people']).toMatchObject({ read: 30, loaded: 30 })
  expect(told).toEqual({ pages: 3, closed: true })
  expect(await world.rows('SELECT watermark FROM _millrace.cursors WHERE watermark IS NOT NULL')).toEqual([])
})

it('the children of the last rows come with them', async () => {
  const { told, outcome } = await runEndless(true)
  expect(outcome.errors).toEqual([])
  expect(told).toEqual({ pages: 3, closed: true })
  expect(outcome.streams).toMatchObject({ people: { loaded: 30 }, items: { loaded: 30 } })
})

it('a first scan is told of rows that stand though nothing is complete: of a trial, and behind a reset', async () => {
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true })
  for (const id of [1, 2, 3, 4]) vendor.put(id)
  vendor.pass()
  const run = async (limit: number | null) =>
    expect((await world.run(vendor.connector, { streams: [{}], limit })).errors).toEqual([])
  await run(2)
  await run(null)
  await run(null)
  await world.warehouse.session({ runId: 'reset', purpose: 'reset' }, (session) => session.state.reset('crm', null))
  await run(null)
  expect(vendor.scans.map(({ from, stands }) => [from === null, stands])).toEqual([
    [true, undefined],
    [true, true],
    [false, undefined],
    [true, true],
  ])
})
