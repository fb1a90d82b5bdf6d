import { afterEach, beforeEach } from 'vitest'
import { createVendor, type Vendor } from './vendor.ts'
import { openWorld, type World } from './world.ts'

/** A world for each test, and a vendor that holds thirty people, each with a stamp of their own. */
export function useThirtyPeople(fields: { readonly items?: readonly string[] } = {}): {
  readonly world: World
  readonly vendor: Vendor
} {
  const at: { world: World; vendor: Vendor } = Object.create(null)
  beforeEach(() => {
    at.world = openWorld()
    at.vendor = createVendor({ readAt: at.world.clock })
    for (let id = 1; id <= 30; id++) {
      at.vendor.put(id, { name: `p${id}`, ...fields })
      at.vendor.pass()
    }
  })
  afterEach(() => at.world.close())
  return at
}
