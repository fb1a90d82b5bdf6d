import { expect, it } from 'vitest'
import { connector, stream } from '../../src/connector/define.ts'
import { z } from '../../src/index.ts'
import { quickHost } from './fake-vendor.ts'

const docs = 'https://docs.example.com/orders'
const of = { docs, key: ['id'], order: 'none', columns: { id: 'integer' } } as const
const list = { path: '/orders', records: 'data', page: { kind: 'none' } } as const

const shop = connector({
  name: 'shop',
  config: z.strictObject({}),
  http: () => ({ baseUrl: 'http://127.0.0.1:1' }),
  streams: {
    listed: stream({ ...of, list }),
    listed_by_time: stream({ ...of, list: { ...list, since: 'since', until: 'until' } }),
    read_by_itself: stream({ ...of, list, async *read() {} }),
  },
})

it('a list is never asked by the start of a sync, and says so; a read of one’s own may heed it', async () => {
  const opened = await shop.open({ config: {} as never, host: quickHost() }) // it has no keys
  const streams = (await opened.streams?.({ signal: new AbortController().signal })) ?? []
  expect(Object.fromEntries(streams.map(({ name, heedsStart }) => [name, heedsStart]))).toEqual({
    listed: false,
    listed_by_time: false,
    read_by_itself: undefined,
  })
})
