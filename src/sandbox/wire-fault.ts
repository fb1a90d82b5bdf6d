import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib'
import type { FaultBoard, FaultRequest, FaultSpec } from './fault.ts'

/** A whole answer, before it goes out. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Buffer }

/** What a fault on the wire needs: the socket, the vendor's clock, and an end to its waiting. */
export type Wire = { readonly out: ServerResponse; readonly now: () => Date; readonly signal: AbortSignal }

/** Faults that come instead of the simulator's answer: it never sees the request (but for a `hang` with `handled`). */
export const insteadFaults: { readonly [name: string]: (wire: Wire, spec: FaultSpec) => Promise<void> | void } = {
  status: ({ out, now }, spec) => {
    const status = Number(spec.status ?? 503)
    const retryAfter = retryAfterText(spec.retry_after, now())
    const body = textOf(spec.body, JSON.stringify({ error: { message: `A fault of the sandbox: ${status}` } }))
    out.writeHead(status, {
      'content-type': 'application/json',
      ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
    })
    out.end(body)
  },
  error_200: ({ out }, spec) => {
    out.writeHead(200, { 'content-type': 'application/json' })
    out.end(
      textOf(spec.body, '{"error":{"code":"internal_error","message":"A fault of the sandbox: an error as 200"}}'),
    )
  },
  html: ({ out }, spec) => {
    out.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    out.end(textOf(spec.body, '<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>'))
  },
  hang: () => {},
  reset_before: ({ out }) => void out.socket?.resetAndDestroy(),
  inflate: ({ out, signal }, spec) => sendBomb(out, Number(spec.gigabytes ?? 4), signal),
}

/** Faults on the way back: the simulator has done what was asked. */
export const answerFaults: {
  readonly [name: string]: (wire: Wire, spec: FaultSpec, answer: Answer) => Promise<void> | void
} = {
  reset_after: ({ out }) => void out.socket?.resetAndDestroy(),
  slow: async ({ out, signal }, spec, { status, headers, body }) => {
    out.writeHead(status, framed(headers, body.length))
    for (const byte of body) {
      await sleep(Number(spec.interval_ms ?? 1000), undefined, { signal })
      out.write(Uint8Array.of(byte))
    }
    out.end()
  },
  truncated_gzip: ({ out }, _spec, { status, headers, body }) => {
    const packed = gzipSync(body)
    const half = packed.subarray(0, Math.max(12, packed.length >> 1))
    out.writeHead(status, { ...framed(headers, half.length), 'content-encoding': 'gzip' })
    out.end(half)
  },
  wrong_length: ({ out }, _spec, { status, headers, body }) => {
    out.writeHead(status, { ...framed(headers, body.length + 512), connection: 'close' })
    out.write(body, () => out.socket?.end())
  },
  cut_json: ({ out }, _spec, { status, headers, body }) => {
    const half = body.subarray(0, body.length >> 1)
    out.writeHead(status, framed(headers, half.length))
    out.end(half)
  },
  bad_utf8: ({ out }, _spec, { status, headers, body }) => {
    const spoilt = Buffer.from(body)
    const letter = spoilt.findLastIndex((byte) => byte >= 0x61 && byte <= 0x7a)
    if (letter >= 0) spoilt[letter] = 0xff
    out.writeHead(status, framed(headers, spoilt.length))
    out.end(spoilt)
  },
}

export type WireFault = { readonly name: string; readonly spec: FaultSpec }

/** The first on the wire that falls on this request; those after it have not met it. @param own what the simulator plays by that name itself */
export function chooseWireFault(
  faults: FaultBoard,
  request: FaultRequest,
  own: readonly string[] = [],
): WireFault | null {
  for (const name of Object.keys(faults.active())) {
    if (own.includes(name) || !(Object.hasOwn(insteadFaults, name) || Object.hasOwn(answerFaults, name))) continue
    const spec = faults.play(name, request)
    if (spec) return { name, spec }
  }
  return null
}

const framed = (headers: Headers, length: number) => ({
  ...Object.fromEntries(headers),
  'content-length': String(length),
})

function retryAfterText(wanted: unknown, now: Date): string | null {
  if (wanted === undefined || wanted === null) return null
  if (wanted === 'date') return new Date(now.getTime() + 2000).toUTCString()
  return wanted === 'absurd' ? '99999999999' : String(wanted)
}

const textOf = (wanted: unknown, otherwise: string) =>
  wanted === undefined ? otherwise : typeof wanted === 'string' ? wanted : JSON.stringify(wanted)

/** One gzip stream that begins like JSON and goes on with noughts: valid to its last byte, so that only a limit helps. */
async function sendBomb(out: ServerResponse, gigabytes: number, signal: AbortSignal): Promise<void> {
  const opening = Buffer.from('{"data":"')
  const block = Buffer.alloc(4 * 1024 * 1024, '0')
  const pack = (bytes: Buffer) => deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH })
  const packedBlock = pack(block)
  const blocks = Math.max(1, Math.round((gigabytes * 1024 ** 3) / block.length))
  const closing = Buffer.from('"}')
  let checksum = crc32(opening)
  out.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
  out.write(Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]), pack(opening)]))
  for (let sent = 0; sent < blocks; sent++) {
    checksum = crc32(block, checksum)
    if (!out.write(packedBlock)) await drained(out, signal)
    // The system's buffers swallow thousands of blocks: others want their turn.
    if (sent % 16 === 0) await nextTurn()
    if (signal.aborted) return
  }
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(closing, checksum) >>> 0, 0)
  trailer.writeUInt32LE((opening.length + blocks * block.length + closing.length) % 2 ** 32, 4)
  out.end(Buffer.concat([deflateRawSync(closing), trailer]))
}

/** Room to write again, or nobody there any more. */
export function drained(out: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      out.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    out.on('drain', done)
    signal.addEventListener('abort', done)
  })
}
