import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { createVendor, personColumns, type Vendor } from './vendor.ts'
import { codes, openWorld, type RunOptions, type World } from './world.ts'

const dayMs = 86_400_000

describe('beside its scan a stream may have', () => {
  let world: World
  let vendor: Vendor
  beforeEach(() => {
    world = openWorld()
    vendor = createVendor({
      readAt: world.clock,
      withoutChildren: true,
      columns: { ...personColumns, score: 'integer' },
      // What is gone is found by nothing but a look at all keys.
      people: { enumerates: undefined, calculated: ['score'] },
    })
    for (let id = 1; id <= 8; id++) vendor.put(id, { name: `n${id}`, score: 1 })
    vendor.pass(1000)
  })
  afterEach(() => world.close())
  const run = (config: NonNullable<RunOptions['streams']>[number], options: RunOptions = {}) =>
    world.run(vendor.connector, { streams: [config], ...options })
  const stored = () =>
    world.rows('SELECT id, name, score FROM crm.people WHERE _deleted_at IS NULL ORDER BY CAST(id AS INTEGER)')
  const ids = async () => (await stored()).map(({ id }) => Number(id))
  const fieldsAsked = () => vendor.scans.map(({ fields }) => [...fields].sort().join(' '))

  describe('a reconciliation', () => {
    const weekly = { reconcileMs: 7 * dayMs }

    test('which reads keys alone and marks what the vendor has purged, once its time has come', async () => {
      await run(weekly)
      vendor.hardDelete(3)
      vendor.pass(dayMs)
      await run(weekly)
      expect(await ids()).toContain(3)
      vendor.pass(6 * dayMs)
      const { streams, events } = await run(weekly)
      expect(await ids()).toEqual([1, 2, 4, 5, 6, 7, 8])
      // It is told to go to now, whatever its end is made of.
      const starts = events.filter(({ type }) => type === 'stream.started')
      expect(starts).toMatchObject([{ to: vendor.now().toISOString() }, { to: vendor.now().toISOString() }])
      expect(streams['people reconcile']).toMatchObject({ read: 7, unchanged: 7, swept: 1 })
      expect(fieldsAsked().at(-1)).toBe('deleted id updated_at')
      const asked = vendor.scans.length
      vendor.pass(dayMs)
      await run(weekly)
      expect(vendor.scans.length).toBe(asked + 1)
    })

    test('which leaves what changed since it was read, and what it has never seen, to their own scan', async () => {
      await run(weekly)
      vendor.pass(8 * dayMs)
      let isFirst = true
      vendor.onPage = () => {
        // Between the scan and the keys.
        if (!isFirst || vendor.scans.length < 3) return
        isFirst = false
        vendor.put(2, { name: 'newer' })
        vendor.put(99, { name: 'new', score: 5 })
      }
      await run(weekly)
      expect(await ids()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      vendor.onPage = () => undefined
      vendor.pass(1000)
      await run(weekly)
      expect(await stored()).toContainEqual({ id: '2', name: 'newer', score: '1' })
      expect(await ids()).toContain(99)
    })

    test.each<{ readonly [field: string]: 'sha256' }>([{}, { person: 'sha256' }])(
      'which takes along what came inside the rows that are gone (mask: %o)',
      async (mask) => {
        const made = createVendor({ readAt: world.clock, people: { enumerates: undefined } })
        for (const id of [1, 2]) made.put(id, { items: ['x', 'y'] })
        const streams = [weekly, { name: 'items', mask }]
        made.pass()
        await world.run(made.connector, { streams })
        made.hardDelete(1)
        made.pass(8 * dayMs)
        made.put(3, { items: ['z'] })
        made.pass()
        const { streams: reports } = await world.run(made.connector, { streams })
        expect(reports['people reconcile']).toMatchObject({ swept: 1 })
        expect(reports['items reconcile']).toMatchObject({ read: 0, swept: 2 })
        const live = await world.rows('SELECT id FROM crm.items WHERE _deleted_at IS NULL ORDER BY id')
        expect(live.map(({ id }) => id)).toEqual(['2-x', '2-y', '3-z'])
      },
    )

    test('which is stopped by max_shrink as any sweep is, and tried again', async () => {
      await run(weekly)
      for (let id = 1; id <= 6; id++) vendor.hardDelete(id)
      vendor.pass(8 * dayMs)
      expect(codes(await run(weekly, { maxShrink: { fraction: 0.5 } }))).toEqual(['MR-4105'])
      expect(await ids()).toHaveLength(8)
      await run(weekly, { maxShrink: { fraction: 0.9 } })
      expect(await ids()).toEqual([7, 8])
    })

    test('which is due again after max_shrink has stopped it, whatever was read meanwhile, and says how it goes on', async () => {
      const guarded = { maxShrink: { fraction: 0.5 } }
      await run(weekly)
      for (let id = 1; id <= 6; id++) vendor.hardDelete(id)
      vendor.pass(8 * dayMs)
      const { errors } = await run(weekly, guarded)
      expect(errors[0]?.next[0]).toMatch(/ {2}millrace sync run crm --max-shrink 76%$/)
      vendor.pass(dayMs)
      expect(codes(await run(weekly, { ...guarded, fullRefresh: true }))).toEqual(['MR-4105'])
      vendor.pass(1000)
      expect(codes(await run(weekly, guarded))).toEqual(['MR-4105'])
      expect(codes(await run(weekly, { maxShrink: { fraction: 0.76 } }))).toEqual([])
      expect(await ids()).toEqual([7, 8])
    })

    test('which goes on where a run died', async () => {
      await run(weekly)
      vendor.hardDelete(8)
      vendor.pass(8 * dayMs)
      let pages = 0
      vendor.onPage = () => {
        if (vendor.scans.length === 3 && ++pages === 3) throw new MillraceError('MR-3003', { message: 'no' })
      }
      expect(codes(await run(weekly, { chunkRows: 1 }))).toEqual(['MR-3003'])
      vendor.onPage = () => undefined
      const { streams } = await run(weekly)
      expect(streams['people reconcile']?.read).toBeLessThan(7)
      expect(await ids()).toEqual([1, 2, 3, 4, 5, 6, 7])
    })
  })

  describe('a refresh of what the vendor calculates', () => {
    const daily = { formulaRefreshMs: dayMs }
    /** The vendor counts anew: no stamp moves. */
    const recalculate = (score: number) => {
      for (const person of vendor.people.values()) Reflect.set(person, 'score', score)
    }

    test('which touches those columns alone', async () => {
      await run(daily)
      recalculate(7)
      vendor.pass(1000)
      await run(daily)
      expect((await stored()).map(({ score }) => score)).not.toContain('7')
      vendor.pass(dayMs)
      const { streams } = await run(daily)
      expect(streams['people formulas']).toMatchObject({ read: 8, updated: 8 })
      expect((await stored()).map(({ name, score }) => `${name} ${score}`)).toContain('n3 7')
      expect(fieldsAsked().at(-1)).toBe('deleted id score updated_at')
    })

    test('which deletes nothing', async () => {
      await run(daily)
      vendor.hardDelete(3)
      vendor.pass(2 * dayMs)
      await run(daily)
      expect(await ids()).toContain(3)
    })
  })

  const asked = { reconcileMs: 0, formulaRefreshMs: 0 }

  test.each(['full_refresh', 'scd2'] as const)('neither where its rows land by %s', async (mode) => {
    await run({ ...asked, mode })
    await run({ ...asked, mode })
    expect(vendor.scans).toHaveLength(2)
  })

  test.each([
    [['mode', 'reconcile'], 'Take  reconcile  off this stream, or let it merge.'],
    [['formula_refresh', 'reconcile'], 'Take  reconcile  and  formula_refresh  off this stream, or let it merge.'],
  ])('and is told where its own entry asks for intervals and for %j', async (own, next) => {
    await expect(run({ ...asked, mode: 'scd2', own })).rejects.toMatchObject({
      message: expect.stringMatching(/land by scd2/),
      next: [next],
    })
  })
})
