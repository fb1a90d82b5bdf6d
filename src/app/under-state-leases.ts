import { withLease } from '../state/with-lease.ts'
import type { App } from './app.ts'
import { sizeFrom } from './test-knobs.ts'

/** Works while no run is on that these leases would be of; one that is on is not waited for. @throws MillraceError MR-4001 */
export function underStateLeases<T>(
  app: App,
  { names, runId }: { readonly names: readonly string[]; readonly runId: string },
  work: () => Promise<T>,
): Promise<T> {
  const [name, ...rest] = [...new Set(names)]
  if (name === undefined) return work()
  const request = { name, runId, ttlMs: 60_000, graceMs: sizeFrom(app.env['MILLRACE_GRACE_MS']) ?? 30_000 }
  return withLease(app.store, request, { signal: app.signal, wait: false }, () =>
    underStateLeases(app, { names: rest, runId }, work),
  )
}
