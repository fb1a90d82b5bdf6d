import { AsyncLocalStorage } from 'node:async_hooks'
import { isUtf8 } from 'node:buffer'
import { PassThrough } from 'node:stream'
import type { Connection, HttpRequest, HttpResponse, StreamPromise } from 'jsforce'
import { MillraceError } from 'millrace'

/** One attempt of the host: what it gives to the requests that jsforce makes within it, and what it learns of the last answer. */
export type Exchange = { readonly signal: AbortSignal; answer: Answer | null }

export type Answer = {
  readonly status: number
  readonly header: (name: string) => string | null
  /** As they came. */
  readonly bytes: Uint8Array
}

export type ExchangeTransport = Connection['_transport'] & {
  /** Everything that jsforce sends within `send` belongs to this exchange. */
  readonly during: <T>(exchange: Exchange, send: () => Promise<T>) => Promise<T>
}

/**
 * jsforce's transport. Its own retries by itself, takes no signal, follows redirects with the token in hand and parses
 * answers, which loses digits; this one does none of that and keeps the bytes.
 */
export function createTransport(): ExchangeTransport {
  const exchanges = new AsyncLocalStorage<Exchange>()
  return {
    httpRequest: (request) => asStreamPromise(send(request, exchanges.getStore())),
    getRequestStreamCreator: () => () => new PassThrough(),
    during: (exchange, work) => exchanges.run(exchange, work),
  }
}

async function send(request: HttpRequest, exchange: Exchange | undefined): Promise<HttpResponse> {
  if (!exchange) throw bug('jsforce sent a request that nobody asked for')
  if (typeof (request.body ?? '') !== 'string') throw bug('jsforce sent a body that is not text')
  const { 'content-length': _length, ...headers } = request.headers ?? {}
  const response = await fetch(request.url, {
    method: request.method,
    headers,
    body: typeof request.body === 'string' ? request.body : null,
    redirect: 'manual',
    signal: exchange.signal,
  })
  const bytes = await readBody(response)
  const { status } = response
  exchange.answer = { status, header: (name) => response.headers.get(name), bytes }
  if (!isUtf8(bytes))
    throw new MillraceError('MR-3005', { message: 'Reading an answer of Salesforce: its bytes are not UTF-8.' })
  const isError = status >= 400
  return {
    statusCode: status,
    // As text, so that jsforce does not parse what is read as bytes. Errors it makes its own of.
    headers: { ...Object.fromEntries(response.headers), ...(!isError && { 'content-type': 'text/plain' }) },
    body: isError || request.method === 'POST' ? Buffer.from(bytes).toString() : '',
  }
}

/** A small answer can inflate to gigabytes. */
async function readBody(response: Response): Promise<Uint8Array> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    size += read.value.length
    chunks.push(read.value)
    if (size <= maxBytes) continue
    await reader?.cancel()
    throw new MillraceError('MR-3005', {
      message: `Reading an answer of Salesforce: it is larger than ${maxBytes / 1024 / 1024} MB.`,
    })
  }
  return Buffer.concat(chunks)
}

/** What jsforce takes for an answer; nobody reads the stream. */
const asStreamPromise = (answer: Promise<HttpResponse>): StreamPromise<HttpResponse> =>
  Object.assign(answer, { stream: () => new PassThrough() })

const bug = (what: string) =>
  new MillraceError('MR-7000', { message: `Salesforce: ${what}.`, next: 'Report it, with the version of jsforce.' })

const maxBytes = 256 * 1024 * 1024
