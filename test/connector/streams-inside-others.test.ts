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

it.each([
  ['by its name', [{ name: 'orders' }, { name: 'lines' }]],
  ['by a glob', [{ name: '*' }]],
])('is loaded %s', async (_, streams) => {
  const host = quickHost()
  const opened = await shop.open({ config: {} as never, host })
  const { errors } = await world.run(opened, { streams })
  await host.close()
  expect(errors).toEqual([])
  expect(await world.rows('SELECT id FROM crm.lines')).toEqual([{ id: '11' }])
})
