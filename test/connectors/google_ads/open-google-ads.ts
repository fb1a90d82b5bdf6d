import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject, OpenedConnector, Scan, ScanItem, Stream } from 'millrace'
import googleAds from '../../../connectors/google_ads/index.ts'
import simulator from '../../../connectors/google_ads/sandbox.ts'
import { createHost, type EngineHost } from '../../../src/connector/create-host.ts'
import { createLimiterRegistry } from '../../../src/connector/limiter.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

/** The connector on a simulator of its own, through the real SDK and the real host. */
export type OpenedAds = AsyncDisposable & {
  readonly sandbox: RunningSandbox
  readonly host: EngineHost
  readonly opened: OpenedConnector
  readonly stream: (name: string) => Promise<Stream>
  /** Everything up to the sandbox's now, unless said. */
  readonly scanOf: (more?: Partial<Scan>) => Promise<Scan>
  readonly read: (name: string, more?: Partial<Scan>) => Promise<readonly ScanItem[]>
  readonly warnings: () => readonly string[]
  /** The requests since the last asking. */
  readonly requests: () => Promise<readonly JournalEntry[]>
}

export async function openAds(keys: JsonObject = {}): Promise<OpenedAds> {
  const sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
  const events: EngineEvent[] = []
  const host = createHost({
    connection: 'google_ads',
    runId: 'run_test',
    emit: (event) => events.push(event),
    spoolDir: mkdtempSync(join(tmpdir(), 'millrace-google-ads-')),
    secrets: [],
    limiters: createLimiterRegistry(),
    retry: { initialMs: 5, maxMs: 20 },
  })
  const config = googleAds.config.parse({ ...sandbox.connection('google_ads'), rate_per_second: 1000, ...keys })
  // The contract of `open` is typed by each connector's own keys.
  const opened = await googleAds.open({ config: config as never, host })
  const signal = new AbortController().signal
  let since = 0
  const stream = async (name: string) => {
    const found = (await opened.streams?.({ names: [name], signal }))?.find((each) => each.name === name)
    if (!found) throw new Error(`no stream ${name}`)
    return found
  }
  const scanOf = async (more: Partial<Scan> = {}): Promise<Scan> => ({
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
  })
  return {
    sandbox,
    host,
    opened,
    stream,
    scanOf,
    read: async (name, more) => Array.fromAsync((await stream(name)).read(await scanOf(more), host.context(signal))),
    warnings: () =>
      events.flatMap((event) => ('message' in event && typeof event.message === 'string' ? [event.message] : [])),
    requests: async () => {
      const entries = await sandbox.journal('google_ads', { since })
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

export const rowsOf = (items: readonly ScanItem[]): readonly JsonObject[] =>
  items.flatMap((item) =>
    item.kind === 'lines'
      ? Buffer.from(item.lines)
          .toString()
          .split('\n')
          .filter((line) => line !== '')
          .map((line): JsonObject => JSON.parse(line) as JsonObject) // one object a line, by the contract
      : [],
  )

export const queriesOf = (requests: readonly JournalEntry[]): readonly string[] =>
  requests.flatMap(({ body }) => {
    const found = /"query":"((?:\\.|[^"\\])*)"/.exec(body ?? '')?.[1]
    return found === undefined ? [] : [found]
  })
