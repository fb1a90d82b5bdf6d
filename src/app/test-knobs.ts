/** Of the environment, what is for tests only. */
import type { Emit } from '../model/event.ts'

/**
 * For tests of what a kill leaves behind: `MILLRACE_HOLD_AT=batch.staged` freezes the process right after that event was
 * said, `batch.staged:charges` only for that stream or object, `batch.staged:charges:3` the third time.
 */
export function holdAt(point: string | undefined): Emit {
  if (!point) return () => undefined
  const [type, name = '', nth = '1'] = point.split(':')
  let seen = 0
  return (event) => {
    if (event.type !== type) return
    const subject =
      'stream' in event ? event.stream : 'object' in event ? event.object : 'scope' in event ? event.scope : ''
    if (name !== '' && subject !== name) return
    if (++seen === Number(nth)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
}

/** Small commits and short leases, for tests of what happens between two of them. undefined: none is given. */
export const sizeFrom = (text: string | undefined): number | undefined =>
  text && /^\d+$/.test(text) ? Number(text) : undefined
