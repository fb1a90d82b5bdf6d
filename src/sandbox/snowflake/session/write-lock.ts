/**
 * One lock for everything that writes. Snowflake locks tables (and waits in the same way); one lock only makes more wait.
 * https://docs.snowflake.com/en/sql-reference/transactions#label-txn-locking
 */

export type LockHolder = {
  readonly sessionId: string
  /** Milliseconds at which it began: Snowflake's transaction id. */
  readonly transaction: number
  readonly queryId: string
  readonly table: string
}

export type WriteLock = {
  readonly holder: () => LockHolder | null
  /** How many wait. */
  readonly waiting: () => number
  /** Resolves once the lock is the caller's: null; or with who still has it when the time is over. */
  readonly take: (wanted: LockHolder, timeoutMs: number, signal: AbortSignal) => Promise<LockHolder | null | 'aborted'>
  readonly release: (sessionId: string) => void
}

type Waiter = { readonly wanted: LockHolder; readonly grant: () => void }

export function createWriteLock(): WriteLock {
  let holder: LockHolder | null = null
  const queue: Waiter[] = []

  return {
    holder: () => holder,
    waiting: () => queue.length,
    take: async (wanted, timeoutMs, signal) => {
      if (holder?.sessionId === wanted.sessionId) return null
      if (!holder) {
        holder = wanted
        return null
      }
      if (timeoutMs <= 0) return holder
      return new Promise((resolve) => {
        const leave = (outcome: LockHolder | 'aborted' | null) => {
          clearTimeout(timer)
          signal.removeEventListener('abort', abort)
          const place = queue.indexOf(waiter)
          if (place >= 0) queue.splice(place, 1)
          resolve(outcome)
        }
        const abort = () => leave('aborted')
        const waiter: Waiter = { wanted, grant: () => leave(null) }
        const timer = setTimeout(() => leave(holder ?? 'aborted'), Math.min(timeoutMs, 2 ** 31 - 1))
        timer.unref()
        queue.push(waiter)
        signal.addEventListener('abort', abort)
        if (signal.aborted) abort()
      })
    },
    release: (sessionId) => {
      if (holder?.sessionId !== sessionId) return
      const next = queue[0]
      holder = next?.wanted ?? null
      next?.grant()
    },
  }
}
