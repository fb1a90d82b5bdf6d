import type { TrackClient } from 'customerio-node'
import { MillraceError, type Host } from 'millrace'
import { classifyFailure, describeRefusal } from './classify-failure.ts'
import { readAnswer, type Answer } from './read-answer.ts'

/** The Track API through the vendor's SDK, with the host as the only layer that retries. */
export type TrackApi = {
  readonly call: <T>(request: TrackRequest<T>) => Promise<T>
}

export type TrackRequest<T> = {
  readonly label: string
  readonly docs: string
  readonly signal: AbortSignal
  readonly send: (client: TrackClient) => Promise<unknown>
  /** What an answer means. Called within the attempt: what it throws is the attempt's failure. */
  readonly read: (answer: Answer) => T
  /** Is this refusal an answer that `read` understands? @default no refusal is */
  readonly isAnswer?: (status: number) => boolean
}

type Connection = {
  readonly site_id: string
  readonly api_key: string
  readonly region: 'us' | 'eu'
  readonly base_url?: string
  readonly rate_per_second: number
}

export async function openTrackClient(connection: Connection, host: Host): Promise<TrackApi> {
  const sdk = await loadSdk()
  const region = connection.region === 'eu' ? sdk.RegionEU : sdk.RegionUS
  const options = { region, url: trackUrl(connection), retry: { maxRetries: 0 } }

  async function attempt<T>({ send, read, isAnswer }: TrackRequest<T>, signal: AbortSignal): Promise<T> {
    const client = new sdk.TrackClient(connection.site_id, connection.api_key, options)
    let answer: Answer | undefined
    // The SDK makes the URL, the credentials, the headers and the body. Its transport takes no signal, so that a request
    // could reach the vendor after its run has given up, and keeps the status and the Date to itself. So we send.
    client.request.handler = async ({ uri, method, headers, body }) => {
      const response = await fetch(uri, { method, headers: textHeaders(headers), body, signal, redirect: 'manual' })
      host.sawDate(response.headers.get('date'))
      answer = await readAnswer(response)
      if (response.ok || isAnswer?.(response.status)) return {}
      const facts = { statusCode: response.status, headers: Object.fromEntries(response.headers), ok: false }
      const refusal = { meta: { error: describeRefusal(response.status, answer.body) } }
      throw new sdk.CustomerIORequestError(refusal, response.status, facts, '')
    }
    await send(client)
    return read(answer ?? { status: 0, body: {} })
  }

  return {
    call: (request) =>
      host.call(
        {
          ...request,
          ratePerSecond: connection.rate_per_second,
          classify: (error) => classifyFailure(error, connection.region),
        },
        (signal) => attempt(request, signal),
      ),
  }
}

/** Imported when a connection is opened: it is optional, and none of a start's business. */
async function loadSdk() {
  try {
    return await import('customerio-node')
  } catch (cause) {
    throw new MillraceError('MR-1302', {
      message: 'Opening a Customer.io connection: the package customerio-node is not installed.',
      next: 'npm install customerio-node@5.2.0',
      cause,
    })
  }
}

/** The SDK finds v2 by replacing /api/v1 in this URL. */
function trackUrl({ region, base_url }: Connection): string {
  const root = (base_url ?? trackHosts[region]).replace(/\/+$/, '')
  return root.endsWith('/api/v1') ? root : `${root}/api/v1`
}

const textHeaders = (headers: { readonly [name: string]: string | number }) =>
  Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])

// https://docs.customer.io/integrations/api/track/#tag/trackregion
const trackHosts = { us: 'https://track.customer.io', eu: 'https://track-eu.customer.io' } as const
