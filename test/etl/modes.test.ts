import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { codes, openWorld, type World } from './world.ts'

describe('the modes of a stream', () => {
  let world: World
  beforeEach(() => {
    world = openWorld()
  })
  afterEach(() => world.close())
  const fill = (vendor: Vendor, count: number) => {
    for (let id = 1; id <= count; id++) vendor.put(id, { name: `n${id}`, items: ['x'] })
    vendor.pass()
  }
  const live = async (table = 'people') =>
    (await world.rows(`SELECT id FROM crm.${table} WHERE _deleted_at IS NULL ORDER BY id`)).map((row) => row['id'])

  describe('full_refresh', () => {
    const streams = [{ mode: 'full_refresh' }, { name: 'items' }] as const

    test('replaces everything by what it read, chunk by chunk, children of all chunks among it', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      const first = await world.run(vendor.connector, { streams })
      expect(first.streams).toMatchObject({ people: { read: 8, inserted: 8 }, items: { derived: 8, inserted: 8 } })
      vendor.hardDelete(1)
      vendor.put(2, { items: ['x', 'y'] })
      vendor.pass()
      const second = await world.run(vendor.connector, { streams })
      expect(second.streams).toMatchObject({
        people: { read: 7, inserted: 7, replaced: 8 },
        items: { derived: 8, inserted: 1 },
      })
      expect(await live()).toEqual(['2', '3', '4', '5', '6', '7', '8'])
      expect(await live('items')).toContain('2-y')
    })

    test('says once which columns it empties, since it loads their fields no more', async () => {
      const vendor = createVendor({ readAt: world.clock, withoutChildren: true })
      fill(vendor, 2)
      const toldOf = async (exclude: readonly string[]) => {
        const { events } = await world.run(vendor.connector, { streams: [{ mode: 'full_refresh', exclude }] })
        return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
      }
      const names = async () => (await world.rows('SELECT name FROM crm.people ORDER BY id')).map(({ name }) => name)
      expect(await toldOf([])).toEqual([])
      expect(await toldOf(['name'])).toEqual([
        expect.stringMatching(
          /^people: rows come without name now, and {2}mode: full_refresh {2}puts them in the place/,
        ),
      ])
      expect(await names()).toEqual([null, null])
      expect(await toldOf(['name'])).toEqual([])
      expect(await toldOf([])).toEqual([])
      expect(await names()).toEqual(['n1', 'n2'])
    })

    test('says so of a field that was left out before it came to this mode, too', async () => {
      const vendor = createVendor({ readAt: world.clock, withoutChildren: true })
      fill(vendor, 2)
      const toldOf = async (mode: 'merge' | 'full_refresh', exclude: readonly string[]) => {
        const { events } = await world.run(vendor.connector, { streams: [{ mode, exclude }] })
        return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
      }
      await toldOf('merge', [])
      await toldOf('merge', ['name'])
      expect(await world.rows('SELECT count(name) AS n FROM crm.people')).toEqual([{ n: '2' }])
      expect(await toldOf('full_refresh', ['name'])).toEqual([expect.stringMatching(/rows come without name now/)])
      expect(await world.rows('SELECT count(name) AS n FROM crm.people')).toEqual([{ n: '0' }])
      expect(await toldOf('full_refresh', ['name'])).toEqual([])
    })

    test('shows the old data until all of the new is there, and goes on after a failure', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      await world.run(vendor.connector, { streams })
      vendor.hardDelete(1)
      let failing = true
      vendor.onPage = () => {
        if (failing && vendor.pagesRead() === 6) throw new MillraceError('MR-3003', { message: 'no' })
      }
      const first = await world.run(vendor.connector, { streams })
      expect(codes(first)).toEqual(['MR-3003'])
      expect(first.streams).toMatchObject({ people: { read: 3, inserted: 3, replaced: 0 } })
      expect(await live()).toHaveLength(8)
      failing = false
      const second = await world.run(vendor.connector, { streams })
      expect(second.streams).toMatchObject({ people: { read: 4, inserted: 4, replaced: 8 } })
      expect(vendor.scans.at(-1)).toMatchObject({ from: null, full: true, resume: expect.stringContaining('000004') })
      expect(await live()).toEqual(['2', '3', '4', '5', '6', '7', '8'])
    })

    test('begins anew with --full-refresh, and where its generation is gone', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      const stopAtPage = (page: number) => {
        const from = vendor.pagesRead()
        vendor.onPage = () => {
          if (vendor.pagesRead() === from + page) throw new MillraceError('MR-3003', { message: 'no' })
        }
      }
      stopAtPage(2)
      await world.run(vendor.connector, { streams })
      stopAtPage(2)
      const anew = await world.run(vendor.connector, { streams, fullRefresh: true })
      expect(anew.streams).toMatchObject({ people: { read: 3, inserted: 3 } })
      await world.rows('DELETE FROM _millrace."generation_crm.people" WHERE id = 1')
      vendor.onPage = () => undefined
      const whole = await world.run(vendor.connector, { streams })
      expect(whole.streams).toMatchObject({ people: { read: 8, inserted: 8 } })
      expect(await live()).toHaveLength(8)
    })

    test('goes on where schema_changes: ignore leaves out a field that came, and says so where it has to begin again', async () => {
      const open = (columns: { readonly [field: string]: 'string' }) => {
        const made = createVendor({ readAt: world.clock, withoutChildren: true, pageRows: 1, columns })
        fill(made, 6)
        return made
      }
      const load = async (vendor: Vendor, schemaChanges: 'ignore' | 'evolve', pages = 9) => {
        const options = { streams: [{ mode: 'full_refresh', schemaChanges }], isStopping: () => --pages < 0 } as const
        const { events } = await world.run(vendor.connector, options)
        const said = events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
        return { said, isResumed: vendor.scans.at(-1)?.resume !== null }
      }
      await load(open({}), 'ignore')
      const vendor = open({ fresh: 'string' })
      await load(vendor, 'ignore', 2)
      expect(await load(vendor, 'ignore', 1)).toEqual({ said: [], isResumed: true })
      expect(await load(vendor, 'evolve')).toEqual({
        said: [expect.stringMatching(/^people: what a stopped run had read .* lacks a field that is loaded now/)],
        isResumed: false,
      })
    })

    test('that another mode goes on from is read by it from the beginning', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      vendor.onPage = (page) => {
        if (page === 3) throw new MillraceError('MR-3003', { message: 'no' })
      }
      await world.run(vendor.connector, { streams })
      expect(await live()).toEqual([])
      vendor.onPage = () => undefined
      await world.run(vendor.connector)
      expect(await live()).toHaveLength(8)
    })

    test('reads everything again after it stopped before replacing much by little', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      await world.run(vendor.connector, { streams })
      const gone = [2, 3, 4, 5, 6, 7].map((id) => vendor.people.get(id))
      for (let id = 2; id <= 7; id++) vendor.hardDelete(id)
      expect(codes(await world.run(vendor.connector, { streams, maxShrink: { fraction: 0.5 } }))).toEqual(['MR-4105'])
      for (const person of gone) if (person) vendor.people.set(person.id, person)
      const again = await world.run(vendor.connector, { streams, maxShrink: { fraction: 0.5 } })
      expect(again.streams).toMatchObject({ people: { read: 8, inserted: 8, replaced: 8 } })
      expect(await live()).toHaveLength(8)
    })

    test('loads its children with every checkpoint, as merge does', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      vendor.onPage = (page) => {
        if (page === 3) throw new MillraceError('MR-3003', { message: 'no' })
      }
      await world.run(vendor.connector, { streams })
      expect(await live()).toHaveLength(0)
      expect(await live('items')).toHaveLength(6)
      vendor.onPage = () => undefined
      await world.run(vendor.connector, { streams })
      expect(await live('items')).toHaveLength(8)
    })

    test('of a scan that another mode began reads everything, not the rest', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      vendor.onPage = (page) => {
        if (page === 3) throw new MillraceError('MR-3003', { message: 'no' })
      }
      await world.run(vendor.connector)
      vendor.onPage = () => undefined
      await world.run(vendor.connector, { streams })
      expect(await live()).toHaveLength(8)
    })

    test('stops before it would replace much by little', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      await world.run(vendor.connector, { streams })
      for (let id = 2; id <= 8; id++) vendor.hardDelete(id)
      expect(codes(await world.run(vendor.connector, { streams, maxShrink: { fraction: 0.5 } }))).toEqual(['MR-4105'])
      expect(await live()).toHaveLength(8)
    })

    test('refuses a limit that would replace all rows by a few', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      await world.run(vendor.connector, { streams })
      expect(codes(await world.run(vendor.connector, { streams, limit: 2 }))).toEqual(['MR-1001'])
      expect(await live()).toHaveLength(8)
    })

    test('with verify: strict replaces nothing where rows are missing', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      await world.run(vendor.connector, { streams })
      vendor.countError = 3
      vendor.put(1, { name: 'new' })
      vendor.pass()
      expect(codes(await world.run(vendor.connector, { streams, sync: { verify: 'strict' } }))).toEqual(['MR-3101'])
      expect(await world.rows('SELECT name FROM crm.people WHERE id = 1')).toEqual([{ name: 'n1' }])
      vendor.countError = 0
      const again = await world.run(vendor.connector, { streams, sync: { verify: 'strict' } })
      expect(again.streams).toMatchObject({ people: { read: 8, inserted: 8, replaced: 8 } })
    })

    test('that a limit cuts on its first run is no beginning of the whole', async () => {
      const vendor = createVendor({ readAt: world.clock })
      fill(vendor, 8)
      vendor.onPage = (page) => {
        if (page === 3) throw new MillraceError('MR-3003', { message: 'no' })
      }
      await world.run(vendor.connector, { streams })
      vendor.onPage = () => undefined
      await world.run(vendor.connector, { streams, limit: 2 })
      expect(await live()).toEqual(['1', '2'])
      await world.run(vendor.connector, { streams })
      expect(await live()).toHaveLength(8)
    })
  })

  describe('append', () => {
    const keyless = () =>
      createVendor({
        readAt: world.clock,
        withoutChildren: true,
        people: { key: [], appendOnly: true, enumerates: false, deletedWhen: undefined },
      })

    test('adds what is new, for rows without a key too', async () => {
      const vendor = keyless()
      fill(vendor, 4)
      await world.run(vendor.connector, { streams: [{}] })
      vendor.put(5)
      vendor.pass()
      expect((await world.run(vendor.connector, { streams: [{}] })).streams).toMatchObject({
        people: { read: 1, inserted: 1 },
      })
      expect(await live()).toEqual(['1', '2', '3', '4', '5'])
    })

    test('adds no row twice when a page fails in between', async () => {
      const vendor = keyless()
      fill(vendor, 8)
      vendor.onPage = (page) => {
        if (page === 3) throw new MillraceError('MR-3003', { message: 'no' })
      }
      expect((await world.run(vendor.connector, { streams: [{}], chunkRows: 100 })).ledger.loaded).toBe(6)
      vendor.onPage = () => undefined
      await world.run(vendor.connector, { streams: [{}] })
      expect(await live()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
    })

    test('replaces a stream without a key that says nothing of how its rows change', async () => {
      const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { key: [] } })
      fill(vendor, 4)
      for (let n = 0; n < 2; n++) await world.run(vendor.connector, { streams: [{}] })
      expect(await live()).toHaveLength(4)
    })
  })

  test('streams fail by themselves: one that cannot be read does not hold up the other', async () => {
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true })
    fill(vendor, 4)
    const streams = async (request: { readonly signal: AbortSignal }) => {
      const [people] = (await vendor.connector.streams?.(request)) ?? []
      if (!people) return []
      // eslint-disable-next-line require-yield -- it fails before it could
      const read = async function* () {
        throw new MillraceError('MR-3001', { message: 'no right to read deals' })
      }
      return [{ ...people, name: 'deals', count: undefined, read }, people]
    }
    const connector = { ...vendor.connector, streams, streamNames: () => Promise.resolve(['deals', 'people']) }
    const outcome = await world.run(connector, { streams: [{ name: 'deals' }, {}] })
    expect(codes(outcome)).toEqual(['MR-3001'])
    expect(outcome.streams).toMatchObject({ deals: { read: 0 }, people: { inserted: 4 } })
  })
})
