/** A field keeps its column while the first scan of its table is under way, too: one that comes new may fall on its name. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createVendor, personColumns } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

const only: RunOptions = { streams: [{}] }
let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

function vendorWith(columns: { readonly [field: string]: 'integer' }) {
  const vendor = createVendor({
    readAt: world.clock,
    withoutChildren: true,
    columns: { ...personColumns, ...columns },
    people: { boundedBy: 'updated_at' },
  })
  for (let id = 1; id <= 9; id++) {
    vendor.put(id, { name: `n${id}`, Foo_Bar: 1, FooBar: 2 })
    vendor.pass()
  }
  return vendor
}

test('a first run that was stopped, and gone on with after a field came whose name is the same', async () => {
  const before = vendorWith({ Foo_Bar: 'integer' })
  before.onPage = (page) => {
    if (page === 3) throw new TypeError('the vendor is gone')
  }
  await world.run(before.connector, only)
  await world.run(vendorWith({ Foo_Bar: 'integer', FooBar: 'integer' }).connector, only)
  expect(await world.rows('SELECT DISTINCT foo_bar FROM crm.people')).toEqual([{ foo_bar: '1' }])
})

test('the next part of a backfill before any live run', async () => {
  const begin = '2026-01-01T00:00:00.000Z'
  const cut = '2026-01-01T00:00:05.000Z'
  const end = '2026-01-01T00:00:09.000Z'
  await world.backfill(vendorWith({ Foo_Bar: 'integer' }).connector, { from: begin, to: cut }, only)
  const now = vendorWith({ Foo_Bar: 'integer', FooBar: 'integer' })
  await world.backfill(now.connector, { from: cut, to: end }, only)
  expect(await world.rows('SELECT DISTINCT foo_bar FROM crm.people')).toEqual([{ foo_bar: '1' }])
})

test('three fields of one name that come one by one, the second with a run that was stopped', async () => {
  await world.run(vendorWith({ Foo_Bar: 'integer' }).connector, only)
  const second = vendorWith({ Foo_Bar: 'integer', FooBar: 'integer' })
  second.onPage = (page) => {
    if (page === 3) throw new TypeError('the vendor is gone')
  }
  await world.run(second.connector, { ...only, fullRefresh: true })
  // Its name goes before FooBar's.
  const third = vendorWith({ Foo_Bar: 'integer', FooBar: 'integer', 'Foo-Bar': 'integer' })
  await world.run(third.connector, { ...only, fullRefresh: true })
  expect(await world.rows('SELECT DISTINCT foo_bar, foo_bar_2, foo_bar_3 FROM crm.people')).toEqual([
    { foo_bar: '1', foo_bar_2: '2', foo_bar_3: null },
  ])
})

test('fields of rows inside others', async () => {
  const withItems = (extra: { readonly [field: string]: 'string' }) => {
    const columns = { id: 'string', person: 'integer', ...extra } as const
    const vendor = createVendor({
      readAt: world.clock,
      people: { children: [{ name: 'items', docs: '', key: ['id'], parent: 'person', columns }] },
    })
    const { connector } = vendor
    vendor.put(1, { items: ['a'] })
    vendor.pass()
    const streams: typeof connector.streams = async (request) =>
      ((await connector.streams?.(request)) ?? []).map((stream) => ({
        ...stream,
        async *read(...call) {
          for await (const item of stream.read(...call))
            yield item.kind === 'records' && item.child
              ? { ...item, records: [{ id: '1-a', person: 1, It_Em: 'first', ItEm: 'second' }] }
              : item
        },
      }))
    return { ...connector, streams }
  }
  await world.run(withItems({ It_Em: 'string' }))
  await world.run(withItems({ It_Em: 'string', ItEm: 'string' }), { fullRefresh: true })
  expect(await world.rows('SELECT it_em, it_em_2 FROM crm.items')).toEqual([{ it_em: 'first', it_em_2: 'second' }])
})
