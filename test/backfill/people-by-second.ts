import type { World, RunOptions } from '../etl/world.ts'
import { createVendor, type Vendor } from '../etl/vendor.ts'

export const begin = '2026-01-01T00:00:00.000Z'
/** After so many of them. */
export const seconds = (n: number) => new Date(Date.parse(begin) + n * 1000).toISOString()
export const only: RunOptions = { streams: [{}] }

/** A vendor with so many people, one more each second from `begin` on. `uncut`: their stream cannot be cut. */
export function peopleBySecond(world: World, count: number, { uncut = false } = {}): Vendor {
  const people = { boundedBy: uncut ? undefined : ('updated_at' as const) }
  const vendor = createVendor({ readAt: world.clock, withoutChildren: true, people })
  for (let id = 1; id <= count; id++) {
    vendor.put(id, { name: `n${id}` })
    vendor.pass()
  }
  return vendor
}

/** From now on, at its page. */
export function failAt(vendor: Vendor, failing: number): void {
  vendor.onPage = (page) => {
    if (page === failing) throw new TypeError('the vendor is gone')
  }
}
