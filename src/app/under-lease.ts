import { withLease, type HeldLease } from '../state/with-lease.ts'
import type { Work } from './run-outcome.ts'
import { sizeFrom } from './test-knobs.ts'

/** Works while this run alone may: another one is waited for, or with `--no-wait` said and left. */
export function underLease<T>(
  { app, runId, options }: Work,
  name: string,
  work: (lease: HeldLease) => Promise<T>,
): Promise<T> {
  const ttlMs = sizeFrom(app.env['MILLRACE_LEASE_MS']) ?? leaseMs
  return withLease(
    app.store,
    { name, runId, ttlMs, graceMs: ttlMs / 2 },
    {
      signal: app.signal,
      wait: options.wait,
      onTurn: (waitedMs) => app.waits.add(runId, waitedMs),
      onWaiting: (holder) =>
        app.emit({
          type: 'waiting',
          run_id: runId,
          for: name,
          holder: `run ${holder.runId} (pid ${holder.process.pid}, since ${holder.since})`,
        }),
    },
    work,
  )
}

/** A holder that is silent for so long on another machine may be taken over, once its last request must be over too. */
const leaseMs = 60_000
