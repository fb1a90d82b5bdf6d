import { cutPage, parseExact } from '../model/cut-page.ts'
import type { Json } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { requestIdOf } from './classify.ts'
import { requestParts } from './connector-forms.ts'
import type { CallRequest, Failure, Http, HttpAnswer, HttpOptions, Query, RequestOptions } from './host.ts'
import { AttemptError, failureOfStatus, malformedAnswer } from './http-error.ts'
import { ended } from './member-forms.ts'
import { retryAfterMs } from './retry-after.ts'
import { secretsOfHeader } from './secrets-of-header.ts'
import type { Answer, Outgoing, Transport } from './transport.ts'
import { valueAt } from './value-at.ts'

export type HttpParts = {
  readonly call: <T>(request: CallRequest, attempt: (signal: AbortSignal) => Promise<T>) => Promise<T>
  readonly transport: Transport
  readonly sawDate: (date: string | undefined) => void
  readonly signedWith: (secrets: readonly string[]) => void
  readonly now: () => Date
  readonly version: string
}

/** The JSON client of declarative connectors, over the host's `call`. */
export function createHttp(options: HttpOptions, parts: HttpParts): Http {
  const send = async <T>(order: Order, read: (answer: Answer, readAt: Date) => T): Promise<T> => {
    const { method, path, body } = order
    const { signal, query, headers, timeoutMs, repeatable, readsOnly, docs } = order.options
    const url = requestUrl(options.baseUrl, path, query)
    const flaw = requestParts({ query, headers, body }, '')
    if (flaw !== null) throw oddRequest(`${method} ${url.pathname}`, flaw)
    const request: CallRequest = {
      label: `${method} ${url.pathname}`,
      docs: docs ?? options.baseUrl,
      signal,
      timeoutMs: timeoutMs ?? options.timeoutMs,
      repeatable,
      readsOnly: readsOnly ?? method === 'GET',
      ratePerSecond: options.ratePerSecond ?? 10,
    }
    const text = body === undefined ? undefined : JSON.stringify(body)
    const all = { ...standardHeaders(options, parts.version, text !== undefined), ...options.headers, ...headers }
    // Vendors repeat in their errors what they were sent.
    for (const [name, value] of Object.entries(all))
      if (name.toLowerCase() === 'authorization') parts.signedWith(secretsOfHeader(value))
    return await parts.call(request, async (attemptSignal) => {
      const readAt = parts.now()
      const answer = await parts.transport.send({
        method,
        url,
        headers: all,
        body: text,
        signal: attemptSignal,
      })
      parts.sawDate(answer.header('date'))
      const failure = failureOf(answer, options, parts.now())
      if (failure) throw new AttemptError(failure)
      return read(answer, readAt)
    })
  }
  const json =
    <T>(method: Outgoing['method']) =>
    (path: string, body: unknown, requestOptions: RequestOptions): Promise<T> =>
      send({ method, path, body, options: requestOptions }, (answer) => readJson(answer) as T) // the connector's word for what the vendor documents
  return {
    get: (path, requestOptions) => json<never>('GET')(path, undefined, requestOptions),
    post: (path, body, requestOptions) => json<never>('POST')(path, body, requestOptions),
    put: (path, body, requestOptions) => json<never>('PUT')(path, body, requestOptions),
    patch: (path, body, requestOptions) => json<never>('PATCH')(path, body, requestOptions),
    delete: (path, requestOptions) => json<never>('DELETE')(path, undefined, requestOptions),
    page: (path, requestOptions) =>
      send({ method: 'GET', path, options: requestOptions }, (answer, readAt) => ({
        ...cutPage(answer.body, { records: requestOptions.records }),
        readAt,
      })),
  }
}

const oddRequest = (label: string, flaw: string) =>
  new MillraceError('MR-1401', {
    message: `${label}: of what the connector gives this request, ${ended(flaw)}`,
    kept: 'It was not sent. What was committed before it is there.',
    next: 'Give `query`, `headers` and what is sent as plain objects: `Object.fromEntries(…)` makes one.',
  })

type Order = {
  readonly method: Outgoing['method']
  readonly path: string
  readonly body?: unknown
  readonly options: RequestOptions
}

/** `path` may be a whole URL of the same origin, as `next` links are. */
function requestUrl(baseUrl: string, path: string, query: Query | undefined): URL {
  const base = new URL(baseUrl)
  const isWhole = /^https?:\/\//i.test(path)
  const url = new URL(isWhole ? path : `${base.origin}${base.pathname.replace(/\/$/, '')}/${path.replace(/^\//, '')}`)
  if (url.origin !== base.origin) {
    throw new MillraceError('MR-3008', {
      message: `Following a link to ${url.origin}: it is not at ${base.origin}, and our credentials do not go elsewhere.`,
      next: 'Set base_url to the address that the vendor’s links name.',
    })
  }
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== null && value !== undefined) url.searchParams.set(name, String(value))
  return url
}

function standardHeaders(options: HttpOptions, version: string, hasBody: boolean): { readonly [name: string]: string } {
  const { bearer, basic } = options
  return {
    accept: 'application/json',
    'user-agent': `millrace/${version}`,
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(basic === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString('base64')}` }),
  }
}

function failureOf(answer: Answer, options: HttpOptions, now: Date): Failure | undefined {
  const byStatus = failureOfStatus(answer.status)
  if (!byStatus && !options.classify) return undefined
  const body = bodyIfJson(answer)
  const wait = retryAfterMs(answer.header('retry-after'), answer.header('date'), now)
  const facts = {
    status: answer.status,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...optional('requestId', requestIdOf(answer.header)),
  }
  const seen: HttpAnswer = { status: answer.status, header: answer.header, body }
  const byConnector = options.classify?.(seen)
  if (byConnector) return { ...facts, ...byConnector }
  return byStatus && { ...facts, ...byStatus, message: messageOf(body, answer) }
}

/** The vendor's words, wherever vendors put them; else the beginning of what came. The call redacts them, and cuts them after that. */
function messageOf(body: Json | undefined, answer: Answer): string {
  if (answer.body.length === 0)
    return answer.status < 400 ? `status ${answer.status}, with an empty body` : 'its body is empty'
  if (body === undefined)
    return isHtml(answer) ? 'an HTML page' : Buffer.from(answer.body.subarray(0, readChars)).toString()
  for (const path of messagePaths) {
    const value = valueAt(body, path)
    if (typeof value === 'string' && value !== '') return value
  }
  return JSON.stringify(body).slice(0, readChars)
}

function readJson(answer: Answer): Json {
  if (answer.body.length === 0) return null
  if (isHtml(answer)) throw malformedAnswer(answer.status, 'it is an HTML page, not JSON')
  return parseExact(answer.body)
}

function bodyIfJson(answer: Answer): Json | undefined {
  try {
    return readJson(answer)
  } catch {
    // An error's body may be anything; its status is what counts.
    return undefined
  }
}

function isHtml(answer: Answer): boolean {
  const first = answer.body.find((byte) => byte > 0x20)
  return first === 0x3c || /text\/html/i.test(answer.header('content-type') ?? '')
}

const optional = (name: 'requestId', value: string | undefined) => (value === undefined ? {} : { [name]: value })

const messagePaths = [
  'error.message',
  'message',
  'error_description',
  'error',
  'errors.0.message',
  'errors.0',
  '0.message',
  'detail',
  'title',
  'meta.error',
]

/** Far more than is shown: a secret that was cut in two would not be known any more. */
const readChars = 16_384
