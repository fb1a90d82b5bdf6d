import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Stream } from '../../src/connector/contract.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

const live = async () =>
  (await world.rows(`SELECT id FROM crm.items WHERE _deleted_at IS NULL ORDER BY id`)).map(({ id }) => id)

const open = (people: Partial<Stream> = {}): Vendor => {
  const vendor = createVendor({ readAt: world.clock, people })
  for (const id of [1, 2]) vendor.put(id, { name: `n${id}`, items: ['x', 'y'] })
  vendor.pass()
  return vendor
}
const run = (vendor: Vendor, options: RunOptions = {}) =>
  world.run(vendor.connector, { streams: [{}, { name: 'items' }], ...options })

describe('the children of a parent that is gone are deleted', () => {
  it('with a pass over everything that does not see it', async () => {
    const vendor = open()
    await run(vendor)
    vendor.hardDelete(1)
    expect((await run(vendor)).streams['items']).toMatchObject({ swept: 0 })
    expect(await live()).toEqual(['1-x', '1-y', '2-x', '2-y'])
    const { streams } = await run(vendor, { fullRefresh: true, maxShrink: { fraction: 1 } })
    expect(streams).toMatchObject({ people: { swept: 1 }, items: { swept: 2 } })
    expect(await live()).toEqual(['2-x', '2-y'])
  })

  it('with the last one, of which there is nothing to be read', async () => {
    const vendor = open()
    await run(vendor)
    vendor.hardDelete(1)
    vendor.hardDelete(2)
    const { streams } = await run(vendor, { fullRefresh: true, maxShrink: { fraction: 1 } })
    expect(streams).toMatchObject({ people: { swept: 2 }, items: { swept: 4 } })
    expect(await live()).toEqual([])
  })

  it('where the parents are replaced as a whole', async () => {
    const vendor = open()
    const streams = [{ mode: 'full_refresh' }, { name: 'items' }] as const
    await run(vendor, { streams })
    vendor.hardDelete(2)
    await run(vendor, { streams })
    expect(await live()).toEqual(['1-x', '1-y'])
  })

  it('with the word of the vendor that it is gone, whatever its key has beside it', async () => {
    const told: Partial<Stream> = {
      key: ['name', 'id'],
      async *read(scan) {
        const people = [...vendor.people.values()]
        const readAt = world.clock()
        if (scan.full) {
          yield { kind: 'records', readAt, records: people.map((person) => vendor.show(person)) }
          const records = people.flatMap(({ id, items }) =>
            items.map((item) => ({ id: `${id}-${item}`, person: id, item })),
          )
          yield {
            kind: 'records',
            readAt,
            child: { stream: 'items', parents: people.map(({ id }) => `${id}`) },
            records,
          }
        } else yield { kind: 'tombstones', readAt, keys: [{ name: 'n1', id: 1 }], version: null }
        yield { kind: 'checkpoint', resume: 'end' }
      },
      count: undefined,
    }
    const vendor = open(told)
    await run(vendor)
    expect(await live()).toHaveLength(4)
    expect((await run(vendor)).streams).toMatchObject({ people: { deleted: 1 }, items: { swept: 2 } })
    expect(await live()).toEqual(['2-x', '2-y'])
  })
})

describe('no child is taken for gone', () => {
  it.each([
    ['by a pass that a limit ends', { fullRefresh: true, limit: 1 }],
    ['by a pass from a start on', { fullRefresh: true, sync: { start: '2026-01-01T00:00:00.500Z' } }],
    ['by a pass over what has changed', {}],
  ])('%s', async (_, options) => {
    const vendor = open()
    await run(vendor)
    vendor.put(2, { items: ['x', 'y', 'z'] })
    vendor.pass()
    vendor.hardDelete(1)
    await run(vendor, options)
    expect(await live()).toEqual(expect.arrayContaining(['1-x', '1-y', '2-x', '2-y']))
  })

  it('for a masked key of its parent', async () => {
    const vendor = open()
    const [stream] = (await vendor.connector.streams?.({ signal: new AbortController().signal })) ?? []
    const [items] = stream?.children ?? []
    if (!stream || !items) throw new Error('the vendor has no items')
    const connector = {
      ...vendor.connector,
      streams: () => Promise.resolve([{ ...stream, children: [{ ...items, key: ['person', 'item'] }] }]),
    }
    const masked = { streams: [{}, { name: 'items', mask: { person: 'sha256' } }] } as const
    await world.run(connector, masked)
    vendor.put(1, { items: ['y'] })
    vendor.pass()
    expect((await world.run(connector, masked)).streams['items']).toMatchObject({ unchanged: 1, swept: 1 })
    expect(await live()).toEqual(['1-y', '2-x', '2-y'])
  })
})

describe('children that were left out for a while', () => {
  it('are all there once they are asked for again', async () => {
    const vendor = open()
    await run(vendor)
    vendor.put(1, { items: ['x', 'y', 'z'] })
    vendor.pass()
    await run(vendor, { streams: [{}] })
    const { events, streams } = await run(vendor)
    expect(events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))).toEqual([
      'people: items was left out by the last run, so everything is read again.',
    ])
    expect(streams['items']).toMatchObject({ inserted: 1, unchanged: 4 })
    expect(await live()).toContain('1-z')
    expect((await run(vendor)).streams['people']).toMatchObject({ read: 0 })
  })
})
