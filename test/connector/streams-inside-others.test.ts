import { afterEach, beforeEach, expect, it } from 'vitest'
import { connector, stream } from '../../src/connector/define.ts'
import { z } from '../../src/index.ts'
import { openWorld, type World } from '../etl/world.ts'
import { quickHost } from './fake-vendor.ts'

const docs = 'https://docs.example.com/orders'

/** The declarative form, whose orders have their lines inside. */
const shop = connector({
  name: 'shop',
  config: z.strictObject({}),
  streams: {
    orders: stream({
      docs,
      key: ['id'],
      order: 'none',
      columns: { id: 'integer' },
      children: [
        { name: 'lines', docs, key: ['id'], columns: { id: 'integer', order_id: 'integer' }, parent: 'order_id' },
      ],
      async *read() {
        const readAt = new Date()
        yield { kind: 'records', readAt, records: [{ id: 1 }] }
        yield {
          kind: 'records',
          readAt,
          child: { stream: 'lines', parents: ['1'] },
          records: [{ id: 11, order_id: 1 }],
        }
      },
    }),
  },
  check: async () => undefined,
})

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

it('a stream that comes inside another is named with the connector’s streams', () => {
  expect(shop.streamNames).toEqual(['orders', 'lines'])
})

const byName = [{ name: 'orders' }, { name: 'lines' }]
it.each([
  ['by its name', byName, true],
  ['by a glob', [{ name: '*' }], true],
  ['by its name, where the connector lists no names', byName, false],
  ['by a glob, where the connector lists no names', [{ name: '*' }], false],
])('is loaded %s', async (_, streams, listsNames) => {
  const host = quickHost()
  const { streamNames, ...opened } = await shop.open({ config: {} as never, host })
  const { errors } = await world.run({ ...opened, ...(listsNames && streamNames && { streamNames }) }, { streams })
  await host.close()
  expect(errors).toEqual([])
  expect(await world.rows('SELECT id FROM crm.lines')).toEqual([{ id: '11' }])
})
