import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  Change,
  DestinationObject,
  JsonObject,
  OpenedConnector,
  Scan,
  ScanItem,
  Stream,
  WriteResult,
} from 'millrace'
import { parseCsv } from '../../../connectors/salesforce/csv.ts'
import salesforce from '../../../connectors/salesforce/index.ts'
import simulator from '../../../connectors/salesforce/sandbox.ts'
import { createHost, type EngineHost } from '../../../src/connector/create-host.ts'
import { createLimiterRegistry } from '../../../src/connector/limiter.ts'
import type { EngineEvent } from '../../../src/model/event.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

/** The connector on a simulator of its own, through the real SDK and the real host. */
export type OpenedSalesforce = AsyncDisposable & {
  readonly sandbox: RunningSandbox
  readonly host: EngineHost
  readonly opened: OpenedConnector
  readonly events: readonly EngineEvent[]
  readonly signal: AbortSignal
  readonly stream: (name: string) => Promise<Stream>
  readonly object: (name: string) => Promise<DestinationObject>
  readonly write: (
    object: DestinationObject,
    match: string,
    changes: readonly Change[],
  ) => Promise<readonly WriteResult[]>
  /** A scan of everything, to the sandbox's now. */
  readonly scanOf: (stream: Stream, more?: Partial<Scan>) => Promise<Scan>
  readonly read: (stream: Stream, scan: Scan) => Promise<readonly ScanItem[]>
}

export async function openSalesforce(
  options: { readonly scale?: number; readonly keys?: { readonly [key: string]: unknown } } = {},
): Promise<OpenedSalesforce> {
  const sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: options.scale ?? 0.02 })
  const events: EngineEvent[] = []
  const host = createHost({
    connection: 'salesforce',
    runId: 'run_test',
    emit: (event) => events.push(event),
    spoolDir: mkdtempSync(join(tmpdir(), 'millrace-salesforce-')),
    secrets: [],
    limiters: createLimiterRegistry(),
    retry: { initialMs: 5, maxMs: 20 },
  })
  const keys = { ...sandbox.connection('salesforce'), ...options.keys }
  // The contract of `open` is typed by each connector's own keys.
  const opened = await salesforce.open({ config: salesforce.config.parse(keys) as never, host })
  const signal = new AbortController().signal
  return {
    sandbox,
    host,
    opened,
    events,
    signal,
    stream: async (name) => {
      const [found] = (await opened.streams?.({ names: [name], signal })) ?? []
      if (!found) throw new Error(`no stream ${name}`)
      return found
    },
    object: async (name) => {
      const [found] = (await opened.objects?.({ names: [name], signal })) ?? []
      if (!found) throw new Error(`no object ${name}`)
      return found
    },
    write: (object, match, changes) =>
      object.write(changes, { ...host.context(signal), options: {}, match, saveReceipt: async () => undefined }),
    scanOf: async (stream, more = {}) => ({
      id: 'scan',
      from: null,
      to: new Date((await sandbox.now()).getTime() + 1000).toISOString(),
      resume: null,
      full: true,
      start: null,
      fields: Object.keys(stream.columns),
      where: null,
      options: {},
      children: [],
      limit: null,
      ...more,
    }),
    read: (stream, scan) => Array.fromAsync(stream.read(scan, host.context(signal))),
    [Symbol.asyncDispose]: async () => {
      await opened.close?.()
      await host.close()
      await sandbox.close()
    },
  }
}

/** The rows of a read, in the order they came; those of a query job's pages are all text. Inexact numbers are text, as `cutPage` quotes them. */
export const rowsOf = (items: readonly ScanItem[]): readonly JsonObject[] =>
  items.flatMap((item) =>
    item.kind === 'lines' ? parseLines(item.lines) : item.kind === 'file' ? parseFile(item.path) : [],
  )

function parseFile(path: string): readonly JsonObject[] {
  const [header = [], ...records] = parseCsv(readFileSync(path, 'utf8'))
  return records.map((cells) =>
    Object.fromEntries(header.map((name, index): [string, string | null] => [name, cells[index] || null])),
  )
}

export const parseLines = (lines: Uint8Array): readonly JsonObject[] =>
  Buffer.from(lines)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

export const changeOf = (op: Change['op'], key: string, fields: Change['fields']): Change => ({
  op,
  key,
  fields,
  previous: null,
  idempotencyKey: `${op} ${key}`,
})
