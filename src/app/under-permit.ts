import { withTicket } from '../state/with-ticket.ts'
import type { Work } from './run-outcome.ts'

/**
 * Works while one of the connection's `max_runs` places is this run's, across machines; at once where the connection has no such
 * limit. Always taken before the lease, by everybody: else two runs could wait for each other.
 * @throws MillraceError MR-4001 with `--no-wait`
 */
export function underPermit<T>({ app, runId, options }: Work, connection: string, work: () => Promise<T>): Promise<T> {
  const places = app.project.connections[connection]?.maxRuns ?? null
  if (places === null) return work()
  const resource = `connection ${app.target.name} ${connection}`
  return withTicket(
    app.store,
    { resource, runId, purpose: 'run', places },
    {
      signal: app.signal,
      wait: options.wait,
      pollMs: askEveryMs,
      onTurn: (waitedMs) => app.waits.add(runId, waitedMs),
      onWaiting: (holder) =>
        app.emit({
          type: 'waiting',
          run_id: runId,
          for: `one of ${places} places at the ${resource} (max_runs)`,
          holder: `run ${holder.runId} (pid ${holder.process.pid}, since ${holder.since})`,
        }),
    },
    work,
  )
}

/** Runs take seconds to hours. */
const askEveryMs = 100
