import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import { errorCatalogue, type ErrorCode } from '../model/error-catalogue.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Call } from './control-server.ts'
import type { RunningFile } from './running-file.ts'
import type { RunningSandbox, SandboxStatus } from './running-sandbox.ts'

/** The sandbox behind a control port, which stays on at least until `close`. null: nobody answers there. */
export async function connectSandbox(running: RunningFile): Promise<RunningSandbox | null> {
  const held = await holdSandbox(running)
  return held && attachSandbox(running, held.status, async () => held.leave())
}

/** The same interface as the sandbox has in its own process. */
export function attachSandbox(running: RunningFile, status: SandboxStatus, close: () => Promise<void>): RunningSandbox {
  const vendors = new Map(status.vendors.map((vendor) => [vendor.name, vendor]))
  // The answer's type is the method's in `control-server.ts`: both sides are this very program.
  const ask = async <T>(call: Call) => (await sendCall(running, call)) as T
  return {
    addresses: Object.fromEntries(status.vendors.map(({ name, host, port }) => [name, { host, port }])),
    connection: (vendor) => {
      const found = vendors.get(vendor)
      if (found) return found.connection
      throw new MillraceError('MR-1002', {
        message: `Asking the sandbox for ${vendor}: it has no such vendor.`,
        next: `It has ${[...vendors.keys()].join(', ')}.`,
      })
    },
    status: () => ask({ method: 'status' }),
    now: async () => new Date((await ask<SandboxStatus>({ method: 'status' })).now),
    journal: (vendor, filter = {}) => ask({ method: 'journal', vendor, filter }),
    show: (vendor, object, id) => ask({ method: 'show', vendor, object, id }),
    move: (days, seed) => ask({ method: 'move', days, seed }),
    setFault: async (vendor, name, spec) => void (await ask({ method: 'setFault', vendor, name, spec })),
    reset: async (seed, scale) => void (await ask({ method: 'reset', seed, scale })),
    close,
  }
}

type Held = { readonly status: SandboxStatus; readonly leave: () => void }

function holdSandbox(running: RunningFile): Promise<Held | null> {
  return new Promise((resolve) => {
    const asked = request(optionsOf(running, 'GET', '/hold'), (answer) => {
      if (answer.statusCode !== 200) {
        asked.destroy()
        return resolve(null)
      }
      // The connection alone must not keep this process from ending.
      answer.socket.unref()
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        text += chunk
        if (text.endsWith('\n')) resolve({ status: JSON.parse(text), leave: () => void asked.destroy() })
      })
      answer.on('error', () => resolve(null))
      answer.on('close', () => resolve(null))
    })
    asked.on('error', () => resolve(null))
    asked.end()
  })
}

async function sendCall(running: RunningFile, call: Call): Promise<unknown> {
  const { result, error } = JSON.parse(await exchange(running, JSON.stringify(call)))
  if (!error) return result
  const code: ErrorCode = isErrorCode(error.code) ? error.code : 'MR-7000'
  throw new MillraceError(code, { message: String(error.message), kept: error.kept, next: error.next })
}

function exchange(running: RunningFile, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new MillraceError('MR-6002', {
          message: 'Asking the running sandbox: it has ended.',
          kept: 'Its world is kept.',
          next: 'Run the command again: it starts a sandbox of its own.',
          cause,
        }),
      )
    const asked = request(optionsOf(running, 'POST', '/call'), (answer: IncomingMessage) => {
      const chunks: Uint8Array[] = []
      answer.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      answer.on('error', fail)
    })
    asked.on('error', fail)
    asked.end(body)
  })
}

const optionsOf = ({ controlPort, token }: RunningFile, method: string, path: string): RequestOptions => ({
  host: '127.0.0.1',
  port: controlPort,
  method,
  path,
  headers: { authorization: `Bearer ${token}` },
  agent: false,
})

const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(errorCatalogue, code)
