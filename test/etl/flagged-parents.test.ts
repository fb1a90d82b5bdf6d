import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
let vendor: Vendor
beforeEach(() => {
  world = openWorld()
  vendor = createVendor({ readAt: world.clock })
  for (const id of [1, 2]) vendor.put(id, { items: ['x', 'y'] })
  vendor.pass()
})
afterEach(() => world.close())

const live = async () =>
  (await world.rows(`SELECT id FROM crm.items WHERE _deleted_at IS NULL ORDER BY id`)).map(({ id }) => id)

/** What stands inside after each run: at first, when one is flagged, when it is back with others. */
async function playOut(options: RunOptions, connector = vendor.connector): Promise<unknown> {
  const run = async () => {
    expect((await world.run(connector, options)).errors).toEqual([])
    return live()
  }
  const first = await run()
  vendor.softDelete(1)
  vendor.pass()
  const flagged = await run()
  vendor.put(1, { deleted: false, items: ['y', 'z'] })
  vendor.pass()
  return { first, flagged, back: await run() }
}

const wanted = {
  first: ['1-x', '1-y', '2-x', '2-y'],
  flagged: ['2-x', '2-y'],
  back: ['1-y', '1-z', '2-x', '2-y'],
}

describe('what came inside a row that is flagged as deleted goes with it, and comes back with it', () => {
  it.each([
    ['by a merge', {}],
    ['in intervals', { streams: [{ mode: 'scd2' }, { name: 'items' }] }],
    ['where the rows are replaced as a whole', { streams: [{ mode: 'full_refresh' }, { name: 'items' }] }],
    ['by the hash of its key', { streams: [{ mask: { id: 'sha256' } }, { name: 'items' }] }],
    ['by a hash that it has alone', { streams: [{}, { name: 'items', mask: { person: 'sha256' } }] }],
  ] as const)('%s', async (_, options) => {
    expect(await playOut(options)).toEqual(wanted)
  })

  it('where the vendor says nothing more of it', async () => {
    const [people] = (await vendor.connector.streams?.({ signal: new AbortController().signal })) ?? []
    if (!people) throw new Error('the vendor has people')
    const read: typeof people.read = async function* (scan, context) {
      for await (const item of people.read(scan, context)) {
        if (item.kind !== 'records' || !item.child) yield item
        else {
          const flagged = (key: unknown) => vendor.people.get(Number(key))?.deleted === true
          const parents = item.child.parents.filter((key) => !flagged(key))
          const records = item.records.filter(({ person }) => !flagged(person))
          if (parents.length > 0) yield { ...item, records, child: { ...item.child, parents } }
        }
      }
    }
    const silent = { ...vendor.connector, streams: () => Promise.resolve([{ ...people, read }]) }
    expect(await playOut({}, silent)).toEqual(wanted)
  })
})
