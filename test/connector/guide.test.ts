import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { StreamDefinition } from '../../src/connector/contract.ts'
import { connector } from '../../src/connector/define.ts'
import { z } from '../../src/index.ts'
import { openWorld } from '../etl/world.ts'
import { startVendor } from './fake-vendor.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const guide = read('docs/connectors.md')

it('the guide for connector authors shows the connector that the kits try, letter by letter', () => {
  expect(guide).toContain(`\`\`\`ts\n${read('test/connector/acme-crm/index.ts')}\`\`\``)
})

it('the guide shows the calls of the kits that try it', () => {
  const beside = read('test/conformance/acme-crm.test.ts').replaceAll('../connector/acme-crm/', './')
  expect(guide).toContain(`\`\`\`ts\n${beside}\`\`\``)
})

it('what the guide says of rows inside other rows loads them, and takes them away with their parents', async () => {
  const orders = [1, 2, 3].map((id) => ({
    id,
    status: 'open',
    lines: ['a', 'b'].map((sku, at) => ({ order_id: id, line: at + 1, sku })),
  }))
  await using vendor = await startVendor(({ url = '' }, response) => {
    const after = Number(new URL(url, 'http://vendor').searchParams.get('after'))
    response.end(JSON.stringify({ data: orders.filter(({ id }) => id > after).slice(0, 2) }))
  })
  const shop = connector({
    name: 'shop',
    config: z.strictObject({}),
    http: () => ({ baseUrl: vendor.url, ratePerSecond: 1000 }),
    streams: { orders: await streamShown('## Rows inside other rows') },
  })
  const world = openWorld()
  try {
    const run = async () => {
      world.setClock(Date.now()) // the example has the clock of the machine
      const opened = await shop.open({ config: {} as never, host: vendor.host }) // it has no keys
      const streams = [{ name: 'orders' }, { name: 'order_lines' }]
      return (await world.run(opened, { streams, maxShrink: { fraction: 1 } })).streams
    }
    expect(await run()).toMatchObject({ orders: { inserted: 3 }, order_lines: { inserted: 6 } })
    orders.shift()
    orders[0]?.lines.pop()
    expect(await run()).toMatchObject({ orders: { swept: 1 }, order_lines: { swept: 3 } })
    const left = await world.rows(
      'SELECT order_id, line FROM crm.order_lines WHERE _deleted_at IS NULL ORDER BY order_id, line',
    )
    expect(left.map(({ order_id, line }) => `${order_id}/${line}`)).toEqual(['2/1', '3/1', '3/2'])
  } finally {
    await world.close()
  }
})

/** The first example below a heading, as a connector's author would have it in a file. */
async function streamShown(heading: string): Promise<StreamDefinition> {
  const example = /```ts\n(.*?)```/s.exec(guide.slice(guide.indexOf(heading)))?.[1] ?? ''
  const directory = mkdtempSync(join(tmpdir(), 'millrace-guide-'))
  try {
    writeFileSync(join(directory, 'orders.ts'), example)
    const { orders }: { readonly orders: StreamDefinition } = await import(join(directory, 'orders.ts'))
    return orders
  } finally {
    rmSync(directory, { recursive: true })
  }
}
