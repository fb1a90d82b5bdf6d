import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves when the next may go: so long after the one before really went. In the order of asking. */
export function createPace(intervalMs: number): (signal: AbortSignal) => Promise<void> {
  let last = -Infinity
  let turn = Promise.resolve()
  return (signal) => {
    const own = turn.then(async () => {
      const waitMs = last + intervalMs - performance.now()
      if (waitMs > 0) await sleep(Math.ceil(waitMs), undefined, { signal })
      last = performance.now()
    })
    // Who gives up keeps no other waiting, and answers for it to its own caller.
    turn = own.catch(() => undefined)
    return own
  }
}
