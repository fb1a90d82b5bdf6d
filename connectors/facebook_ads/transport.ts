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
  await sendWithin(exchange, { ...request, headers }, { vendor: 'Facebook', maxBytes })
}

export const malformed = (what: string) =>
  new MillraceError('MR-3005', {
    message: `Facebook ${what}.`,
    next: 'Run again. If it stays, look for a proxy between here and Facebook.',
  })

const maxBytes = 64 * 1024 * 1024
