/**
 * What the SDK does not let us set, in one place. It has no option for where the API is, takes tokens from a cache that all
 * connections of a process share, reads whole reports into memory, and speaks gRPC (TLS only) where metadata is read. Its
 * REST calls can be led: one method prepares each request, another brings the token, and axios takes an adapter.
 */
import { MillraceError, type JsonObject, type Exchange } from 'millrace'
import { membersOf } from './classify-failure.ts'
import { sendRequest } from './transport.ts'

export type SdkConnection = {
  /** Google asks for none since September 2026; it is sent where there is one. */
  readonly developer_token?: string | undefined
  readonly client_id: string
  readonly client_secret: string
  readonly refresh_token: string
  readonly base_url: string
  readonly api_version: string
}

export type SdkRequest = {
  readonly method: 'GET' | 'POST'
  /** Below the version: `/customers/123/googleAds:search`. */
  readonly path: string
  readonly body?: JsonObject
  /** The manager through which the account is reached. */
  readonly login: string | null
}

export type Sdk = (request: SdkRequest, token: string, exchange: Exchange) => Promise<void>

/** Imported when a connection is opened: it is optional, takes a second, and is none of a start's business. */
export async function openSdk(connection: SdkConnection): Promise<Sdk> {
  const { GoogleAdsApi } = await loadSdk()
  const { developer_token, client_id, client_secret, refresh_token, base_url, api_version } = connection
  // Its type wants a token; the header is left out below where there is none.
  const api = new GoogleAdsApi({
    developer_token: developer_token ?? '',
    client_id,
    client_secret,
    disable_parsing: true,
  })
  const base = `${base_url.replace(/\/+$/, '')}/${api_version}`

  return async ({ method, path, body, login }, token, exchange) => {
    const customer = api.Customer({
      customer_id: '',
      refresh_token,
      ...(login !== null && { login_customer_id: login }),
    })
    const prepare: unknown = Reflect.get(customer, prepareName)
    if (typeof prepare !== 'function') throw changed(`${prepareName} is gone`)
    Object.defineProperty(customer, 'getAccessToken', { value: async () => token })
    Object.defineProperty(customer, prepareName, {
      value: (_function: string, accessToken: string) => {
        const prepared = membersOf(Reflect.apply(prepare, customer, ['search', accessToken, {}]))
        // The manager, the access token, the developer token: an empty one is refused, none is not.
        const { [tokenHeader]: sentToken = '', ...headers } = membersOf(prepared.headers)
        return {
          ...prepared,
          headers: sentToken === '' ? headers : { ...headers, [tokenHeader]: sentToken },
          method,
          url: `${base}${path}`,
          data: body,
          adapter: (sent: unknown) => runRequest(sent, exchange),
        }
      },
    })
    // With a page size it asks for one page; which one, and what of it, stands in `body`.
    await customer.query('', { page_size: 1 })
    if (!answerOf(exchange)) throw changed('it sent no request')
  }
}

/** What axios takes for an answer. The SDK finds no rows in it: ours are bytes, and in the exchange. */
async function runRequest(sent: unknown, exchange: Exchange) {
  const { url, method, headers, data } = membersOf(sent)
  if (typeof url !== 'string' || typeof method !== 'string') throw changed('its request has no address')
  await sendRequest(
    {
      url,
      method: method.toUpperCase(),
      headers: Object.fromEntries(
        Object.entries(membersOf(headers)).flatMap(([name, value]) =>
          typeof value === 'string' ? [[name, value]] : [],
        ),
      ),
      body: typeof data === 'string' ? data : null,
    },
    exchange,
  )
  return { data: {}, status: 200, statusText: 'OK', headers: {}, config: sent }
}

async function loadSdk() {
  try {
    return await import('google-ads-api')
  } catch (cause) {
    throw new MillraceError('MR-1302', {
      message: 'Opening a Google Ads connection: the package google-ads-api is not installed.',
      next: 'npm install google-ads-api@25.1.0',
      cause,
    })
  }
}

/** Read through a function: the compiler takes it for null, as it was at the beginning. */
const answerOf = (exchange: Exchange) => exchange.answer

const changed = (what: string) =>
  new MillraceError('MR-7000', {
    message: `Google Ads: the SDK is not the one that this connector is made for: ${what}.`,
    next: 'npm install google-ads-api@25.1.0',
  })

const tokenHeader = 'developer-token'
const prepareName = 'prepareGoogleAdsServicePostRequestArgs'
