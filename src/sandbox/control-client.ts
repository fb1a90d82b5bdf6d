import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import { MillraceError } from '../model/millrace-error.ts'
import type { Call, CallAnswer } from './control-server.ts'
import type { RunningFile } from './running-file.ts'
import type { RunningSandbox, SandboxStatus } from './running-sandbox.ts'
import { readOwnJson } from './own-json.ts'
import { unknownVendor } from './unknown-vendor.ts'

/** The sandbox behind a control port, which stays on at least until `close`. null: nobody answers there. */
export async function connectSandbox(running: RunningFile): Promise<RunningSandbox | null> {
  const held = await holdSandbox(running)
  return held && attachSandbox(running, held.status, async () => held.leave())
}

/** The same interface as the sandbox has in its own process. */
export function attachSandbox(running: RunningFile, status: SandboxStatus, close: () => Promise<void>): RunningSandbox {
  const vendors = new Map(status.vendors.map((vendor) => [vendor.name, vendor]))
  const ask = <T>(call: Call) => sendCall<T>(running, call)
  return {
    addresses: Object.fromEntries(status.vendors.map(({ name, host, port }) => [name, { host, port }])),
    connection: (vendor) => {
      const found = vendors.get(vendor)
      if (!found) throw unknownVendor(vendor, vendors.keys())
      return found.connection
    },
    status: () => ask({ method: 'status' }),
    now: async () => new Date((await ask<SandboxStatus>({ method: 'status' })).now),
    journal: (vendor, filter = {}) => ask({ method: 'journal', vendor, filter }),
    show: (vendor, object, id) => ask({ method: 'show', vendor, object, id }),
    move: (days, seed) => ask({ method: 'move', days, seed }),
    setFault: async (vendor, name, spec) => void (await ask({ method: 'setFault', vendor, name, spec })),
    reset: async (seed, scale) => void (await ask({ method: 'reset', seed, scale })),
    snowflake: (isFresh) => ask({ method: 'snowflake', isFresh }),
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
        if (text.endsWith('\n'))
          resolve({ status: readOwnJson<SandboxStatus>(text), leave: () => void asked.destroy() })
      })
      answer.on('error', () => resolve(null))
      answer.on('close', () => resolve(null))
    })
    asked.on('error', () => resolve(null))
    asked.end()
  })
}

/** The answer's type is that of the method in `control-server.ts`. */
async function sendCall<T>(running: RunningFile, call: Call): Promise<T> {
  const answer = readOwnJson<CallAnswer<T>>(await exchange(running, JSON.stringify(call)))
  if ('result' in answer) return answer.result
  const { code, message, kept, next } = answer.error
  throw new MillraceError(code ?? 'MR-7000', { message, kept, next })
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
