/** `--column` by the name that the table has for it, where two fields of the vendor fall on one name. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createVendor, personColumns } from '../etl/vendor.ts'
import { openWorld, type RunOptions, type World } from '../etl/world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

test('the backfill that a run advises for a new field fills it, also where its name was taken', async () => {
  const begin = '2026-01-01T00:00:00.000Z'
  const vendorWith = (columns: { readonly [field: string]: 'integer' }) => {
    const vendor = createVendor({
      readAt: world.clock,
      withoutChildren: true,
      columns: { ...personColumns, ...columns },
      people: { boundedBy: 'updated_at' },
    })
    vendor.put(1, { name: 'n1', Foo_Bar: 1, FooBar: 2 })
    vendor.pass()
    return vendor
  }
  const only: RunOptions = { streams: [{}] }
  await world.run(vendorWith({ Foo_Bar: 'integer' }).connector, only)
  const now = vendorWith({ Foo_Bar: 'integer', FooBar: 'integer' })
  const { events } = await world.run(now.connector, only)
  const told = events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
  const column = /--column (\w+)/.exec(told.join('\n'))?.[1]
  expect(column).toBe('foo_bar_2')
  await world.backfill(now.connector, { from: begin, to: null, column: column ?? '' }, only)
  expect(await world.rows('SELECT foo_bar, foo_bar_2 FROM crm.people')).toEqual([{ foo_bar: '1', foo_bar_2: '2' }])
})
