import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent as HttpAgent, request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { MillraceError } from 'millrace'
import type { Stripe } from 'stripe'

/** What an attempt of the host gives the SDK's transport, past the SDK, which takes no signal and hides the headers. */
export type Attempt = { readonly signal: AbortSignal; readonly sawDate: (date: string | undefined) => void }

/** What the SDK takes for the parsed answer of a request that went well. */
export type ByteAnswer = { readonly bytes: Uint8Array }

export type ByteClient = {
  readonly httpClient: Stripe.HttpClient
  /** Everything that is sent within `send` belongs to this attempt. */
  readonly during: <T>(attempt: Attempt, send: () => Promise<T>) => Promise<T>
  readonly close: () => void
}

/**
 * The SDK's transport. It hands an answer over as bytes, since a parsed one has lost digits; only errors are parsed, for
 * the SDK to make its own of them.
 */
export function createByteClient(): ByteClient {
  const attempts = new AsyncLocalStorage<Attempt>()
  // rejectUnauthorized stands here so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot turn it off.
  const https = new HttpsAgent({ keepAlive: true, rejectUnauthorized: true })
  const agents = { http: new HttpAgent({ keepAlive: true }), https }

  const makeRequest: Stripe.HttpClient['makeRequest'] = (host, port, path, method, headers, body, protocol) =>
    new Promise((resolve, reject) => {
      const attempt = attempts.getStore()
      const isPlain = protocol === 'http'
      const options = {
        host,
        port,
        path,
        method,
        headers,
        agent: isPlain ? agents.http : agents.https,
        signal: attempt?.signal,
      }
      const request = (isPlain ? requestHttp : requestHttps)(options, (response) => {
        attempt?.sawDate(response.headers.date)
        readBody(response).then(
          (bytes) => resolve(describeAnswer(response, bytes)),
          (error: unknown) => reject(carry(error)),
        )
      })
      request.once('error', (error) => reject(carry(error)))
      request.end(body)
    })

  return {
    httpClient: { getClientName: () => 'millrace', makeRequest },
    during: (attempt, send) => attempts.run(attempt, send),
    close: () => {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

/**
 * The SDK sends once more by itself, retries off or not, where an error's code is ECONNRESET or EPIPE. Ours is the only
 * layer that retries, so the code goes inside.
 */
const carry = (error: unknown) =>
  error instanceof MillraceError
    ? error
    : new MillraceError('MR-3002', { message: 'Sending a request to Stripe: the connection failed.', cause: error })

/** What `carry` put into the SDK's connection error. */
export const unwrap = (error: unknown): unknown =>
  error instanceof MillraceError && error.code === 'MR-3002' ? (error.cause ?? error) : error

async function readBody(response: IncomingMessage): Promise<Uint8Array> {
  const encoding = response.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    throw malformed(response, `its Content-Encoding is ${encoding}, which was not asked for`)
  const chunks: Uint8Array[] = []
  let size = 0
  // No encoding is set, so that chunks are bytes.
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > maxBytes) {
      response.destroy()
      throw malformed(response, `it is longer than ${maxBytes / 1_048_576} MB`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function describeAnswer(response: IncomingMessage, bytes: Uint8Array) {
  const status = response.statusCode ?? 0
  const headers = flatten(response.headers)
  return {
    getStatusCode: () => status,
    getHeaders: () => headers,
    getRawResponse: () => ({}),
    toStream: () => bytes,
    toJSON: async (): Promise<ByteAnswer | { readonly error: unknown }> =>
      status >= 200 && status < 300 ? { bytes } : { error: readError(status, bytes) },
  }
}

/** A refusal in the vendor's own words; of a proxy's page only the status. */
function readError(status: number, bytes: Uint8Array): unknown {
  try {
    const body: unknown = JSON.parse(Buffer.from(bytes).toString())
    if (
      typeof body === 'object' &&
      body !== null &&
      'error' in body &&
      typeof body.error === 'object' &&
      body.error !== null
    )
      return body.error
  } catch {
    // Not JSON: the status says what there is to say.
  }
  return { type: 'api_error', message: `HTTP ${status}, and not in the form of an error of Stripe` }
}

const malformed = (response: IncomingMessage, what: string) =>
  new MillraceError('MR-3005', {
    message: `The answer of Stripe (HTTP ${response.statusCode}) cannot be read: ${what}.`,
  })

const flatten = (headers: IncomingHttpHeaders): { [name: string]: string } =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )

/** A page of a hundred objects is well below 2 MB. */
const maxBytes = 64 * 1_048_576
