import type { Scan, ScanItem } from 'millrace'
import stripe from '../../../connectors/stripe/index.ts'
import simulator from '../../../connectors/stripe/sandbox.ts'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { openConnector, type OnSimulator, type OpenOptions } from '../open-connector.ts'

export type OpenedStripe = OnSimulator & {
  /** An incremental scan with all children, to a minute before the sandbox's now, unless said. */
  readonly scanOf: (more?: Partial<Scan>) => Promise<Scan>
  readonly read: (name: string, scan: Scan) => Promise<readonly ScanItem[]>
}

export async function openStripe(options: OpenOptions = {}): Promise<OpenedStripe> {
  const vendor = await openConnector({ connector: stripe, simulator, ...options })
  const { sandbox, stream, host, signal } = vendor
  const children = stripeStreams.flatMap((each) => (each.children ?? []).map(({ name }) => name))
  return {
    ...vendor,
    scanOf: async (more) => {
      const to = new Date((await sandbox.now()).getTime() - 60_000).toISOString()
      return vendor.scanOf({ to, full: false, children, ...more })
    },
    read: async (name, scan) => Array.fromAsync((await stream(name)).read(scan, host.context(signal))),
  }
}
