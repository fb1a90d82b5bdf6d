import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json, JsonObject, OpenedConnector, Scan } from 'millrace'
import type { SimulatorDefinition } from 'millrace/sandbox'
import type { Connector } from '../../src/connector/contract.ts'
import { createHost, type EngineHost } from '../../src/connector/create-host.ts'
import { createLimiterRegistry } from '../../src/connector/limiter.ts'
import type { Change, WriteResult } from '../../src/model/change.ts'
import { startSimulators } from '../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../src/sandbox/running-sandbox.ts'

/** One request of a client and the simulator's answer, whole: what a vendor's published description can be held against. */
export type RecordedExchange = {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string }
  /** What the request carries: JSON, a form's fields, or text. null: nothing. */
  readonly sent: Json
  readonly status: number
  /** JSON, or text. null: nothing. */
  readonly answered: Json
}

/** A connector on a simulator of its own, through the real SDK and the real host, and all that goes between the two. */
export type Recorded = AsyncDisposable & {
  readonly sandbox: RunningSandbox
  readonly host: EngineHost
  readonly opened: OpenedConnector
  readonly exchanges: readonly RecordedExchange[]
  /** Reads a stream to its end, whole unless said. */
  readonly read: (name: string, scan?: Partial<Scan>) => Promise<void>
  readonly write: (
    object: string,
    match: string,
    changes: readonly Change[],
    options?: JsonObject,
  ) => Promise<readonly WriteResult[]>
}

export type Recording = {
  readonly connector: Connector
  readonly simulator: SimulatorDefinition
  readonly keys?: { readonly [key: string]: unknown }
}

export async function openRecorded({ connector, simulator, keys = {} }: Recording): Promise<Recorded> {
  const { name } = simulator
  const exchanges: RecordedExchange[] = []
  const sandbox = await startSimulators({ definitions: [recording(simulator, exchanges)], dir: null, scale: 0.02 })
  const host = createHost({
    connection: name,
    runId: 'run_test',
    emit: () => {},
    spoolDir: mkdtempSync(join(tmpdir(), 'millrace-description-')),
    secrets: [],
    limiters: createLimiterRegistry(),
    retry: { initialMs: 5, maxMs: 20 },
  })
  // The contract of `open` is typed by each connector's own keys.
  const config = connector.config.parse({ ...sandbox.connection(name), ...keys }) as never
  const opened = await connector.open({ config, host })
  const { signal } = new AbortController()
  return {
    sandbox,
    host,
    opened,
    exchanges,
    read: async (wanted, more = {}) => {
      const stream = (await opened.streams?.({ names: [wanted], signal }))?.find((each) => each.name === wanted)
      if (!stream) throw new Error(`no stream ${wanted}`)
      const scan: Scan = {
        id: 'scan',
        from: null,
        to: (await sandbox.now()).toISOString(),
        resume: null,
        full: true,
        start: null,
        fields: Object.keys(stream.columns),
        where: null,
        options: {},
        children: stream.children.map((child) => child.name),
        limit: null,
        ...more,
      }
      for await (const _ of stream.read(scan, host.context(signal)));
    },
    write: async (wanted, match, changes, options = {}) => {
      const object = (await opened.objects?.({ names: [wanted], signal }))?.find((each) => each.name === wanted)
      if (!object) throw new Error(`no object ${wanted}`)
      return object.write(changes, { ...host.context(signal), match, options, saveReceipt: async () => {} })
    },
    async [Symbol.asyncDispose]() {
      await opened.close?.()
      await host.close()
      await sandbox.close()
    },
  }
}

/** The simulator itself, with a copy of each request and answer kept. */
function recording(simulator: SimulatorDefinition, exchanges: RecordedExchange[]): SimulatorDefinition {
  return {
    ...simulator,
    serve: (context) => {
      const serve = simulator.serve(context)
      return async (request) => {
        const sent = readContent(await request.clone().text(), request.headers)
        const response = await serve(request)
        const answered = readContent(await response.clone().text(), response.headers)
        const { pathname, searchParams } = new URL(request.url)
        const { method } = request
        const headers = Object.fromEntries(request.headers)
        exchanges.push({
          method,
          path: pathname,
          query: searchParams,
          headers,
          sent,
          status: response.status,
          answered,
        })
        return response
      }
    },
  }
}

function readContent(text: string, headers: Headers): Json {
  const type = headers.get('content-type') ?? ''
  if (text === '') return null
  if (type.includes('json')) return JSON.parse(text) as Json // JSON.parse gives nothing else
  return type.includes('x-www-form-urlencoded') ? Object.fromEntries(new URLSearchParams(text)) : text
}
