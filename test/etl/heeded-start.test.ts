import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Stream } from '../../src/connector/contract.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

/** Nine people, all listed at every scan. */
function openVendor(people: Partial<Stream>): Vendor {
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { fullEveryMs: 0, ...people } })
  for (let id = 1; id <= 9; id++) vendor.put(id, { name: `p${id}` })
  vendor.pass()
  return vendor
}

const run = async (vendor: Vendor, start: string | null, options: RunOptions = {}) => {
  const { events, errors } = await world.run(vendor.connector, { ...options, streams: [{}], sync: { start } })
  return { errors, warnings: events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : [])) }
}

const gone = async () =>
  (await world.rows('SELECT id FROM crm.people WHERE _deleted_at IS NOT NULL')).map(({ id }) => id)

const begins = '2025-01-01T00:00:00.000Z'

describe('the start of a sync', () => {
  it.each([
    ['narrows a stream that heeds it: what a pass did not see may be there all the same', undefined, []],
    ['is nothing to a stream that lists everything whatever it says: what is not listed is gone', false, ['4']],
  ])('%s', async (_, heedsStart, deleted) => {
    const vendor = openVendor(heedsStart === undefined ? {} : { heedsStart })
    await run(vendor, begins)
    vendor.hardDelete(4)
    vendor.pass()
    expect((await run(vendor, begins)).errors).toEqual([])
    expect(await gone()).toEqual(deleted)
  })

  it('does not reach a stream that does not heed it, nor another one', async () => {
    const vendor = openVendor({ heedsStart: false })
    await run(vendor, begins)
    expect(vendor.scans.map(({ start, whole }) => [start, whole])).toEqual([[null, true]])
  })

  it('is told of where it becomes earlier, but not of a stream that does not heed it', async () => {
    const vendor = openVendor({ heedsStart: false, fullEveryMs: 1e12 })
    await run(vendor, begins)
    expect((await run(vendor, '2024-01-01T00:00:00.000Z')).warnings).toEqual([])
    expect((await run(vendor, null)).warnings).toEqual([])
  })

  it('may change while a scan of a stream that does not heed it is under way, which goes on', async () => {
    const vendor = openVendor({ heedsStart: false })
    vendor.onPage = (page) => {
      if (page === 2) throw new Error('the vendor is away')
    }
    expect((await run(vendor, begins)).errors).toHaveLength(1)
    vendor.onPage = () => undefined
    expect((await run(vendor, null)).warnings).toEqual([])
    expect(vendor.scans.at(-1)?.resume).not.toBeNull()
  })

  it('leaves the guard of what such a stream may lose where it is', async () => {
    const vendor = openVendor({ heedsStart: false })
    await run(vendor, begins)
    for (let id = 1; id <= 6; id++) vendor.hardDelete(id)
    vendor.pass()
    const { errors } = await run(vendor, begins, { maxShrink: { fraction: 0.5 } })
    expect(errors.map(({ code }) => code)).toEqual(['MR-4105'])
    expect(await gone()).toEqual([])
  })
})
