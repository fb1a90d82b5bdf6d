import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import customerio from '../../../connectors/customerio/index.ts'
import simulator from '../../../connectors/customerio/sandbox.ts'
import type { OpenedConnector } from '../../../src/connector/contract.ts'
import type { DestinationObject, WriteContext } from '../../../src/connector/destination.ts'
import { createHost, type EngineHost } from '../../../src/connector/create-host.ts'
import { createLimiterRegistry } from '../../../src/connector/limiter.ts'
import type { RetryPolicy } from '../../../src/connector/call.ts'
import type { Change, ExactNumber, Fields } from '../../../src/model/change.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

/** The connector on a simulator of its own, through the real SDK and the real host. */
export type OpenedCustomerio = AsyncDisposable & {
  readonly sandbox: RunningSandbox
  readonly host: EngineHost
  readonly opened: OpenedConnector
  readonly person: DestinationObject
  readonly object: (name: string) => DestinationObject
  readonly events: readonly EngineEvent[]
  readonly writeContext: (match?: string, signal?: AbortSignal, options?: JsonObject) => WriteContext
  readonly requests: () => Promise<readonly JournalEntry[]>
  /** What the simulator holds of a person, by id. */
  readonly stored: (id: string) => Promise<JsonObject | undefined>
}

export type OpenOptions = {
  readonly keys?: { readonly [key: string]: unknown }
  /** @default one attempt */
  readonly retry?: Partial<RetryPolicy>
}

export async function openCustomerio({
  keys = {},
  retry = { attempts: 1, malformedAttempts: 1 },
}: OpenOptions = {}): Promise<OpenedCustomerio> {
  const sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
  const events: EngineEvent[] = []
  const host = createHost({
    connection: 'customerio',
    runId: 'run_test',
    emit: (event) => events.push(event),
    spoolDir: mkdtempSync(join(tmpdir(), 'millrace-customerio-')),
    secrets: [],
    limiters: createLimiterRegistry(),
    retry: { initialMs: 5, maxMs: 20, ...retry },
  })
  const config = customerio.config.parse({ ...sandbox.connection('customerio'), rate_per_second: 1000, ...keys })
  // The contract of `open` is typed by each connector's own keys.
  const opened = await customerio.open({ config: config as never, host })
  const signal = new AbortController().signal
  const objects = (await opened.objects?.({ signal })) ?? []
  const object = (wanted: string) => {
    const found = objects.find(({ name }) => name === wanted)
    if (!found) throw new Error(`no ${wanted}`)
    return found
  }
  return {
    sandbox,
    host,
    opened,
    person: object('person'),
    object,
    events,
    writeContext: (match = 'id', own = signal, options = {}) => ({
      ...host.context(own),
      match,
      options,
      saveReceipt: async () => {},
    }),
    requests: () => sandbox.journal('customerio'),
    stored: async (id) => (await sandbox.show('customerio', 'person', id))[0],
    async [Symbol.asyncDispose]() {
      await opened.close?.()
      await host.close()
      await sandbox.close()
    },
  }
}

/** A change whose match field is `id` unless said. */
export const change = (
  key: string,
  fields: Fields = {},
  rest: Partial<Change> & { readonly match?: string } = {},
): Change => {
  const { match = 'id', ...others } = rest
  return {
    op: 'upsert',
    key,
    fields: { [match]: key, ...fields },
    previous: null,
    idempotencyKey: `test:${key}`,
    ...others,
  }
}

// TypeScript's library does not know JSON.rawJSON yet.
export const exact = (JSON as unknown as { readonly rawJSON: (text: string) => ExactNumber }).rawJSON
