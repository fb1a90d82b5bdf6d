import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DestinationObject, JsonObject, OpenedConnector, Scan, Stream, WriteContext } from 'millrace'
import type { SimulatorDefinition } from 'millrace/sandbox'
import type { RetryPolicy } from '../../src/connector/call.ts'
import type { Connector } from '../../src/connector/contract.ts'
import { createHost, type EngineHost } from '../../src/connector/create-host.ts'
import { secretKeys } from '../../src/connector/kits/find-secret.ts'
import { createLimiterRegistry } from '../../src/connector/limiter.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { startSimulators } from '../../src/sandbox/host.ts'
import type { JournalEntry } from '../../src/sandbox/journal.ts'
import type { RunningSandbox } from '../../src/sandbox/running-sandbox.ts'

/** A connector on a simulator of its own, through the real SDK and the real host. */
export type OnSimulator = AsyncDisposable & {
  readonly sandbox: RunningSandbox
  readonly host: EngineHost
  readonly opened: OpenedConnector
  readonly events: readonly EngineEvent[]
  readonly warnings: () => readonly string[]
  /** One that nobody aborts. */
  readonly signal: AbortSignal
  readonly stream: (name: string) => Promise<Stream>
  readonly object: (name: string) => Promise<DestinationObject>
  /** Everything up to the sandbox's now, unless said; full without a `from`. */
  readonly scanOf: (more?: Partial<Scan>) => Promise<Scan>
  /** @default the match field is `id` */
  readonly writeContext: (match?: string, more?: Partial<WriteContext>) => WriteContext
  /** The requests since the last asking. */
  readonly requests: () => Promise<readonly JournalEntry[]>
  readonly fault: (name: string, spec?: JsonObject | null) => Promise<void>
}

export type OpenOptions = {
  /** @default 0.02 */
  readonly scale?: number
  /** Laid over the simulator's connection. */
  readonly keys?: { readonly [key: string]: unknown }
  readonly retry?: Partial<RetryPolicy>
}

export type OpenRequest = OpenOptions & { readonly connector: Connector; readonly simulator: SimulatorDefinition }

export async function openConnector(request: OpenRequest): Promise<OnSimulator> {
  const { connector, simulator, scale = 0.02, keys = {}, retry = {} } = request
  const { name } = simulator
  const sandbox = await startSimulators({ definitions: [simulator], dir: null, scale })
  const config = connector.config.parse({ ...sandbox.connection(name), ...keys })
  const events: EngineEvent[] = []
  const host = createHost({
    connection: name,
    runId: 'run_test',
    emit: (event) => events.push(event),
    spoolDir: mkdtempSync(join(tmpdir(), `millrace-${name}-`)),
    secrets: secretKeys(connector.config).flatMap((key) => (config[key] ? [String(config[key])] : [])),
    limiters: createLimiterRegistry(),
    retry: { initialMs: 5, maxMs: 20, ...retry },
  })
  // The contract of `open` is typed by each connector's own keys.
  const opened = await connector.open({ config: config as never, host })
  const { signal } = new AbortController()
  let since = 0
  return {
    sandbox,
    host,
    opened,
    events,
    warnings: () => events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : [])),
    signal,
    stream: async (wanted) => named(wanted, await opened.streams?.({ names: [wanted], signal })),
    object: async (wanted) => named(wanted, await opened.objects?.({ names: [wanted], signal })),
    scanOf: async (more = {}) => ({
      id: 'scan',
      from: null,
      to: (await sandbox.now()).toISOString(),
      resume: null,
      full: more.from === undefined,
      start: null,
      fields: [],
      where: null,
      options: {},
      children: [],
      limit: null,
      ...more,
    }),
    writeContext: (match = 'id', more = {}) => ({
      ...host.context(signal),
      match,
      options: {},
      saveReceipt: async () => {},
      ...more,
    }),
    requests: async () => {
      const entries = await sandbox.journal(name, { since })
      since = entries.at(-1)?.sequence ?? since
      return entries
    },
    fault: (fault, spec = {}) => sandbox.setFault(name, fault, spec),
    async [Symbol.asyncDispose]() {
      await opened.close?.()
      await host.close()
      await sandbox.close()
    },
  }
}

function named<T extends { readonly name: string }>(wanted: string, all: readonly T[] = []): T {
  const found = all.find(({ name }) => name === wanted)
  if (!found) throw new Error(`there is no ${wanted}`)
  return found
}
