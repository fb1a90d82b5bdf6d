import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import { createServer as createSocketServer } from 'node:net'
import { createHost, type EngineHost, type HostOptions } from '../../src/connector/create-host.ts'
import type { Http, HttpOptions } from '../../src/connector/host.ts'
import { createLimiterRegistry } from '../../src/connector/limiter.ts'
import type { EngineEvent } from '../../src/model/event.ts'

/** A server on 127.0.0.1 with a host pointed at it, both gone at the end of the test. */
export type FakeVendor = AsyncDisposable & {
  readonly url: string
  readonly host: EngineHost
  readonly http: Http
  readonly events: readonly EngineEvent[]
  /** How often something reached the server. */
  readonly seen: () => number
}

export type FakeOptions = { readonly host?: Partial<HostOptions>; readonly http?: Partial<HttpOptions> }

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void

/** Speaks HTTP. `answer` gets the number of the request, from 1. */
export function startVendor(answer: Answer, options: FakeOptions = {}): Promise<FakeVendor> {
  let count = 0
  const server = createServer((request, response) => answer(request, response, ++count))
  return listen(server, () => count, options)
}

/** Speaks bytes: whatever `answer` writes, once a request has come. */
export function startRawVendor(
  answer: (socket: Socket, count: number) => void,
  options: FakeOptions = {},
): Promise<FakeVendor> {
  let count = 0
  const server = createSocketServer((socket) => {
    socket.on('error', () => undefined) // the client's resets are part of the tests
    socket.on('data', () => answer(socket, ++count))
  })
  return listen(server, () => count, options)
}

async function listen(server: Server, seen: () => number, options: FakeOptions): Promise<FakeVendor> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const events: EngineEvent[] = []
  const host = quickHost({ emit: (event) => events.push(event), ...options.host })
  return {
    url,
    host,
    http: host.http({ baseUrl: url, ratePerSecond: 1000, ...options.http }),
    events,
    seen,
    async [Symbol.asyncDispose]() {
      await host.close()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A host with its own limiter and waits of milliseconds. */
export const quickHost = (options: Partial<HostOptions> = {}): EngineHost =>
  createHost({
    connection: 'acme',
    runId: 'run-1',
    emit: () => undefined,
    spoolDir: '/nowhere',
    secrets: ['sk_live_0123456789'],
    limiters: createLimiterRegistry(),
    ...options,
    retry: { initialMs: 4, ...options.retry },
  })

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

export const never = new AbortController().signal
