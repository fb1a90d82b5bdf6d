import { MillraceError, sendWithin, type Exchange } from 'millrace'

/** What the SDK's request contexts have in common: each of its packages has a class of its own for them. */
export type SdkRequest = {
  readonly getUrl: () => string
  readonly getHttpMethod: () => string
  readonly getHeaders: () => { readonly [name: string]: string }
  readonly getBody: () => unknown
}

/** What the SDK takes for an answer. */
export type SdkAnswer = {
  readonly status: number
  readonly headers: { [name: string]: string }
  readonly body: { readonly text: () => Promise<string>; readonly binary: () => Promise<Buffer> }
}

/**
 * Sends what the SDK made. The SDK's own transport takes no signal, so that a request could reach HubSpot after its run
 * has given up, follows redirects with the token in hand, and takes an answer of any size.
 */
export async function sendRequest(request: SdkRequest, exchange: Exchange): Promise<SdkAnswer> {
  const body = request.getBody()
  if (body !== undefined && typeof body !== 'string')
    throw new MillraceError('MR-7000', {
      message: 'HubSpot: the SDK sent a body that is not text.',
      next: 'Report it.',
    })
  const { status, headers, bytes } = await sendWithin(
    exchange,
    { url: request.getUrl(), method: request.getHttpMethod(), headers: request.getHeaders(), body: body ?? null },
    { vendor: 'HubSpot', maxBytes },
  )
  return {
    status,
    headers: { ...headers },
    body: { text: async () => bytes.toString(), binary: async () => bytes },
  }
}

export const malformed = (what: string) =>
  new MillraceError('MR-3005', {
    message: `HubSpot ${what}.`,
    next: 'Run again. If it stays, look for a proxy between here and HubSpot.',
  })

// The properties of an object with long option lists are the largest honest answer.
const maxBytes = 64 * 1024 * 1024
