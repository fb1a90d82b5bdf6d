import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenedConnector, Scan, ScanItem, Stream } from 'millrace'
import stripe from '../../../connectors/stripe/index.ts'
import simulator from '../../../connectors/stripe/sandbox.ts'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { createHost, type EngineHost } from '../../../src/connector/create-host.ts'
import { createLimiterRegistry } from '../../../src/connector/limiter.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'

/** The connector on a simulator of its own, through the real SDK and the real host. */
export type OpenedStripe = AsyncDisposable & {
  readonly sandbox: RunningSandbox
  readonly host: EngineHost
  readonly opened: OpenedConnector
  readonly events: readonly EngineEvent[]
  readonly stream: (name: string) => Promise<Stream>
  /** A scan from `from` to a minute before the sandbox's now. */
  readonly scanOf: (more?: Partial<Scan>) => Promise<Scan>
  readonly read: (name: string, scan: Scan) => Promise<readonly ScanItem[]>
  /** Paths with their queries, of the requests since the last asking. */
  readonly requests: () => Promise<readonly JournalEntry[]>
}

export async function openStripe(
  options: { readonly scale?: number; readonly keys?: { readonly [key: string]: unknown } } = {},
): Promise<OpenedStripe> {
  const sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: options.scale ?? 0.02 })
  const events: EngineEvent[] = []
  const host = createHost({
    connection: 'stripe',
    runId: 'run_test',
    emit: (event) => events.push(event),
    spoolDir: mkdtempSync(join(tmpdir(), 'millrace-stripe-')),
    secrets: [],
    limiters: createLimiterRegistry(),
    retry: { initialMs: 5, maxMs: 20 },
  })
  const keys = { ...sandbox.connection('stripe'), ...options.keys }
  // The contract of `open` is typed by each connector's own keys.
  const opened = await stripe.open({ config: stripe.config.parse(keys) as never, host })
  const signal = new AbortController().signal
  let since = 0

  const stream = async (name: string) => {
    const found = (await opened.streams?.({ names: [name], signal }))?.find((each) => each.name === name)
    if (!found) throw new Error(`no stream ${name}`)
    return found
  }
  return {
    sandbox,
    host,
    opened,
    events,
    stream,
    scanOf: async (more = {}) => ({
      id: 'scan',
      from: null,
      to: new Date((await sandbox.now()).getTime() - 60_000).toISOString(),
      resume: null,
      full: false,
      start: null,
      fields: [],
      where: null,
      options: {},
      children: stripeStreams.flatMap(({ children = [] }) => children.map(({ name }) => name)),
      limit: null,
      ...more,
    }),
    read: async (name, scan) => Array.fromAsync((await stream(name)).read(scan, host.context(signal))),
    requests: async () => {
      const entries = await sandbox.journal('stripe', { since })
      since = entries.at(-1)?.sequence ?? since
      return entries
    },
    async [Symbol.asyncDispose]() {
      await opened.close?.()
      await host.close()
      await sandbox.close()
    },
  }
}
