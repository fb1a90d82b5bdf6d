/** One clock for both sides of a history, in one process: the world's is everybody's, and pauses that are measured pass by themselves. */
import { vi } from 'vitest'
import type { World } from '../etl/world.ts'

/** → the class that was there before, for dates of the vendor's own clock. Ends with `vi.unstubAllGlobals` and `vi.restoreAllMocks`. */
export function onMadeUpClock(world: World): DateConstructor {
  const RealDate = Date
  vi.stubGlobal(
    'Date',
    class extends RealDate {
      constructor(...of: readonly unknown[]) {
        super(...((of.length > 0 ? of : [world.clock().getTime()]) as [number])) // as Date takes them
      }
      static override now = () => world.clock().getTime()
    },
  )
  let ms = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (ms += 120))
  return RealDate
}
