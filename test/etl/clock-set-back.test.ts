import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createVendor } from './vendor.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

const hour = 3_600_000

describe('our clock is an hour behind what it was in the run before', () => {
  test('what came inside a row that changed since is as the vendor has it', async () => {
    const vendor = createVendor({ readAt: world.clock })
    vendor.put(1, { name: 'ann', items: ['a', 'b'] })
    vendor.pass()
    await world.run(vendor.connector)
    world.setClock(world.clock().getTime() - hour)
    vendor.put(1, { name: 'ann', items: ['b', 'c'] })
    vendor.pass()
    const { events } = await world.run(vendor.connector)
    vendor.pass()
    world.setClock(world.clock().getTime() + 2 * hour)
    await world.run(vendor.connector)
    expect(await world.rows('SELECT item FROM crm.items WHERE _deleted_at IS NULL ORDER BY item')).toEqual([
      { item: 'b' },
      { item: 'c' },
    ])
    expect(events.flatMap((event) => (event.type === 'run.warning' ? event.message : []))).toEqual([
      expect.stringMatching(
        /^people: by this machine’s clock it is 2026-11-20T09:00:00.*, 3600 s before the last commit/,
      ),
    ])
  })

  test('a row without a version that changed since is as the vendor has it', async () => {
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { version: undefined } })
    vendor.put(1, { name: 'ann' })
    vendor.pass()
    await world.run(vendor.connector, { streams: [{}] })
    world.setClock(world.clock().getTime() - hour)
    vendor.put(1, { name: 'bea' })
    vendor.pass()
    await world.run(vendor.connector, { streams: [{}] })
    vendor.pass()
    world.setClock(world.clock().getTime() + 2 * hour)
    await world.run(vendor.connector, { streams: [{}] })
    expect(await world.rows('SELECT name FROM crm.people')).toEqual([{ name: 'bea' }])
  })
  test('a row that is gone since is gone, in a pass over everything', async () => {
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true })
    for (const id of [1, 2]) vendor.put(id)
    vendor.pass()
    const pass = () => world.run(vendor.connector, { streams: [{}], fullRefresh: true })
    await pass()
    world.setClock(world.clock().getTime() - hour)
    await pass()
    vendor.hardDelete(2)
    expect((await pass()).streams).toMatchObject({ people: { swept: 1 } })
  })

  test('nor is a part of a backfill, or the run behind it, older than what another scope has committed', async () => {
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { version: undefined } })
    const options = { streams: [{}] }
    const names = () => world.rows('SELECT name FROM crm.people')
    const range = { from: '2025-01-01', to: '2027-01-01' }
    vendor.put(1, { name: 'ann' })
    vendor.pass()
    await world.run(vendor.connector, options)
    world.setClock(world.clock().getTime() - hour)
    vendor.put(1, { name: 'bea' })
    vendor.pass()
    await world.backfill(vendor.connector, range, options)
    expect(await names()).toEqual([{ name: 'bea' }])
    world.setClock(world.clock().getTime() + 3 * hour)
    await world.backfill(vendor.connector, range, { ...options, again: true })
    world.setClock(world.clock().getTime() - hour)
    vendor.put(1, { name: 'cid' })
    vendor.pass()
    await world.run(vendor.connector, options)
    expect(await names()).toEqual([{ name: 'cid' }])
  })

  test('nor is what is read after a run in which it was set back', async () => {
    const people = { version: undefined }
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true, pageRows: 1, people })
    const put = (name: string) => [1, 2, 3].forEach((id) => vendor.put(id, { name }))
    put('ann')
    vendor.pass()
    vendor.onPage = (page) => {
      if (page === 2) world.setClock(world.clock().getTime() + hour / 2)
      if (page === 4) world.setClock(world.clock().getTime() - hour)
    }
    await world.run(vendor.connector, { streams: [{}] })
    put('bea')
    vendor.pass()
    await world.run(vendor.connector, { streams: [{}] })
    expect(await world.rows('SELECT DISTINCT name FROM crm.people')).toEqual([{ name: 'bea' }])
  })

  test('nor is what is read after a pass that committed, and was then stopped by max_shrink', async () => {
    const people = { version: undefined }
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true, pageRows: 1, people })
    for (const id of [1, 2, 3, 4]) vendor.put(id, { name: 'ann' })
    vendor.pass()
    const run = (options = {}) => world.run(vendor.connector, { streams: [{}], ...options })
    await run()
    world.setClock(world.clock().getTime() + hour)
    for (const id of [2, 3, 4]) vendor.hardDelete(id)
    vendor.put(1, { name: 'bea' })
    vendor.pass()
    const { errors } = await run({ fullRefresh: true, maxShrink: { fraction: 0.5 } })
    expect(errors.map(({ code }) => code)).toEqual(['MR-4105'])
    world.setClock(world.clock().getTime() - hour)
    vendor.put(1, { name: 'cid' })
    vendor.pass()
    await run()
    expect(await world.rows('SELECT name FROM crm.people WHERE id = 1')).toEqual([{ name: 'cid' }])
  })

  test('nor is what is read after a run with --limit', async () => {
    const people = { version: undefined }
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true, pageRows: 1, people })
    vendor.put(1, { name: 'ann' })
    vendor.pass()
    await world.run(vendor.connector, { streams: [{}], limit: 1 })
    world.setClock(world.clock().getTime() - hour)
    vendor.put(1, { name: 'bea' })
    vendor.pass()
    await world.run(vendor.connector, { streams: [{}] })
    expect(await world.rows('SELECT name FROM crm.people')).toEqual([{ name: 'bea' }])
  })
})
