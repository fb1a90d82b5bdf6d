import { isUtf8 } from 'node:buffer'
import { MillraceError, sendWithin, type Exchange } from 'millrace'

/**
 * Sends what the SDK asks for. Its own transport (axios) takes no signal, follows redirects with the token in the URL, hangs
 * that URL on its errors, and parses answers, which loses digits.
 */
export async function send(
  request: { readonly method: string; readonly url: string; readonly body: string | null },
  exchange: Exchange,
): Promise<void> {
  const headers = { accept: 'application/json', ...(request.body !== null && { 'content-type': 'application/json' }) }
  const { bytes } = await sendWithin(
    exchange,
    { ...request, headers },
    { maxBytes, tooLarge: (megabytes) => malformed(`sent an answer larger than ${megabytes} MB`) },
  )
  if (!isUtf8(bytes)) throw malformed('sent bytes that are not UTF-8')
}

export const malformed = (what: string) =>
  new MillraceError('MR-3005', {
    message: `Facebook ${what}.`,
    next: 'Run again. If it stays, look for a proxy between here and Facebook.',
  })

const maxBytes = 64 * 1024 * 1024
