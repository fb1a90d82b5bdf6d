/** The HTTP side: one server on 127.0.0.1, one table of endpoints. A failed statement is no failed request: HTTP 200. */
import { createReadStream } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenOn, stopServer } from '../../local-server.ts'
import { answerFaults, chooseWireFault, insteadFaults, type Wire } from '../../wire-fault.ts'
import type { Service } from '../service.ts'
import { failure, type Answer } from './answer.ts'
import { findEndpoint } from './endpoints.ts'
import { readBody } from './read-body.ts'

export type SnowflakeServer = { readonly port: number; readonly close: () => Promise<void> }

export async function startServer(service: Service, wantedPort: number): Promise<SnowflakeServer> {
  const server = createServer({ maxHeaderSize: 65_536 }, (incoming, out) => {
    // What fails here is the connection: the client is gone, and there is nobody to tell.
    answer(service, incoming, out).catch(() => out.destroy())
  })
  server.keepAliveTimeout = 120_000
  // A statement may take as long as it likes.
  server.requestTimeout = 0
  return { port: await listenOn(server, wantedPort), close: () => stopServer(server) }
}

async function answer(service: Service, incoming: IncomingMessage, out: ServerResponse): Promise<void> {
  const method = incoming.method ?? 'GET'
  const path = incoming.url ?? '/'
  const gone = new AbortController()
  out.on('close', () => gone.abort())
  out.setHeader('date', new Date().toUTCString())
  const wire: Wire = { out, now: service.now, signal: gone.signal }
  const body = await readBody(incoming)
  // What a fault may match: the address, and the statement in it.
  const asked = { method, path: typeof body.sqlText === 'string' ? `${path} ${body.sqlText}` : path }
  const delay = service.faults.play('delay', asked)
  if (delay) await sleep(Number(delay.ms ?? 1000), undefined, { signal: gone.signal })
  // What is slow here is the statement.
  const fault = chooseWireFault(service.faults, asked, ['slow'])
  const instead = fault ? insteadFaults[fault.name] : undefined
  if (fault && instead) return instead(wire, fault.spec)

  const url = new URL(path, 'http://127.0.0.1')
  const found = findEndpoint(method, url.pathname)
  if (!found) {
    out.writeHead(404, { 'content-type': 'text/html' })
    return void out.end('<html><head><title>404 Not Found</title></head></html>')
  }
  const token = /^Snowflake Token="(.*)"$/.exec(incoming.headers.authorization ?? '')?.[1] ?? null
  const address = incoming.socket.remoteAddress ?? '127.0.0.1'
  const reply = await found
    .endpoint(service, {
      parts: found.parts,
      query: url.searchParams,
      body,
      token,
      address,
      gone: gone.signal,
    })
    .catch((error: unknown) => failure('390000', `The simulator failed: ${describe(error)}`))
  if ('file' in reply) return sendFile(reply.file, out)
  if ('location' in reply) return void out.writeHead(302, { location: reply.location }).end()
  if ('cut' in reply) return void out.socket?.resetAndDestroy()
  const onTheWay = fault ? answerFaults[fault.name] : undefined
  if (fault && onTheWay) {
    const headers = new Headers({ 'content-type': 'application/json' })
    return onTheWay(wire, fault.spec, { status: reply.status, headers, body: Buffer.from(textOf(reply)) })
  }
  out.writeHead(reply.status, { 'content-type': 'application/json' })
  out.end(textOf(reply))
}

const textOf = ({ body }: Answer): string => (typeof body === 'string' ? body : JSON.stringify(body))

/** Not as application/json: the SDK takes a chunk as text, and puts the brackets around it itself. */
function sendFile(file: string, out: ServerResponse): void {
  out.writeHead(200, { 'content-type': 'binary/octet-stream', 'content-encoding': 'gzip' })
  createReadStream(file)
    .on('error', () => out.destroy())
    .pipe(out)
}

const describe = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error))
