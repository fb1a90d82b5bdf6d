import { withLease, type HeldLease } from '../state/with-lease.ts'
import type { Work } from './run-outcome.ts'

/** Works while this run alone may: another one is waited for, or with `--no-wait` said and left. */
export function underLease<T>(
  { app, runId, options }: Work,
  name: string,
  work: (lease: HeldLease) => Promise<T>,
): Promise<T> {
  return withLease(
    app.store,
    { name, runId, ttlMs: leaseMs, graceMs: requestTimeoutMs },
    {
      signal: app.signal,
      wait: options.wait,
      onWaiting: (holder) =>
        app.emit({
          type: 'waiting',
          run_id: runId,
          for: `the lease ${name}`,
          holder: `run ${holder.runId} (pid ${holder.process.pid}, since ${holder.since})`,
        }),
    },
    work,
  )
}

const leaseMs = 60_000
const requestTimeoutMs = 30_000
