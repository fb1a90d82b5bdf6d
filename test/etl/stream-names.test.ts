import { afterEach, beforeEach, expect, test } from 'vitest'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { toSnake } from '../../src/model/column-name.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

test('a replacement of a stream with a long name does not go on in what another scan has left', async () => {
  const name = 'acme_crm__Customer_Subscription_Renewal_History__c'
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { name } })
  const connector = { ...vendor.connector, streamNames: () => Promise.resolve([name]) }
  const streams = [{ name, mode: 'full_refresh' as const }]
  for (let id = 1; id <= 8; id++) vendor.put(id)
  vendor.pass(1000)
  let pages = 0
  vendor.onPage = () => {
    if (++pages === 3) throw new MillraceError('MR-3003', { message: 'no' })
  }
  await world.run(connector, { streams })
  vendor.onPage = () => undefined
  vendor.hardDelete(1)
  vendor.pass(1000)
  await world.run(connector, { streams, fullRefresh: true })
  expect((await world.rows(`SELECT id FROM crm."${toSnake(name)}" ORDER BY 1`)).map(({ id }) => id)).toEqual([
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
    '8',
  ])
})

test('streams whose names differ in letters alone that no path should have keep their rows apart', async () => {
  const names = ['客户', '订单'] as const
  const of = async (name: string, from: number) => {
    const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { name } })
    for (let id = from; id < from + 5; id++) vendor.put(id, { name })
    vendor.pass(1000)
    return { vendor, streams: await streamsOf(vendor, name) }
  }
  const [one, two] = [await of(names[0], 1), await of(names[1], 101)]
  const connector = {
    ...one.vendor.connector,
    streamNames: () => Promise.resolve([...names]),
    streams: () => Promise.resolve([...one.streams, ...two.streams]),
  }
  // Nothing is committed before the end: both spool at once.
  const { errors } = await world.run(connector, { streams: names.map((name) => ({ name })), chunkRows: 1e6 })
  expect(errors).toEqual([])
  for (const name of names)
    expect(await world.rows(`SELECT name, count(*) AS n FROM crm."${toSnake(name)}" GROUP BY name`)).toEqual([
      { name, n: '5' },
    ])
})

test('commits of a pass over keys are told from those of the scan before it in the same run', async () => {
  const dayMs = 86_400_000
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { enumerates: undefined } })
  for (let id = 1; id <= 4; id++) vendor.put(id)
  vendor.pass(1000)
  const streams = [{ reconcileMs: dayMs }]
  await world.run(vendor.connector, { streams })
  vendor.pass(8 * dayMs)
  vendor.put(1, { name: 'b' })
  vendor.pass(1000)
  const { streams: reports } = await world.run(vendor.connector, { streams })
  expect(Object.keys(reports)).toEqual(['people', 'people reconcile'])
  const twice = 'SELECT run_id, stream, sequence FROM _millrace.commits GROUP BY ALL HAVING count(*) > 1'
  expect(await world.rows(twice)).toEqual([])
})

const streamsOf = async ({ connector }: Vendor, name: string) =>
  (await connector.streams?.({ names: [name], queries: {}, signal: new AbortController().signal })) ?? []
