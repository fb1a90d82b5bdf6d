import { MillraceError, type Host } from 'millrace'
import type { Stripe } from 'stripe'
import { createByteClient, unwrap } from './byte-client.ts'
import { classifyFailure, isRefusal, isStripeFailure, type StripeFailure } from './classify-failure.ts'
import type { Query } from './stream-table.ts'

/** The API through the vendor's SDK, with the host as the only layer that retries. */
export type StripeApi = {
  /** What rows say of their reading: the version that objects are read in, and the account where there are several. */
  readonly fields: { readonly _api_version: string; readonly _account?: string }
  readonly get: <T>(request: Get<T>) => Promise<T>
  /** The same connection, reading this account. */
  readonly forAccount: (account: string, which: { readonly isOwn: boolean }) => StripeApi
  /** Why this connected account refused, where that is what the error of `get` says. */
  readonly refusal: (error: unknown) => string | undefined
  readonly close: () => void
}

export type Get<T> = {
  readonly path: string
  /** What the vendor counts it as, whichever object is asked for: `/v1/customers/:id`. @default the path */
  readonly endpoint?: string
  readonly query?: Query
  /** Fields that come only when they are expanded. */
  readonly expand?: readonly string[]
  readonly docs: string
  readonly signal: AbortSignal
  /** What the answer means; `readAt` is our clock just before the attempt that brought it. An answer that it throws at is asked for again. */
  readonly read: (bytes: Uint8Array, readAt: Date) => T
  /** Takes a refusal that is an answer, too. */
  readonly recover?: (failure: StripeFailure, readAt: Date) => T | undefined
}

export type Connection = {
  readonly api_key: string
  readonly base_url: string
  readonly api_version: string
  readonly account?: string
  readonly accounts?: 'all' | readonly string[]
  readonly rate_per_second: number
  readonly rate_per_endpoint: number
}

export async function openClient(connection: Connection, host: Host): Promise<StripeApi> {
  const { Stripe } = await loadSdk()
  const bytes = createByteClient()
  const stripe = new Stripe(connection.api_key, {
    ...splitUrl(connection.base_url),
    // The type knows only the SDK's own version; the account may be kept on another.
    apiVersion: connection.api_version as Stripe.LatestApiVersion,
    httpClient: bytes.httpClient,
    maxNetworkRetries: 0,
    telemetry: false,
  })

  // By the error, and not by the account: its next request may fail for another reason.
  const refusals = new WeakMap<MillraceError, string>()

  const read = (sent: SentFor): StripeApi => ({
    fields: { _api_version: connection.api_version, ...sent.fields },
    async get({ path, endpoint = path, query = {}, expand = [], docs, signal, read: understand, recover }) {
      let refusal: string | undefined
      try {
        return await host.call(
          {
            label: `GET ${path}`,
            docs,
            signal,
            ratePerSecond: connection.rate_per_second,
            // https://docs.stripe.com/rate-limits : each of them has its own, beside the account's
            endpoint: { name: endpoint, ratePerSecond: connection.rate_per_endpoint },
            classify: classifyFailure,
          },
          async (attemptSignal) => {
            const readAt = new Date()
            try {
              const send = () =>
                stripe.rawRequest('GET', withQuery(path, query, expand), undefined, { stripeAccount: sent.header })
              const answer = await bytes.during({ signal: attemptSignal, sawDate: host.sawDate }, send)
              return understand(bytesOf(answer), readAt)
            } catch (error) {
              const failure = isStripeFailure(error) ? error : null
              if (sent.isConnected && failure && isRefusal(failure)) refusal = failure.message
              const recovered = failure ? recover?.(failure, readAt) : undefined
              if (recovered === undefined) throw detailOf(error)
              return recovered
            }
          },
        )
      } catch (error) {
        // A request that is told to stop throws whatever the reason of that is.
        if (refusal !== undefined && !signal.aborted && error instanceof MillraceError) refusals.set(error, refusal)
        throw error
      }
    },
    forAccount: (account, { isOwn }) =>
      read({ header: isOwn ? undefined : account, isConnected: !isOwn, fields: { _account: account } }),
    refusal: (error) => (error instanceof MillraceError ? refusals.get(error) : undefined),
    close: bytes.close,
  })
  return read({ header: connection.account, isConnected: false, fields: {} })
}

type SentFor = {
  /** https://docs.stripe.com/connect/authentication */
  readonly header: string | undefined
  readonly isConnected: boolean
  readonly fields: { readonly _account?: string }
}

/** Imported when a connection is opened: optional, and none of a start's business. */
async function loadSdk() {
  try {
    return await import('stripe')
  } catch (cause) {
    throw new MillraceError('MR-1302', {
      message: 'Opening a Stripe connection: the package stripe is not installed.',
      next: 'npm install stripe@23.1.0',
      cause,
    })
  }
}

/** The SDK takes no URL, and no path: the connection's schema refuses one. */
function splitUrl(text: string): Pick<Stripe.StripeConfig, 'host' | 'port' | 'protocol'> {
  const url = new URL(text)
  const protocol = url.protocol === 'http:' ? 'http' : 'https'
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port || (protocol === 'http' ? 80 : 443), protocol }
}

function withQuery(path: string, query: Query, expand: readonly string[]): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) parameters.append(name, String(value))
  for (const field of expand) parameters.append('expand[]', field)
  return parameters.size === 0 ? path : `${path}?${parameters}`
}

function bytesOf(answer: unknown): Uint8Array {
  if (typeof answer === 'object' && answer !== null && 'bytes' in answer && answer.bytes instanceof Uint8Array)
    return answer.bytes
  throw new MillraceError('MR-7000', {
    message: 'The Stripe SDK gave back something else than our transport gave it.',
    next: 'Report it, with the version of the SDK.',
  })
}

/** Of a connection error of the SDK the socket's own error, whose code the host knows. */
const detailOf = (error: unknown): unknown =>
  error instanceof Error && 'type' in error && error.type === 'StripeConnectionError' && 'detail' in error
    ? unwrap(error.detail)
    : error
