import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createVendor, personColumns } from './vendor.ts'
import { openWorld, type World } from './world.ts'

const dayMs = 86_400_000

describe('a row that was refused', () => {
  let world: World
  beforeEach(() => {
    world = openWorld()
  })
  afterEach(() => world.close())
  /** Four people, of whom the third has a score that is no number. */
  const open = (people: NonNullable<Parameters<typeof createVendor>[0]>['people'] = {}) => {
    const columns = { ...personColumns, score: 'integer' } as const
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true, columns, people })
    for (let id = 1; id <= 4; id++) vendor.put(id, { score: id === 3 ? 'x' : 1 })
    vendor.pass(1000)
    return vendor
  }
  const rejects = () => world.rows('SELECT key, state FROM _millrace.rejects ORDER BY key')

  test('stays an open reject though a pass over keys has seen it', async () => {
    const vendor = open({ enumerates: undefined, calculated: ['score'] })
    const streams = [{ reconcileMs: 7 * dayMs }]
    await world.run(vendor.connector, { streams })
    vendor.pass(8 * dayMs)
    const { streams: reports } = await world.run(vendor.connector, { streams })
    expect(reports['people reconcile']).toMatchObject({ read: 4 })
    expect(await rejects()).toEqual([{ key: '3', state: 'open' }])
  })

  test('stays an open reject though another column of it was filled from the past', async () => {
    const vendor = open({ boundedBy: undefined })
    await world.run(vendor.connector, { streams: [{}] })
    vendor.pass(1000)
    const range = { from: '2025-01-01T00:00:00.000Z', to: null, column: 'name' }
    expect(await world.backfill(vendor.connector, range, { streams: [{}] })).toMatchObject({ errors: [] })
    expect(await rejects()).toEqual([{ key: '3', state: 'open' }])
  })

  test('is not taken for gone, though our clock was set back while it was read', async () => {
    const vendor = open()
    vendor.put(3, { score: 1 })
    vendor.pass(1000)
    await world.run(vendor.connector, { streams: [{}] })
    vendor.put(3, { score: 'x' })
    vendor.pass(1000)
    let isFirst = true
    vendor.onPage = () => {
      if (isFirst) world.setClock(world.clock().getTime() - 5000)
      isFirst = false
    }
    await world.run(vendor.connector, { streams: [{}], fullRefresh: true })
    expect(await world.rows('SELECT id FROM crm.people WHERE _deleted_at IS NOT NULL')).toEqual([])
    expect(await rejects()).toEqual([{ key: '3', state: 'open' }])
  })

  test.each(['merge', 'full_refresh'] as const)(
    'and is gone since is settled by a pass over everything (%s)',
    async (mode) => {
      const vendor = open()
      vendor.put(4, { score: 'y' })
      vendor.pass(1000)
      const streams = [{ mode }]
      await world.run(vendor.connector, { streams })
      vendor.hardDelete(3)
      vendor.pass(1000)
      await world.run(vendor.connector, { streams, fullRefresh: true })
      expect(await rejects()).toEqual([
        { key: '3', state: 'settled' },
        { key: '4', state: 'open' },
      ])
    },
  )

  test('stands once among the open ones, though it has no key and everything is read again by each run', async () => {
    const vendor = open({ key: [], enumerates: false, deletedWhen: undefined })
    const streams = [{ mode: 'full_refresh' as const }]
    for (let n = 0; n < 3; n++) await world.run(vendor.connector, { streams })
    const open_ = () => world.rows(`SELECT count(*) AS n FROM _millrace.rejects WHERE state = 'open'`)
    expect(await open_()).toEqual([{ n: '1' }])
    vendor.put(3, { score: 1 })
    vendor.pass(1000)
    await world.run(vendor.connector, { streams })
    expect(await open_()).toEqual([{ n: '0' }])
  })

  test('is not settled by a pass that a limit keeps from reading everything', async () => {
    const vendor = open()
    await world.run(vendor.connector, { streams: [{}] })
    vendor.hardDelete(3)
    vendor.pass(1000)
    await world.run(vendor.connector, { streams: [{}], fullRefresh: true, limit: 2 })
    expect(await rejects()).toEqual([{ key: '3', state: 'open' }])
  })
})
