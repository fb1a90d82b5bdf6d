import { setTimeout as sleep } from 'node:timers/promises'
import type { APIClient, TrackClient } from 'customerio-node'
import { MillraceError, sendWithin, type Exchange, type Host } from 'millrace'
import { batchRefusals, classifyFailure, describeRefusal, type Signing } from './classify-failure.ts'
import { parseObject, readAnswer, type Answer } from './read-answer.ts'
import { loadSdk, type Sdk } from './sdk.ts'

/** One of the vendor's two APIs through its SDK, with the host as the only layer that retries. */
export type Api<Client> = { readonly call: <T>(request: ApiRequest<Client, T>) => Promise<T> }

/** Writes. Basic auth with the Site ID. */
export type TrackApi = Api<TrackClient>

/** Reads. A bearer key, and ten requests a second. */
export type AppApi = Api<APIClient>

export type ApiRequest<Client, T> = {
  readonly label: string
  readonly docs: string
  readonly signal: AbortSignal
  /** @default true */
  readonly repeatable?: boolean | 'never'
  readonly readsOnly?: true
  readonly send: (client: Client) => Promise<unknown>
  /** What an answer means. Called within the attempt: what it throws is the attempt's failure. */
  readonly read: (answer: Answer) => T
  /** Is this refusal an answer that `read` understands? @default no refusal is */
  readonly isAnswer?: (status: number) => boolean
  /** @default the connection's */
  readonly ratePerSecond?: number
  /** The largest answer. @default 4 MB */
  readonly maxBytes?: number
}

export type Connection = {
  readonly site_id: string
  readonly api_key: string
  readonly app_api_key?: string
  readonly region: 'us' | 'eu'
  readonly base_url?: string
  readonly app_base_url?: string
  readonly rate_per_second: number
}

/** `app` is null without a key for it. */
export async function openClients(
  connection: Connection,
  host: Host,
): Promise<{ readonly track: TrackApi; readonly app: AppApi | null }> {
  const sdk = await loadSdk()
  const { site_id: siteId, api_key: apiKey, app_api_key: appKey } = connection
  const options = { region: connection.region === 'eu' ? sdk.RegionEU : sdk.RegionUS, retry: { maxRetries: 0 } }
  const track = { ...options, url: trackUrl(connection) }
  const app = { ...options, url: appUrl(connection) }
  return {
    track: openApi({
      sdk,
      host,
      connection,
      signing: { region: connection.region, keys: trackKeys, address: 'base_url', refusals: batchRefusals },
      makeClient: () => new sdk.TrackClient(siteId, apiKey, track),
    }),
    app:
      appKey === undefined
        ? null
        : spaced(
            openApi({
              sdk,
              host,
              connection,
              signing: { region: connection.region, keys: appKeys, address: 'app_base_url' },
              makeClient: () => new sdk.APIClient(appKey, app),
            }),
          ),
  }
}

function openApi<Client extends { request: TrackClient['request'] }>({
  sdk,
  host,
  connection,
  signing,
  makeClient,
}: {
  readonly sdk: Sdk
  readonly host: Host
  readonly connection: Connection
  readonly signing: Signing
  readonly makeClient: () => Client
}): Api<Client> {
  async function attempt<T>(request: ApiRequest<Client, T>, signal: AbortSignal): Promise<T> {
    const { label, send, read, isAnswer, maxBytes = usualBytes } = request
    const client = makeClient()
    const exchange: Exchange = { signal, answer: null }
    const readAt = new Date()
    // The SDK makes the URL, the credentials, the headers and the body. Its transport takes no signal, so that a request
    // could reach the vendor after its run has given up, and keeps the status and the Date to itself. So we send.
    client.request.handler = async ({ uri, method, headers, body }) => {
      const asked = { url: uri, method, headers: textHeaders(headers), body: typeof body === 'string' ? body : null }
      const { status, bytes, ...sent } = await sendWithin(exchange, asked, { vendor: 'Customer.io', maxBytes })
      host.sawDate(sent.header('date'))
      if (isOk(status) || isAnswer?.(status)) return {}
      const facts = { statusCode: status, headers: sent.headers, ok: false }
      const refusal = { meta: { error: describeRefusal(status, parseObject(bytes) ?? {}) } }
      throw new sdk.CustomerIORequestError(refusal, status, facts, '')
    }
    await send(client)
    const { answer } = exchange
    if (!answer) throw new MillraceError('MR-7000', { message: `${label}: Customer.io's SDK sent nothing.` })
    return read(readAnswer(answer, readAt))
  }
  const { rate_per_second: ratePerSecond } = connection
  const classify = (error: unknown) => classifyFailure(error, signing)
  return {
    call: (request) => host.call({ ratePerSecond, ...request, classify }, (signal) => attempt(request, signal)),
  }
}

/** The host has one rate for a connection; the App API's own is lower. https://docs.customer.io/integrations/api/customerio-apis/ */
function spaced(api: AppApi): AppApi {
  let nextAt = 0
  return {
    async call(request) {
      const now = performance.now()
      const slot = Math.max(nextAt, now)
      nextAt = slot + appIntervalMs
      if (slot > now) await sleep(slot - now, undefined, { signal: request.signal })
      return api.call(request)
    },
  }
}

/** The SDK finds v2 by replacing /api/v1 in this URL. */
function trackUrl({ region, base_url }: Connection): string {
  const root = (base_url ?? trackHosts[region]).replace(/\/+$/, '')
  return root.endsWith('/api/v1') ? root : `${root}/api/v1`
}

function appUrl({ region, app_base_url }: Connection): string {
  const root = (app_base_url ?? appHosts[region]).replace(/\/+$/, '')
  return root.endsWith('/v1') ? root : `${root}/v1`
}

const textHeaders = (headers: { readonly [name: string]: string | number }) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

const isOk = (status: number) => status >= 200 && status < 300

// https://docs.customer.io/integrations/api/track/#tag/trackregion
const trackHosts = { us: 'https://track.customer.io', eu: 'https://track-eu.customer.io' } as const
// https://docs.customer.io/integrations/api/app/
const appHosts = { us: 'https://api.customer.io', eu: 'https://api-eu.customer.io' } as const
const trackKeys = 'site_id, api_key'
const appKeys = 'app_api_key'
// A tenth more than it must be: the vendor counts when requests arrive.
const appIntervalMs = 110
// The longest honest answer to a write names each row of a batch once.
const usualBytes = 4_000_000
