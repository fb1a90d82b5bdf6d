import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject, OpenedConnector, Scan, ScanItem, Stream } from 'millrace'
import facebookAds from '../../../connectors/facebook_ads/index.ts'
import simulator from '../../../connectors/facebook_ads/sandbox.ts'
import { createHost, type EngineHost } from '../../../src/connector/create-host.ts'
import { createLimiterRegistry } from '../../../src/connector/limiter.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

/** The connector on a simulator of its own, through the real SDK and the real host. */
export type OpenedFacebook = AsyncDisposable & {
  readonly sandbox: RunningSandbox
  readonly host: EngineHost
  readonly opened: OpenedConnector
  readonly warnings: () => readonly string[]
  readonly stream: (name: string) => Promise<Stream>
  /** A full pass up to the sandbox's now, unless said. */
  readonly read: (name: string, scan?: Partial<Scan>, signal?: AbortSignal) => Promise<readonly ScanItem[]>
  readonly items: (name: string, scan?: Partial<Scan>) => AsyncGenerator<ScanItem>
  /** Method, path without the version, and the query or body without credentials; since the last asking. */
  readonly requests: () => Promise<readonly string[]>
  readonly fault: (name: string, spec: JsonObject | null) => Promise<void>
}

export async function openFacebook(keys: { readonly [key: string]: unknown } = {}): Promise<OpenedFacebook> {
  const sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
  const events: EngineEvent[] = []
  const config = facebookAds.config.parse({
    ...sandbox.connection('facebook_ads'),
    // All that the token may see, unless said.
    account_ids: undefined,
    ...keys,
  })
  const host = createHost({
    connection: 'facebook_ads',
    runId: 'run_test',
    emit: (event) => events.push(event),
    spoolDir: mkdtempSync(join(tmpdir(), 'millrace-facebook-')),
    secrets: [String(config['access_token'])],
    limiters: createLimiterRegistry(),
    retry: { initialMs: 5, maxMs: 20 },
  })
  // The contract of `open` is typed by each connector's own keys.
  const opened = await facebookAds.open({ config: config as never, host })
  let since = 0

  const stream = async (name: string) => {
    const found = (await opened.streams?.({ names: [name], signal: never }))?.[0]
    if (!found) throw new Error(`no stream ${name}`)
    return found
  }
  const items: OpenedFacebook['items'] = async function* (name, more = {}) {
    const found = await stream(name)
    const scan: Scan = {
      id: 'scan',
      from: null,
      to: (await sandbox.now()).toISOString(),
      resume: null,
      full: true,
      start: null,
      fields: Object.keys(found.columns).filter((field) => found.loads?.(field, more.options ?? {}) !== false),
      where: null,
      options: {},
      children: [],
      limit: null,
      ...more,
    }
    yield* found.read(scan, host.context(never))
  }
  return {
    sandbox,
    host,
    opened,
    warnings: () => events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : [])),
    stream,
    items,
    read: (name, more) => Array.fromAsync(items(name, more)),
    requests: async () => {
      const entries = await sandbox.journal('facebook_ads', { since })
      since = entries.at(-1)?.sequence ?? since
      return entries.map(describeRequest)
    },
    fault: (name, spec) => sandbox.setFault('facebook_ads', name, spec),
    async [Symbol.asyncDispose]() {
      await opened.close?.()
      await host.close()
      await sandbox.close()
    },
  }
}

function describeRequest({ method, path, body }: JournalEntry): string {
  const url = new URL(path, 'http://sandbox')
  for (const name of ['access_token', 'appsecret_proof', 'fields']) url.searchParams.delete(name)
  const query = decodeURIComponent(url.search)
  return `${method} ${url.pathname.replace(/^\/v\d+\.\d+/, '')}${query}${body === null ? '' : ` ${body}`}`
}

/** All rows of the items, in their order. */
export const rowsOf = (items: readonly ScanItem[]): readonly JsonObject[] =>
  items.flatMap((item): readonly JsonObject[] => {
    if (item.kind === 'records') return JSON.parse(JSON.stringify(item.records))
    if (item.kind !== 'lines' || item.rows === 0) return []
    return Buffer.from(item.lines)
      .toString()
      .trimEnd()
      .split('\n')
      .map((line): JsonObject => JSON.parse(line))
  })

const never = new AbortController().signal
