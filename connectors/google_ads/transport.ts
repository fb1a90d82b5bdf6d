import { MillraceError } from 'millrace'

/** One attempt of the host: the signal that ends it, and the answer that came. */
export type Exchange = { readonly signal: AbortSignal; answer: Answer | null }

export type Answer = {
  readonly status: number
  readonly header: (name: string) => string | null
  /** As they came. */
  readonly bytes: Uint8Array
}

export type HttpRequest = {
  readonly url: string
  readonly method: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | null
}

/**
 * Sends what the SDK made. The SDK's own transport parses an answer, which loses digits and holds each row as an object,
 * follows redirects with the token in hand, and takes no signal.
 */
export async function sendRequest({ url, method, headers, body }: HttpRequest, exchange: Exchange): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...headers },
    body,
    redirect: 'manual',
    signal: exchange.signal,
  })
  const bytes = await readBody(response)
  const answer = { status: response.status, header: (name: string) => response.headers.get(name), bytes }
  exchange.answer = answer
  return answer
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
      message: `Reading an answer of Google Ads: it is larger than ${maxBytes / 1024 / 1024} MB.`,
    })
  }
  return Buffer.concat(chunks)
}

/** A page is 10,000 rows; of ads with all their texts about 40 MB. */
const maxBytes = 128 * 1024 * 1024
