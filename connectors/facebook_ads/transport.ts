import { isUtf8 } from 'node:buffer'
import { MillraceError } from 'millrace'

/** One attempt of the host: the signal that ends it, and the answer that came. */
export type Exchange = { readonly signal: AbortSignal; answer: Answer | null }

export type Answer = {
  readonly status: number
  readonly header: (name: string) => string | null
  /** As they came. */
  readonly bytes: Uint8Array
}

/**
 * Sends what the SDK asks for. Its own transport (axios) takes no signal, follows redirects with the token in the URL, hangs
 * that URL on its errors, and parses answers, which loses digits.
 */
export async function send(
  request: { readonly method: string; readonly url: string; readonly body: string | null },
  exchange: Exchange,
): Promise<void> {
  const response = await fetch(request.url, {
    method: request.method,
    headers: { accept: 'application/json', ...(request.body !== null && { 'content-type': 'application/json' }) },
    body: request.body,
    redirect: 'manual',
    signal: exchange.signal,
  })
  const bytes = await readBody(response)
  exchange.answer = { status: response.status, header: (name) => response.headers.get(name), bytes }
  if (!isUtf8(bytes)) throw malformed('sent bytes that are not UTF-8')
}

export const malformed = (what: string) =>
  new MillraceError('MR-3005', {
    message: `Facebook ${what}.`,
    next: 'Run again. If it stays, look for a proxy between here and Facebook.',
  })

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
    throw malformed(`sent an answer larger than ${maxBytes / 1024 / 1024} MB`)
  }
  return Buffer.concat(chunks, size)
}

const maxBytes = 64 * 1024 * 1024
