import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import hubspot from '../../../connectors/hubspot/index.ts'
import simulator from '../../../connectors/hubspot/sandbox.ts'
import type { RetryPolicy } from '../../../src/connector/call.ts'
import type { OpenedConnector } from '../../../src/connector/contract.ts'
import { createHost, type EngineHost } from '../../../src/connector/create-host.ts'
import type { DestinationObject } from '../../../src/connector/destination.ts'
import { createLimiterRegistry } from '../../../src/connector/limiter.ts'
import type { Change, ExactNumber, Fields, WriteResult } from '../../../src/model/change.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

/** The connector on a simulator of its own, through the real SDK and the real host. */
export type OpenedHubspot = AsyncDisposable & {
  readonly sandbox: RunningSandbox
  readonly host: EngineHost
  readonly opened: OpenedConnector
  readonly events: readonly EngineEvent[]
  readonly object: (name: string) => Promise<DestinationObject>
  readonly write: (
    object: string,
    match: string,
    changes: readonly Change[],
    options?: JsonObject,
  ) => Promise<readonly WriteResult[]>
  readonly fault: (name: string, spec?: JsonObject | null) => Promise<void>
  /** Method and path of each request since the last asking. */
  readonly asked: () => Promise<readonly string[]>
  readonly requests: () => Promise<readonly JournalEntry[]>
  /** What the simulator holds, by the value of a property. */
  readonly held: (type: string, property: string, value: string) => Promise<JsonObject | undefined>
}

export type OpenOptions = {
  readonly keys?: { readonly [key: string]: unknown }
  /** @default one attempt */
  readonly retry?: Partial<RetryPolicy>
}

export async function openHubspot({
  keys = {},
  retry = { attempts: 1, malformedAttempts: 1 },
}: OpenOptions = {}): Promise<OpenedHubspot> {
  const sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
  const events: EngineEvent[] = []
  const host = createHost({
    connection: 'hubspot',
    runId: 'run_test',
    emit: (event) => events.push(event),
    spoolDir: mkdtempSync(join(tmpdir(), 'millrace-hubspot-')),
    secrets: [],
    limiters: createLimiterRegistry(),
    retry: { initialMs: 5, maxMs: 20, ...retry },
  })
  const config = hubspot.config.parse({ ...sandbox.connection('hubspot'), requests_per_10_seconds: 10_000, ...keys })
  // The contract of `open` is typed by each connector's own keys.
  const opened = await hubspot.open({ config: config as never, host })
  const { signal } = new AbortController()
  const object = async (name: string) => {
    const [found] = (await opened.objects?.({ names: [name], signal })) ?? []
    if (!found) throw new Error(`no object ${name}`)
    return found
  }
  let seen = 0
  const requests = async () => {
    const entries = await sandbox.journal('hubspot', { since: seen })
    seen = entries.at(-1)?.sequence ?? seen
    return entries
  }
  return {
    sandbox,
    host,
    opened,
    events,
    object,
    write: async (name, match, changes, options = {}) => {
      const target = await object(name)
      await requests()
      return target.write(changes, { ...host.context(signal), match, options, saveReceipt: async () => {} })
    },
    fault: (name, spec = {}) => sandbox.setFault('hubspot', name, spec),
    requests,
    asked: async () => (await requests()).map(({ method, path }) => `${method} ${path}`),
    held: async (type, property, value) =>
      (await sandbox.show('hubspot', type)).find(
        (record) => (record['properties'] as JsonObject | undefined)?.[property] === value, // all records have them
      ),
    async [Symbol.asyncDispose]() {
      await opened.close?.()
      await host.close()
      await sandbox.close()
    },
  }
}

export const change = (match: string, key: string, fields: Fields = {}, op: Change['op'] = 'upsert'): Change => ({
  op,
  key,
  fields: { [match]: key, ...fields },
  previous: null,
  idempotencyKey: `test:${key}`,
})

// TypeScript's library does not know JSON.rawJSON yet.
export const exact = (JSON as unknown as { readonly rawJSON: (text: string) => ExactNumber }).rawJSON
