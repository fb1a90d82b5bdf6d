import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ErrorCode } from '../model/error-catalogue.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import type { FaultSpec } from './fault.ts'
import type { JournalFilter } from './journal.ts'
import { listenOn, stopServer } from './local-server.ts'
import type { RunningSandbox } from './running-sandbox.ts'
import { readOwnJson } from './own-json.ts'

export type ControlServer = {
  readonly port: number
  /** How many commands of other processes use the sandbox now. */
  readonly guests: () => number
  readonly close: () => Promise<void>
}

export type ControlOptions = { readonly token: string; readonly onGuestLeft: () => void }

/** `POST /call` runs one method. `GET /hold` answers the status and stays open for as long as a command needs the sandbox. */
export async function startControlServer(
  sandbox: RunningSandbox,
  { token, onGuestLeft }: ControlOptions,
): Promise<ControlServer> {
  let guests = 0
  let port = 0
  const server = createServer((incoming, out) => {
    // A page in a browser can reach the port by a name of its own: then the Host header says that name.
    if (incoming.headers.host !== `127.0.0.1:${port}` || !holdsToken(incoming, token))
      return answerJson(out, 403, { error: { message: 'forbidden' } })
    if (incoming.method === 'GET' && incoming.url === '/hold') {
      guests += 1
      out.on('close', () => {
        guests -= 1
        onGuestLeft()
      })
      out.writeHead(200, { 'content-type': 'application/json' })
      return void sandbox.status().then((status) => out.write(`${JSON.stringify(status)}\n`))
    }
    if (incoming.method === 'POST' && incoming.url === '/call') return void answerCall(sandbox, incoming, out)
    answerJson(out, 404, { error: { message: 'not found' } })
  })
  port = await listenOn(server, 0)
  return {
    port,
    guests: () => guests,
    close: () => stopServer(server),
  }
}

/** A call as it goes over the wire. */
export type Call =
  | { readonly method: 'status' }
  | { readonly method: 'journal'; readonly vendor: string; readonly filter: JournalFilter }
  | { readonly method: 'show'; readonly vendor: string; readonly object: string; readonly id?: string }
  | { readonly method: 'move'; readonly days?: number; readonly seed?: number }
  | { readonly method: 'setFault'; readonly vendor: string; readonly name: string; readonly spec: FaultSpec | null }
  | { readonly method: 'reset'; readonly seed?: number; readonly scale?: number }
  | { readonly method: 'snowflake'; readonly isFresh?: boolean }

export type CallAnswer<T> =
  | { readonly result: T }
  | {
      readonly error: {
        readonly code?: ErrorCode
        readonly message: string
        readonly kept?: string
        readonly next?: readonly string[]
      }
    }

async function answerCall(sandbox: RunningSandbox, incoming: IncomingMessage, out: ServerResponse): Promise<void> {
  try {
    const call = readOwnJson<Call>(await text(incoming))
    answerJson(out, 200, { result: (await run(sandbox, call)) ?? null })
  } catch (error) {
    const { code, message, kept, next } = asMillraceError(error, 'Asking the sandbox')
    answerJson(out, 422, { error: { code, message, kept, next } })
  }
}

function run(sandbox: RunningSandbox, call: Call): Promise<unknown> {
  switch (call.method) {
    case 'status':
      return sandbox.status()
    case 'journal':
      return sandbox.journal(call.vendor, call.filter)
    case 'show':
      return sandbox.show(call.vendor, call.object, call.id)
    case 'move':
      return sandbox.move(call.days, call.seed)
    case 'setFault':
      return sandbox.setFault(call.vendor, call.name, call.spec)
    case 'reset':
      return sandbox.reset(call.seed, call.scale)
    case 'snowflake':
      return sandbox.snowflake(call.isFresh)
    default:
      throw new MillraceError('MR-1001', {
        message: 'Asking the sandbox: the running one is of another version of millrace.',
        next: 'End it and try again.',
      })
  }
}

function holdsToken(incoming: IncomingMessage, token: string): boolean {
  const given = Buffer.from(String(incoming.headers.authorization ?? ''))
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function answerJson(out: ServerResponse, status: number, body: unknown): void {
  out.writeHead(status, { 'content-type': 'application/json' })
  out.end(JSON.stringify(body))
}
