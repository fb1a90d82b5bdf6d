import { AsyncLocalStorage } from 'node:async_hooks'
import { PassThrough } from 'node:stream'
import type { Connection, HttpRequest, HttpResponse, StreamPromise } from 'jsforce'
import { MillraceError, sendWithin, type Exchange } from 'millrace'

export type ExchangeTransport = Connection['_transport'] & {
  /** Everything that jsforce sends within `send` belongs to this exchange; `take` gets the bytes of an answer that is no refusal. */
  readonly during: <T>(exchange: Exchange, send: () => Promise<T>, take?: Take) => Promise<T>
}

export type Take = (chunk: Uint8Array) => Promise<void>
type Underway = { readonly exchange: Exchange; readonly take: Take | undefined }

/**
 * jsforce's transport. Its own retries by itself, takes no signal, follows redirects with the token in hand and parses
 * answers, which loses digits; this one does none of that and keeps the bytes.
 */
export function createTransport(): ExchangeTransport {
  const exchanges = new AsyncLocalStorage<Underway>()
  return {
    httpRequest: (request) => asStreamPromise(send(request, exchanges.getStore())),
    getRequestStreamCreator: () => () => new PassThrough(),
    during: (exchange, work, take) => exchanges.run({ exchange, take }, work),
  }
}

async function send(request: HttpRequest, underway: Underway | undefined): Promise<HttpResponse> {
  if (!underway) throw bug('jsforce sent a request that nobody asked for')
  if (typeof (request.body ?? '') !== 'string') throw bug('jsforce sent a body that is not text')
  const { body } = request
  const { 'content-length': _length, ...sent } = request.headers ?? {}
  const answer = await sendWithin(
    underway.exchange,
    { url: request.url, method: request.method, headers: sent, body: typeof body === 'string' ? body : null },
    { vendor: 'Salesforce', maxBytes: underway.take ? maxFileBytes : maxBytes, take: underway.take },
  )
  const { status, bytes } = answer
  const isError = status >= 400
  return {
    statusCode: status,
    // As text, so that jsforce does not parse what is read as bytes. Errors it makes its own of.
    headers: { ...answer.headers, ...(!isError && { 'content-type': 'text/plain' }) },
    body: isError || request.method === 'POST' ? bytes.toString() : '',
  }
}

/** What jsforce takes for an answer; nobody reads the stream. */
const asStreamPromise = (answer: Promise<HttpResponse>): StreamPromise<HttpResponse> =>
  Object.assign(answer, { stream: () => new PassThrough() })

const bug = (what: string) =>
  new MillraceError('MR-7000', { message: `Salesforce: ${what}.`, next: 'Report it, with the version of jsforce.' })

const maxBytes = 256 * 1024 * 1024
/** On its way to a file. A page of a query job's results has 1 GB at most. */
const maxFileBytes = 4 * 1024 * 1024 * 1024
