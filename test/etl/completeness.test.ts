import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Stream } from '../../src/connector/contract.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { codes, openWorld, type World } from './world.ts'

describe('a run that does not see what it should', () => {
  let world: World
  let vendor: Vendor
  beforeEach(async () => {
    world = openWorld()
    vendor = createVendor({ readAt: world.clock, withoutChildren: true })
    for (let id = 1; id <= 6; id++) vendor.put(id, { name: `n${id}` })
    vendor.pass()
  })
  afterEach(() => world.close())
  const run = (options: Parameters<World['run']>[1] = {}) => world.run(vendor.connector, { streams: [{}], ...options })
  const live = async () =>
    (await world.rows('SELECT id FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map((row) =>
      Number(row['id']),
    )
  const cursor = () =>
    world.warehouse.session({ runId: 't', purpose: 't' }, ({ state }) =>
      state.readCursor({ sync: 'crm', stream: 'people', partition: '' }),
    )

  test('warns where the vendor counts other rows, and moves on', async () => {
    vendor.countError = 2
    const outcome = await run()
    expect(outcome.errors).toEqual([])
    expect(outcome.events).toContainEqual(
      expect.objectContaining({ type: 'run.warning', message: expect.stringContaining('counts 8 rows') }),
    )
    expect((await cursor()).watermark).not.toBeNull()
  })

  test('with verify: strict fails, keeps the rows, and reads the window again, which mends a passing difference', async () => {
    vendor.countError = 2
    const outcome = await run({ sync: { verify: 'strict' } })
    expect(codes(outcome)).toEqual(['MR-3101'])
    expect(outcome.streams).toMatchObject({ people: { inserted: 6, counted: 8 } })
    expect(await live()).toHaveLength(6)
    expect(await cursor()).toMatchObject({ watermark: null, scan: null })
    vendor.countError = 0
    const again = await run({ sync: { verify: 'strict' } })
    expect(again.errors).toEqual([])
    expect(again.streams).toMatchObject({ people: { read: 6, unchanged: 6 } })
  })

  test('with verify: strict deletes nothing that a pass which missed rows did not see', async () => {
    await run()
    vendor.hardDelete(1)
    vendor.countError = 1
    expect(codes(await run({ fullRefresh: true, sync: { verify: 'strict' } }))).toEqual(['MR-3101'])
    expect(await live()).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('with verify: off does not ask the vendor', async () => {
    vendor.countError = 99
    const outcome = await run({ sync: { verify: 'off' } })
    expect(outcome.streams['people']?.counted).toBeNull()
    expect(outcome.events.some(({ type }) => type === 'run.warning')).toBe(false)
  })

  test('takes an edit that moves a row out of the window while it reads for what it is', async () => {
    vendor.onPage = (page) => {
      if (page === 2) vendor.put(6, { name: 'moved on' })
    }
    expect((await run({ sync: { verify: 'strict' } })).errors).toEqual([])
  })

  test.each([0, 2])(
    'stops where the source shrank to %i rows, leaves the data as it was, and looks again from the beginning',
    async (left) => {
      await run()
      const before = await cursor()
      for (const id of [1, 2, 3, 4, 5, 6].slice(left)) vendor.hardDelete(id)
      vendor.pass()
      const stopped = await run({ fullRefresh: true, maxShrink: { fraction: 0.5 } })
      expect(stopped.errors).toMatchObject([{ code: 'MR-4105', exitCode: 4 }])
      expect(await live()).toEqual([1, 2, 3, 4, 5, 6])
      expect(await cursor()).toEqual({ ...before, marks: { ...before.marks, committed_at: expect.any(String) } })
      // The source is well again; what the stopped pass saw must not be gone on with.
      for (const id of [1, 2, 3, 4, 5, 6]) vendor.put(id, { name: 'back' })
      vendor.pass()
      expect((await run({ fullRefresh: true, maxShrink: { fraction: 0.5 } })).errors).toEqual([])
      expect(await live()).toEqual([1, 2, 3, 4, 5, 6])
    },
  )

  test('of a source that is empty for an ordinary run keeps everything', async () => {
    await run()
    for (const id of [1, 2, 3, 4, 5, 6]) vendor.hardDelete(id)
    vendor.pass()
    expect((await run({ maxShrink: { fraction: 0.5 } })).errors).toEqual([])
    expect(await live()).toHaveLength(6)
  })

  test('deletes what is gone once it is allowed to', async () => {
    await run()
    for (const id of [1, 2, 3, 4, 5, 6]) vendor.hardDelete(id)
    expect((await run({ fullRefresh: true, maxShrink: null })).streams).toMatchObject({ people: { swept: 6 } })
    expect(await live()).toEqual([])
  })

  test.each([
    ['begins at a start', { sync: { start: '2025-01-01T00:00:00.000Z' } }],
    ['is narrowed by a where', { streams: [{ where: `name <> ''` }] }],
  ])('deletes nothing in a pass that %s', async (_, narrowed) => {
    await run()
    vendor.hardDelete(1)
    expect((await run({ fullRefresh: true, ...narrowed })).streams).toMatchObject({ people: { swept: 0 } })
    expect(await live()).toContain(1)
  })

  test('keeps a row that a full pass saw and refused', async () => {
    await run()
    vendor.show = ({ at, items: _items, ...person }) => ({
      ...person,
      deleted: person.id === 1 ? 'perhaps' : false,
      updated_at: new Date(at).toISOString(),
    })
    const outcome = await run({ fullRefresh: true })
    expect(outcome.streams).toMatchObject({ people: { rejected: 1, swept: 0 } })
    expect(await live()).toContain(1)
  })

  test('keeps what it saw when our clock is set back while it reads', async () => {
    vendor.onPage = (page) => {
      if (page === 1) world.setClock(Date.parse('2026-11-20T09:00:00.000Z'))
    }
    const outcome = await run({ fullRefresh: true })
    expect(outcome.streams).toMatchObject({ people: { inserted: 6, swept: 0 } })
    expect(await live()).toHaveLength(6)
  })

  test('a row that was read in the future, by a clock that ran ahead, does not stay as it is until then', async () => {
    let readAt: () => Date = () => new Date('2031-01-01T00:00:00Z')
    const people = { version: undefined, fullEveryMs: 0 } as Partial<Stream> // the read alone says what is newer
    vendor = createVendor({ readAt: () => readAt(), people, withoutChildren: true })
    vendor.put(1, { name: 'old' })
    vendor.pass()
    await run()
    readAt = world.clock
    vendor.put(1, { name: 'new' })
    vendor.pass()
    expect((await run()).streams).toMatchObject({ people: { updated: 1, stale: 0 } })
    const late = "SELECT count(*)::VARCHAR AS n FROM crm.people WHERE _read_at > TIMESTAMP '2026-11-21'"
    expect(await world.rows(late)).toEqual([{ n: '0' }])
  })

  test('never moves its watermark back when the vendor sets its clock back', async () => {
    await run()
    const { watermark } = await cursor()
    vendor.setClock(Date.parse('2025-06-01T00:00:00.000Z'))
    expect((await run()).errors).toEqual([])
    expect((await cursor()).watermark).toBe(watermark)
  })
})
