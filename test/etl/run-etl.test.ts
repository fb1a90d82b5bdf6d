import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { createVendor, type Vendor, type VendorOptions } from './vendor.ts'
import { codes, openWorld, type World } from './world.ts'

describe('a run of ETL', () => {
  let world: World
  beforeEach(() => {
    world = openWorld()
  })
  afterEach(() => world.close())
  const vendorOf = (count: number, options: Partial<VendorOptions> = {}): Vendor => {
    const vendor = createVendor({ readAt: world.clock, ...options })
    for (let id = 1; id <= count; id++) vendor.put(id, { name: `n${id}`, items: ['x'] })
    vendor.pass()
    return vendor
  }
  const live = async () =>
    (await world.rows('SELECT id, name FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')).map(
      (row) => `${row['id']} ${row['name']}`,
    )
  const cursor = () =>
    world.warehouse.session({ runId: 't', purpose: 't' }, ({ state }) =>
      state.readCursor({ sync: 'crm', stream: 'people', partition: '' }),
    )

  test('loads rows and their children, counts them, and the next run loads nothing', async () => {
    const vendor = vendorOf(7)
    const first = await world.run(vendor.connector)
    expect(first.errors).toEqual([])
    expect(first.streams).toMatchObject({
      people: { read: 7, inserted: 7, counted: 7 },
      items: { derived: 7, inserted: 7, counted: null },
    })
    expect(await cursor()).toMatchObject({ watermark: vendor.now().toISOString(), scan: null })
    vendor.pass()
    const second = await world.run(vendor.connector)
    expect(second.ledger).toMatchObject({ read: 0, loaded: 0 })
    expect(await live()).toHaveLength(7)
  })

  test('brings edits, soft deletes and changed sets of children, and nothing else', async () => {
    const vendor = vendorOf(4)
    await world.run(vendor.connector)
    vendor.put(1, { name: 'new', items: ['x', 'y'] })
    vendor.put(2, { items: [] })
    vendor.softDelete(3)
    vendor.pass()
    const { streams } = await world.run(vendor.connector, { chunkRows: 100 })
    expect(streams).toMatchObject({
      people: { read: 3, updated: 2, deleted: 1 },
      items: { derived: 3, inserted: 1, deleted: 1, unchanged: 1, swept: 1 },
    })
    expect(await live()).toEqual(['1 new', '2 n2', '4 n4'])
  })

  test('moves the watermark to where the scan began, not to the largest stamp, so that edits meanwhile come next time', async () => {
    const vendor = vendorOf(6)
    const began = vendor.now().toISOString()
    vendor.onPage = (page) => {
      if (page !== 2) return
      vendor.pass()
      vendor.put(1, { name: 'meanwhile' })
      vendor.pass()
    }
    await world.run(vendor.connector)
    expect(await cursor()).toMatchObject({ watermark: began, scan: null })
    expect(await live()).toContain('1 n1')
    await world.run(vendor.connector)
    expect(await live()).toContain('1 meanwhile')
  })

  test('commits what the last checkpoint covers when a page fails, says what, and goes on there', async () => {
    const vendor = vendorOf(9)
    vendor.onPage = (page) => {
      if (page === 3) throw new MillraceError('MR-3003', { message: 'the page fails' })
    }
    const failed = await world.run(vendor.connector, { chunkRows: 100 })
    expect(codes(failed)).toEqual(['MR-3003'])
    expect(failed.streams).toMatchObject({ people: { read: 6, inserted: 6 } })
    expect(failed.ledger.loaded).toBe(12)
    expect(await cursor()).toMatchObject({ watermark: null, scan: { read: 6 } })
    vendor.onPage = () => undefined
    const next = await world.run(vendor.connector, { sync: { verify: 'strict' } })
    expect(next.errors).toEqual([])
    expect(next.streams).toMatchObject({ people: { read: 3, inserted: 3, counted: 9 } })
    expect(next.events).toContainEqual(expect.objectContaining({ type: 'run.takeover', from_run: 'run-1' }))
    expect((await live()).length).toBe(9)
  })

  test('gives up rows that came after the last checkpoint: they come again, and count once', async () => {
    const vendor = vendorOf(9)
    const { streams } = vendor.connector
    const broken = {
      ...vendor.connector,
      streams: async (request: Parameters<NonNullable<typeof streams>>[0]) =>
        ((await streams?.(request)) ?? []).map((stream) => ({
          ...stream,
          async *read(...parameters: Parameters<typeof stream.read>) {
            let batches = 0
            for await (const item of stream.read(...parameters)) {
              yield item
              // Rows and children of the second page are there, its checkpoint is not.
              if (item.kind !== 'checkpoint' && ++batches === 4)
                throw new MillraceError('MR-3002', { message: 'cut off' })
            }
          },
        })),
    }
    expect((await world.run(broken, { chunkRows: 100 })).streams).toMatchObject({
      people: { read: 3 },
      items: { derived: 3 },
    })
    const next = await world.run(vendor.connector, { sync: { verify: 'strict' } })
    expect(next.errors).toEqual([])
    expect(next.streams).toMatchObject({ people: { read: 6, inserted: 6, unchanged: 0, counted: 9 } })
  })

  test('stops at a checkpoint when asked, commits it, and says so', async () => {
    const vendor = vendorOf(9)
    const stopped = await world.run(vendor.connector, { chunkRows: 100, isStopping: () => vendor.pagesRead() >= 2 })
    expect(codes(stopped)).toEqual(['MR-7001'])
    expect(stopped.streams).toMatchObject({ people: { inserted: 6 } })
    expect((await world.run(vendor.connector)).streams).toMatchObject({ people: { inserted: 3 } })
  })

  test('that is aborted says so, and leaves what was committed', async () => {
    const vendor = vendorOf(9)
    const stop = new AbortController()
    vendor.onPage = (page) => {
      if (page === 3) stop.abort()
    }
    expect(codes(await world.run(vendor.connector, { signal: stop.signal }))).toEqual(['MR-7001'])
    vendor.onPage = () => undefined
    expect((await world.run(vendor.connector)).errors).toEqual([])
    expect(await live()).toHaveLength(9)
  })

  test('keeps a refused row where it can be seen, and loads the others', async () => {
    const vendor = vendorOf(3, { columns: { score: 'integer' } })
    vendor.put(2, { score: 'many' })
    vendor.pass()
    const outcome = await world.run(vendor.connector, { chunkRows: 100 })
    expect(outcome.errors).toEqual([])
    expect(outcome.streams).toMatchObject({ people: { read: 3, inserted: 2, rejected: 1 } })
    expect(outcome.events).toContainEqual(
      expect.objectContaining({ type: 'row.rejected', where: 'people', key: '2', code: 'MR-5002' }),
    )
    const [reject] = await world.rows('SELECT key, message, state FROM _millrace.rejects')
    expect(reject).toEqual({ key: '2', message: 'score: many is not a integer', state: 'open' })
    vendor.put(2, { score: 2 })
    vendor.pass()
    await world.run(vendor.connector)
    expect(await world.rows('SELECT state FROM _millrace.rejects')).toEqual([{ state: 'settled' }])
  })

  test('stars out personal data of a refused row, and of a refused child, in the table and in events', async () => {
    const vendor = vendorOf(1, {
      columns: { score: 'integer' },
      people: {
        children: [
          {
            name: 'items',
            docs: 'https://docs.example.com/items',
            key: ['id'],
            parent: 'person',
            columns: { id: 'string', person: 'integer', item: 'integer' },
          },
        ],
      },
    })
    vendor.put(1, { name: 'Ann Private', score: 'also private', items: ['private too'] }) // an item's key holds its text
    vendor.pass()
    const { events, streams } = await world.run(vendor.connector, {
      chunkRows: 100,
      streams: [{ pii: ['name', 'score'] }, { name: 'items', pii: ['id', 'item'] }],
    })
    expect(streams).toMatchObject({ people: { rejected: 1 }, items: { rejected: 1 } })
    const kept = await world.rows('SELECT * FROM _millrace.rejects ORDER BY stream')
    expect(kept).toHaveLength(2)
    for (const row of kept) expect(JSON.stringify(row)).toContain('***')
    expect(JSON.stringify([kept, events]).toLowerCase()).not.toContain('private')
  })

  test('takes a row that moved between pages once, in its newest version', async () => {
    const vendor = vendorOf(6)
    vendor.show = ({ at, items: _items, ...person }) => ({ ...person, updated_at: new Date(at).toISOString() })
    const { streams } = vendor.connector
    const moving = {
      ...vendor.connector,
      streams: async (request: Parameters<NonNullable<typeof streams>>[0]) =>
        ((await streams?.(request)) ?? []).map((stream) => ({
          ...stream,
          async *read(...parameters: Parameters<typeof stream.read>) {
            for await (const item of stream.read(...parameters)) {
              yield item
              if (item.kind === 'records' && !item.child)
                yield {
                  kind: 'records',
                  readAt: world.clock(),
                  records: [{ id: 1, name: 'moved', updated_at: '2026-01-01T00:00:00.500Z', deleted: false }],
                } as const
            }
          },
        })),
    }
    const together = await world.run(moving, { chunkRows: 100 })
    expect(together.streams).toMatchObject({ people: { read: 8, inserted: 6, duplicates: 2 } })
    expect(await live()).toContain('1 moved')
  })

  test('without a session around it calls the vendor: never inside one', async () => {
    const vendor = vendorOf(4)
    const { inSession } = await import('../../src/warehouse/session-context.ts')
    const inside: boolean[] = []
    vendor.onPage = () => {
      inside.push(inSession())
    }
    await world.run(vendor.connector, {
      vendorNow: () => Promise.resolve(inside.push(inSession()) ? vendor.now() : vendor.now()),
    })
    expect(inside.length).toBeGreaterThan(2)
    expect(inside).not.toContain(true)
  })

  test('with a limit reads so many rows and leaves the cursor, and sweeps nothing', async () => {
    const vendor = vendorOf(6)
    await world.run(vendor.connector)
    const { marks, ...before } = await cursor()
    vendor.hardDelete(6)
    const { streams } = await world.run(vendor.connector, { limit: 2, fullRefresh: true })
    expect(streams).toMatchObject({ people: { read: 2, unchanged: 2, swept: 0 } })
    // What our clock said is remembered: the next run reads after it.
    expect(await cursor()).toEqual({ ...before, marks: { ...marks, committed_at: expect.any(String) } })
  })
})
