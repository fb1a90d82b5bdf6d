import { isUtf8 } from 'node:buffer'
import { fetch, type Response } from 'undici'
import { MillraceError } from '../model/millrace-error.ts'
import { refusedPort } from './address-guard.ts'
import { envDispatcher } from './env-dispatcher.ts'

/** One attempt of the host at a call that a vendor's SDK makes: the signal that ends it, and the answer that came. */
export type Exchange = { readonly signal: AbortSignal; answer: ExchangeAnswer | null }

export type ExchangeAnswer = {
  readonly status: number
  readonly header: (name: string) => string | null
  readonly headers: { readonly [name: string]: string }
  /** As they came. */
  readonly bytes: Buffer
}

export type ExchangeRequest = {
  readonly url: string
  readonly method: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | null
}

/**
 * Sends what an SDK would send by its own transport: one request within the attempt's signal, no redirect followed (the
 * token would go with it), the answer's bytes kept as they came and no more of them than `maxBytes`, since a small answer
 * can inflate to gigabytes. Keeps the answer in the exchange. A refusal may be any page: its status says enough.
 * With `take`, the bytes of an answer that is no refusal go there as they come, and are not kept: a file of any size.
 * @throws MillraceError MR-3005 where the answer is larger, or no refusal and not UTF-8; MR-3008
 */
export async function sendWithin(
  exchange: Exchange,
  { url, method, headers, body }: ExchangeRequest,
  limit: AnswerLimit,
): Promise<ExchangeAnswer> {
  const { signal } = exchange
  const response = await fetch(url, {
    method,
    headers,
    body,
    redirect: 'manual',
    signal,
    dispatcher: envDispatcher(),
  }).catch((error: unknown) => {
    const cause = error instanceof TypeError ? error.cause : undefined
    if (cause instanceof Error && cause.message === 'bad port') throw refusedPort(url)
    // An address that is not connected to, as it says itself.
    throw cause instanceof MillraceError ? cause : error
  })
  const bytes = await readBody(response, response.ok ? limit : { ...limit, take: undefined })
  if (response.ok && !isUtf8(bytes)) throw malformed(limit.vendor, 'its bytes are not UTF-8')
  const answer = {
    status: response.status,
    header: (name: string) => response.headers.get(name),
    headers: Object.fromEntries(response.headers),
    bytes,
  }
  exchange.answer = answer
  return answer
}

type AnswerLimit = {
  /** Named in errors. */
  readonly vendor: string
  readonly maxBytes: number
  readonly take?: ((chunk: Uint8Array) => Promise<void>) | undefined
}

async function readBody(response: Response, limit: AnswerLimit): Promise<Buffer> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      size += read.value.length
      if (size > limit.maxBytes)
        throw malformed(limit.vendor, `it is larger than ${Math.round(limit.maxBytes / 1024 / 1024)} MB`)
      if (limit.take) await limit.take(read.value)
      else chunks.push(read.value)
    }
  } catch (error) {
    // What is not read to its end holds its connection.
    await reader?.cancel(error).catch(() => undefined)
    throw error
  }
  return Buffer.concat(chunks)
}

const malformed = (vendor: string, what: string) =>
  new MillraceError('MR-3005', {
    message: `Reading an answer of ${vendor}: ${what}.`,
    next: `Run again. If it stays, look for a proxy between here and ${vendor}.`,
  })
