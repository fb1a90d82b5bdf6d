import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * A page is garbage as soon as it is spooled, and V8 collects it when its young generation is full: at the 16 MB that it
 * grows to while a program starts, 100 MB of pages wait for that. While much is read it is kept as small as it begins,
 * which took 70 MB off the peak of a load and cost no time that could be measured.
 */
export function keepGarbageSmall(): { readonly spooled: (rows: number) => void; readonly end: () => void } {
  let left = manyRows
  let isMuch = false
  return {
    spooled(rows) {
      left -= rows
      if (isMuch || left > 0) return
      isMuch = true
      if (reading++ === 0) shrink()
    },
    end() {
      if (isMuch && --reading === 0) setFlagsFromString('--semi-space-growth-factor=2')
    },
  }
}

function shrink(): void {
  setFlagsFromString('--expose-gc')
  const collect: NodeJS.GCFunction = runInNewContext('gc') // what the flag puts into a new context
  setFlagsFromString('--no-expose-gc')
  // Only this one shrinks it.
  void collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  setFlagsFromString('--semi-space-growth-factor=1')
}

/** Loads of this process that are under way and read much. */
let reading = 0

/** Shrinking takes 50 ms, a tenth of a load of some hundred rows. */
const manyRows = 10_000
