import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenOn, stopServer } from './local-server.ts'
import type { Vendor } from './vendor.ts'
import { answerFaults, chooseWireFault, drained, insteadFaults, type Wire, type WireFault } from './wire-fault.ts'

export type VendorServer = {
  readonly port: number
  /** Nobody listens (`false`), or somebody does again. */
  readonly listen: (on: boolean) => Promise<void>
  readonly close: () => Promise<void>
}

/** Serves a vendor on 127.0.0.1: on the port that it had before where that is free, else on another. */
export async function startVendorServer(
  vendor: Vendor,
  wanted: { readonly port: number; readonly fixed: boolean },
): Promise<VendorServer> {
  // Vendors have limits of their own for what comes before the body; none of them is larger than this.
  const server = createServer({ maxHeaderSize: 65_536 }, (incoming, out) => {
    // What fails here is the connection: the client is gone, and there is nobody to tell.
    answer(vendor, incoming, out).catch(() => out.destroy())
  })
  // The client closes first: a server that closes an idle connection resets a request that is just on its way.
  server.keepAliveTimeout = 120_000
  const port = await listenOn(server, wanted.port).catch((error: unknown) => {
    if (wanted.fixed || wanted.port === 0) throw error
    return listenOn(server, 0)
  })
  return {
    port,
    listen: async (on) => {
      if (on && !server.listening) await listenOn(server, port)
      if (!on && server.listening) await stopServer(server)
    },
    close: () => stopServer(server),
  }
}

async function answer(vendor: Vendor, incoming: IncomingMessage, out: ServerResponse): Promise<void> {
  const gone = new AbortController()
  out.on('close', () => gone.abort())
  const method = incoming.method ?? 'GET'
  const path = incoming.url ?? '/'
  const body = await buffer(incoming)
  out.setHeader('date', vendor.now().toUTCString())
  const entry = vendor.journal.open({
    at: vendor.now().toISOString(),
    method,
    path,
    headers: headersOf(incoming),
    body,
  })
  const wire: Wire = { out, now: vendor.now, signal: gone.signal }

  const delay = vendor.faults.play('delay', { method, path })
  if (delay) await sleep(Number(delay.ms ?? 1000), undefined, { signal: gone.signal })
  const fault = chooseWireFault(vendor.faults, { method, path })
  const instead = fault ? insteadFaults[fault.name] : undefined
  if (fault && instead && fault.spec.handled !== true) {
    vendor.journal.close(entry, { status: statusOfFault(fault), handledStatus: null, fault: fault.name, note: null })
    vendor.file.flush()
    return instead(wire, fault.spec)
  }

  const { result, met } = await vendor.asRequest({ method, path }, () =>
    serve(vendor, incoming, { method, path, body }),
  )
  const { response, note } = result
  const handledStatus = response.status
  const silent = fault && (fault.name === 'reset_after' || fault.name === 'hang')
  const sent = fault && instead ? statusOfFault(fault) : silent ? null : handledStatus
  vendor.journal.close(entry, {
    status: sent,
    handledStatus,
    fault: namesOf([delay ? 'delay' : null, ...met, fault?.name ?? null]),
    note,
  })
  // Before the first byte goes out: what was answered is kept.
  vendor.file.flush()
  if (fault && instead) return instead(wire, fault.spec)
  const onTheWay = fault ? answerFaults[fault.name] : undefined
  if (!fault || !onTheWay) return send(response, wire)
  return onTheWay(wire, fault.spec, {
    status: handledStatus,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  })
}

const namesOf = (names: readonly (string | null)[]) => names.filter((name) => name !== null).join(' ') || null

function statusOfFault({ name, spec }: WireFault): number | null {
  if (name === 'hang' || name === 'reset_before') return null
  return name === 'status' ? Number(spec.status ?? 503) : 200
}

type Received = { readonly method: string; readonly path: string; readonly body: Buffer<ArrayBuffer> }

async function serve(
  vendor: Vendor,
  incoming: IncomingMessage,
  { method, path, body }: Received,
): Promise<{ response: Response; note: string | null }> {
  try {
    const headers = new Headers()
    for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2)
      headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '')
    // Fetch knows no body on GET and HEAD; the journal has it.
    const hasBody = body.byteLength > 0 && method !== 'GET' && method !== 'HEAD'
    const url = new URL(path, `http://${incoming.headers.host ?? '127.0.0.1'}`)
    const request = new Request(url, { method, headers, body: hasBody ? body : null })
    return { response: await vendor.serve(request), note: null }
  } catch (error) {
    const note = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { response: new Response(`The simulator of ${vendor.name} failed: ${note}`, { status: 500 }), note }
  }
}

/** Short bodies in one piece with their length; long ones as they come. */
async function send(response: Response, { out, signal }: Wire): Promise<void> {
  for (const [name, value] of response.headers) if (name !== 'set-cookie' && name !== 'date') out.setHeader(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) out.setHeader('set-cookie', cookies)
  out.statusCode = response.status
  let held: Uint8Array | undefined
  const chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[] = response.body ?? []
  for await (const chunk of chunks) {
    if (signal.aborted) return
    if (held && !out.write(held)) await drained(out, signal)
    held = chunk
  }
  out.end(held)
}

function headersOf(incoming: IncomingMessage): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
}
