import { isUtf8 } from 'node:buffer'
import { pipeline, Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { Agent, type Dispatcher } from 'undici'
import { guardUrl } from './address-guard.ts'
import { guardedConnect } from './guarded-connect.ts'
import { AttemptError, malformedAnswer } from './http-error.ts'

/** Sends one request and reads its whole answer. Retries and waits are not here: they are `call`'s. */
export type Transport = {
  /** @throws AttemptError, MillraceError MR-3008, or the socket's own error */
  readonly send: (request: Outgoing) => Promise<Answer>
  readonly close: () => Promise<void>
}

export type Outgoing = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly headers: { readonly [name: string]: string }
  readonly body?: string
  readonly signal: AbortSignal
}

export type Answer = {
  readonly status: number
  readonly header: (name: string) => string | undefined
  /** Inflated and whole, and UTF-8 but for a refusal. */
  readonly body: Uint8Array
}

export type TransportOptions = {
  /** @default 10_000 */
  readonly connectTimeoutMs?: number
  /** The largest answer, inflated. @default 256 MB */
  readonly maxBytes?: number
}

export function createTransport(options: TransportOptions = {}): Transport {
  const maxBytes = options.maxBytes ?? 256 * 1024 * 1024
  const agent = new Agent({
    // Timeouts of whole attempts are the caller's: headers and bodies need none of their own.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { ...guardedConnect, timeout: options.connectTimeoutMs ?? guardedConnect.timeout },
  })
  return {
    async send(request) {
      let url = request.url
      for (let hops = 0; ; hops++) {
        guardUrl(url)
        const response = await agent.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: request.method,
          headers: { 'accept-encoding': 'gzip, deflate, br', ...request.headers },
          body: request.body ?? null,
          signal: request.signal,
        })
        const location = redirectOf(response, request.method)
        if (location === undefined) return await readAnswer(response, maxBytes)
        // Its body must be read or thrown away, or the connection stays taken.
        await response.body.dump()
        url = followRedirect(location, url, hops)
      }
    },
    close: () => agent.destroy(),
  }
}

function redirectOf(response: Dispatcher.ResponseData, method: string): string | undefined {
  const location = response.headers['location']
  const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode)
  return isRedirect && method === 'GET' && typeof location === 'string' ? location : undefined
}

/** Only within the origin: the headers carry credentials. */
function followRedirect(location: string, from: URL, hops: number): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (!to) throw new AttemptError({ kind: 'malformed', message: 'it redirects to something that is not a URL' })
  if (to.origin !== from.origin) {
    throw new AttemptError({
      kind: 'refused',
      message: `it redirects to ${to.origin}, where our credentials do not go; set base_url to the right address`,
    })
  }
  if (hops >= maxRedirects)
    throw new AttemptError({ kind: 'malformed', message: `it redirects more than ${maxRedirects} times` })
  return to
}

async function readAnswer(response: Dispatcher.ResponseData, maxBytes: number): Promise<Answer> {
  const header = (name: string) => {
    const value = response.headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const body = await readBody(response.body, {
    encoding: header('content-encoding'),
    length: header('content-length'),
    maxBytes,
  })
  // A refusal may be a page of any proxy: its status says enough.
  if (!isUtf8(body) && response.statusCode < 400) throw malformedAnswer(response.statusCode, 'its bytes are not UTF-8')
  return { status: response.statusCode, header, body }
}

type BodyFacts = {
  readonly encoding: string | undefined
  readonly length: string | undefined
  readonly maxBytes: number
}

async function readBody(body: AsyncIterable<Buffer>, facts: BodyFacts): Promise<Uint8Array> {
  let received = 0
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      received += chunk.length
      if (received > facts.maxBytes) throw tooLarge(facts.maxBytes)
      yield chunk
    }
  }
  const chunks: Buffer[] = []
  let size = 0
  // A generator more for each piece would take as long as receiving it.
  const isPlain = facts.encoding === undefined
  for await (const chunk of isPlain ? body : inflate(counted(), facts.encoding)) {
    size += chunk.length
    // Stops in the middle: a few kilobytes can inflate to gigabytes.
    if (size > facts.maxBytes) throw tooLarge(facts.maxBytes)
    chunks.push(chunk)
  }
  if (isPlain) received = size
  if (facts.length !== undefined && Number(facts.length) !== received)
    throw new AttemptError({
      kind: 'malformed',
      message: `${received} bytes came, its Content-Length says ${facts.length}`,
    })
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)
}

/** Undoes the encodings, last one first. */
export function inflate(body: AsyncIterable<Buffer>, encoding: string | undefined): AsyncIterable<Buffer> {
  const names = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  const encoded = names.filter((name) => name !== '' && name !== 'identity').reverse()
  if (encoded.length === 0) return body
  let stream: Readable = Readable.from(body, { objectMode: false })
  for (const name of encoded) {
    const decoder = decoders[name]?.()
    if (!decoder)
      throw new AttemptError({ kind: 'malformed', message: `it is encoded as ${name}, which was not asked for` })
    // An error of either side destroys both, and comes out of whoever reads the last one.
    stream = pipeline(stream, decoder, () => undefined)
  }
  return stream
}

const decoders: { readonly [encoding: string]: (() => Transform) | undefined } = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

const tooLarge = (maxBytes: number) =>
  new AttemptError({ kind: 'malformed', message: `the answer is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB` })

const maxRedirects = 5
