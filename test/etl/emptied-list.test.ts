import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
let vendor: Vendor
const run = (options: RunOptions = {}) => world.run(vendor.connector, { streams: [{}], ...options })

beforeEach(async () => {
  world = openWorld()
  vendor = createVendor({ readAt: world.clock, people: { enumerates: false }, withoutChildren: true })
  for (let id = 1; id <= 9; id++) vendor.put(id, { name: `p${id}` })
  vendor.pass()
  await run()
  for (let id = 1; id <= 9; id++) vendor.hardDelete(id)
  vendor.pass()
})
afterEach(() => world.close())

const standing = () => world.rows('SELECT name FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')

describe('a pass over everything that finds nothing, of a source that does not list all it has,', () => {
  it('is not taken for the truth: the run fails, and the next one misses nothing of meanwhile', async () => {
    vendor.put(3, { name: 'edited' })
    const row = vendor.now()
    vendor.hardDelete(3)
    vendor.pass()
    const half = { maxShrink: { fraction: 0.5 } }
    const failed = await run({ ...half, fullRefresh: true })
    expect(failed.errors.map(({ code }) => code)).toEqual(['MR-4105'])
    expect(await standing()).toHaveLength(9)
    const later = vendor.now()
    vendor.setClock(row.getTime())
    vendor.put(3, { name: 'edited' })
    vendor.setClock(later.getTime())
    expect((await run(half)).errors).toEqual([])
    expect((await standing())[2]).toEqual({ name: 'edited' })
  })

  it('is the truth where every pass is one: nothing is taken for gone, and nothing is missed', async () => {
    const [list] = (await vendor.connector.streams?.({ signal: AbortSignal.timeout(1000) })) ?? []
    if (!list) throw new Error('no stream')
    const connector = { ...vendor.connector, streams: async () => [{ ...list, fullEveryMs: 0 }] }
    const half = { maxShrink: { fraction: 0.5 }, streams: [{}] }
    expect(await world.run(connector, half)).toMatchObject({ errors: [], ledger: { read: 0 } })
    expect(await standing()).toHaveLength(9)
  })

  it('may be allowed, and takes nothing for gone then', async () => {
    expect((await run({ fullRefresh: true })).errors).toEqual([])
    expect(await standing()).toHaveLength(9)
  })
})
