import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Agent } from 'undici'
import { guardUrl } from './address-guard.ts'
import { guardedConnect } from './guarded-connect.ts'
import { AttemptError, failureOfStatus, malformedAnswer } from './http-error.ts'
import { inflate } from './transport.ts'

export type Download = {
  /** A signed link: whoever has it has the file. It stands in no error that comes out of here. */
  readonly url: string
  readonly signal: AbortSignal
  /** Of the file, inflated. */
  readonly maxBytes: number
}

/**
 * One attempt at a vendor's link to a file, written to `path` as it comes: no credentials, no redirect, no address that hands
 * out this machine's own credentials. For `host.call`, which does the rest.
 * @throws AttemptError, MillraceError MR-3008, or the socket's own error
 */
export async function downloadTo(path: string, { url: link, signal, maxBytes }: Download): Promise<void> {
  const url = readLink(link)
  guardUrl(url)
  const agent = new Agent({
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    connect: guardedConnect,
  })
  try {
    const response = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { 'accept-encoding': 'gzip, deflate, br' },
      signal,
    })
    const { statusCode: status } = response
    if (status !== 200) {
      await response.body.dump()
      const message = `its link to the file answered ${status}`
      throw new AttemptError({ kind: 'refused', ...failureOfStatus(status), status, message })
    }
    const header = (name: string) => [response.headers[name]].flat()[0]
    const facts = { length: header('content-length'), status, maxBytes }
    const bytes = inflate(count(response.body, facts), header('content-encoding'))
    await pipeline(withinLimit(bytes, maxBytes), createWriteStream(path), { signal })
  } finally {
    await agent.destroy()
  }
}

function readLink(link: string): URL {
  const url = URL.canParse(link) ? new URL(link) : null
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  throw new AttemptError({ kind: 'malformed', message: 'its link to the file is not a URL' })
}

type Facts = { readonly length: string | undefined; readonly status: number; readonly maxBytes: number }

async function* count(body: AsyncIterable<Buffer>, { length, status, maxBytes }: Facts): AsyncGenerator<Buffer> {
  let received = 0
  for await (const chunk of body) {
    received += chunk.length
    if (received > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
  if (length !== undefined && Number(length) !== received)
    throw malformedAnswer(status, `${received} bytes of the file came, its Content-Length says ${length}`)
}

async function* withinLimit(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

const tooLarge = (maxBytes: number) =>
  new AttemptError({ kind: 'refused', message: `the file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB` })

/** Without a byte. */
const idleMs = 60_000
