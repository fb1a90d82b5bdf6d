import type { Scan, Stream } from '../connector/contract.ts'
import type { App } from './app.ts'
import type { OpenedConnection } from './open-connection.ts'

export type Counted = {
  /** null: the vendor cannot count. */
  readonly counted: number | null
  /** Requests of a run that reads these rows, its own count included. */
  readonly requests_estimate: number | null
}

/** What the vendor counts in a scan, and about how many requests reading it takes. */
export async function countAtVendor(
  app: App,
  { host }: OpenedConnection,
  stream: Stream,
  scan: Scan,
): Promise<Counted> {
  if (!stream.count) return { counted: null, requests_estimate: null }
  const before = host.requests()
  const counted = await stream.count(scan, host.context(app.signal))
  const pages = Math.max(1, Math.ceil(counted / (stream.pageRows ?? 100)))
  return { counted, requests_estimate: pages + host.requests() - before }
}
