/** GET /healthz of the daemon, for systemd, containers and load balancers. It says nothing about data. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { MillraceError } from '../model/millrace-error.ts'

export type Health = {
  readonly schedules: number
  readonly running: number
  /** When every due schedule was last looked at, by performance.now(); null: not yet. */
  readonly lookedMs: number | null
  readonly stopping: boolean
}

export type HealthServer = { readonly port: number; readonly close: () => void }

/** 200 while the daemon looks; 503 before its first look, while its control store is away, and once it is stopping. */
export async function serveHealth(address: string, health: () => Health): Promise<HealthServer> {
  const server = createServer((request, response) => {
    if (!['GET', 'HEAD'].includes(request.method ?? '') || request.url !== '/healthz')
      return void response.writeHead(404).end()
    const { lookedMs, ...rest } = health()
    const secondsAgo = lookedMs === null ? null : Math.round(performance.now() - lookedMs) / 1000
    const ok = !rest.stopping && secondsAgo !== null && secondsAgo < staleSeconds
    response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(`${JSON.stringify({ ok, ...rest, looked_seconds_ago: secondsAgo })}\n`)
  })
  const port = await listen(server, address)
  return { port, close: () => void server.close().closeAllConnections() }
}

async function listen(server: Server, address: string): Promise<number> {
  const [, host = '', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(address) ?? []
  if (port === '' || Number(port) > 65_535)
    throw new MillraceError('MR-1001', {
      message: `--listen ${address}: an address is HOST:PORT or PORT`,
      kept: 'Nothing was started.',
      next: '--listen 127.0.0.1:8080',
    })
  try {
    server.listen(Number(port), host || '127.0.0.1')
    await once(server, 'listening')
  } catch (error) {
    throw new MillraceError('MR-1001', {
      message: `--listen ${address}: ${error instanceof Error ? error.message : String(error)}`,
      kept: 'Nothing was started.',
      next: 'Give another port, or end what holds this one.',
      cause: error,
    })
  }
  server.unref()
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? bound.port : Number(port)
}

/** Longer than the patience with a control store that is away. */
const staleSeconds = 30
