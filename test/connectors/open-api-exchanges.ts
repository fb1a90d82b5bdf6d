import type { Change, Json, JsonObject, Scan, WriteResult } from 'millrace'
import type { SimulatorDefinition } from 'millrace/sandbox'
import { openConnector, type OnSimulator, type OpenRequest } from './open-connector.ts'

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

/** A connector on a simulator of its own, and all that goes between the two. */
export type Recorded = OnSimulator & {
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

export async function openRecorded({ simulator, ...rest }: OpenRequest): Promise<Recorded> {
  const exchanges: RecordedExchange[] = []
  const vendor = await openConnector({ simulator: recording(simulator, exchanges), ...rest })
  return {
    ...vendor,
    exchanges,
    read: async (name, more) => {
      const stream = await vendor.stream(name)
      const scan = await vendor.scanOf({
        full: true,
        fields: Object.keys(stream.columns),
        children: stream.children.map((child) => child.name),
        ...more,
      })
      for await (const _ of stream.read(scan, vendor.host.context(vendor.signal)));
    },
    write: async (name, match, changes, options = {}) =>
      (await vendor.object(name)).write(changes, vendor.writeContext(match, { options })),
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
