import { MillraceError, type Failure, type Host, type JsonObject, type Exchange } from 'millrace'
import { isAccountClosed, isPageTokenGone, readRefusal, readSignInRefusal, type Refusal } from './classify-failure.ts'
import { openSdk, type SdkConnection } from './sdk.ts'
import { sendRequest } from './transport.ts'

export type Connection = SdkConnection & { readonly token_url: string; readonly rate_per_second: number }

/** The API through the vendor's SDK, with the host as the only layer that retries. */
export type AdsApi = {
  readonly search: <T>(request: Search<T>) => Promise<T | 'closed' | 'page gone'>
  /** Metadata of fields, of no account. */
  readonly searchFields: <T>(request: FieldSearch<T>) => Promise<T>
  /** Resource names of the accounts that the user can reach by himself. */
  readonly listAccessible: (signal: AbortSignal) => Promise<void>
}

export type Account = {
  readonly id: string
  /** The manager through which it is reached. */
  readonly login: string
}

export type Search<T> = {
  readonly account: Account
  readonly query: string
  readonly pageToken: string | null
  readonly signal: AbortSignal
  /** Only the number of rows. */
  readonly countOnly?: boolean
  /** What the answer means; `readAt` is our clock just before the attempt that brought it. An answer that it throws at is asked for again. */
  readonly read: (bytes: Uint8Array, readAt: Date) => T
}

type FieldSearch<T> = {
  readonly query: string
  readonly pageToken: string | null
  readonly signal: AbortSignal
  readonly read: (bytes: Uint8Array) => T
}

export async function openClient(config: Connection, host: Host): Promise<AdsApi> {
  const sdk = await openSdk(config)
  let token: { readonly value: string; readonly until: number } | null = null
  let signingIn: Promise<void> | null = null

  /** https://developers.google.com/identity/protocols/oauth2/web-server#offline */
  async function signIn(signal: AbortSignal): Promise<void> {
    let refusal: Failure | null = null
    await host.call(
      {
        label: 'POST token',
        docs: 'https://developers.google.com/identity/protocols/oauth2/web-server#offline',
        signal,
        classify: () => refusal ?? undefined,
      },
      async (attemptSignal) => {
        refusal = null
        const { client_id, client_secret, refresh_token } = config
        const form = new URLSearchParams({ client_id, client_secret, refresh_token, grant_type: 'refresh_token' })
        const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
        const answer = await sendRequest(
          { url: config.token_url, method: 'POST', headers, body: form.toString() },
          { signal: attemptSignal, answer: null },
        )
        refusal = readSignInRefusal(answer, new Date())
        if (refusal) throw refused('signing in')
        token = readToken(answer.bytes)
        host.secret(token.value)
      },
    )
  }

  /** One sign-in for all who find their token missing or expired at the same time. */
  async function renewToken(stale: string | null, signal: AbortSignal): Promise<void> {
    while ((tokenOf() ?? null) === stale) {
      const mine = signingIn === null
      const pending = (signingIn ??= signIn(signal).finally(() => (signingIn = null)))
      try {
        await pending
      } catch (error) {
        // It was another's, and ended because that one was stopped: not a reason to stop here.
        if (mine || signal.aborted || !(error instanceof MillraceError) || error.code !== 'MR-7001') throw error
      }
    }
  }

  const tokenOf = (): string | undefined => token?.value

  async function call<T>(request: ApiCall<T>): Promise<T> {
    const { label, docs, signal, read, recover } = request
    if (token && token.until <= Date.now()) token = null
    if (!token) await renewToken(null, signal)
    for (let renewals = 0; ; renewals++) {
      let refusal: Refusal | null = null
      const outcome = await host.call(
        {
          label,
          docs,
          signal,
          timeoutMs: 300_000,
          ratePerSecond: config.rate_per_second,
          classify: () => refusal?.failure,
        },
        async (attemptSignal) => {
          refusal = null
          const exchange: Exchange = { signal: attemptSignal, answer: null }
          const used = tokenOf() ?? ''
          const readAt = new Date()
          await sdk(request, used, exchange)
          const answer = answerOf(exchange)
          if (!answer) throw refused('sending a request')
          host.sawDate(answer.header('date'))
          refusal = readRefusal(answer, new Date())
          if (!refusal) return { value: read(answer.bytes, readAt) }
          if (refusal.isTokenRefused && renewals === 0) return { expired: used }
          const recovered = recover?.(refusal)
          if (!recovered) throw refused(label)
          return recovered
        },
      )
      if ('value' in outcome) return outcome.value
      await renewToken(outcome.expired, signal)
    }
  }

  return {
    // https://developers.google.com/google-ads/api/docs/reporting/paging : pages of 10,000 rows, of which only the first counts as an operation
    search: <T>({ account, query, pageToken, signal, countOnly = false, read }: Search<T>) =>
      call<T | 'closed' | 'page gone'>({
        method: 'POST',
        path: `/customers/${account.id}/googleAds:search`,
        body: {
          query,
          ...(pageToken !== null && { pageToken }),
          searchSettings: { returnTotalResultsCount: true, ...(countOnly && { omitResults: true }) },
        },
        login: account.login,
        label: `POST customers/${account.id}/googleAds:search`,
        docs: 'https://developers.google.com/google-ads/api/rest/reference/rest/v25/customers.googleAds/search',
        signal,
        read,
        recover: (refusal) => {
          if (isAccountClosed(refusal)) return { value: 'closed' }
          return pageToken !== null && isPageTokenGone(refusal) ? { value: 'page gone' } : undefined
        },
      }),
    searchFields: ({ query, pageToken, signal, read }) =>
      call({
        method: 'POST',
        path: '/googleAdsFields:search',
        body: { query, pageSize: 10_000, ...(pageToken !== null && { pageToken }) },
        login: null,
        label: 'POST googleAdsFields:search',
        docs: 'https://developers.google.com/google-ads/api/rest/reference/rest/v25/googleAdsFields/search',
        signal,
        read,
      }),
    listAccessible: (signal) =>
      call({
        method: 'GET',
        path: '/customers:listAccessibleCustomers',
        login: null,
        label: 'GET customers:listAccessibleCustomers',
        docs: 'https://developers.google.com/google-ads/api/rest/reference/rest/v25/customers/listAccessibleCustomers',
        signal,
        read: checkAccessible,
      }),
  }
}

type ApiCall<T> = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: JsonObject
  readonly login: string | null
  readonly label: string
  readonly docs: string
  readonly signal: AbortSignal
  readonly read: (bytes: Uint8Array, readAt: Date) => T
  /** Takes a refusal that is an answer, too. */
  readonly recover?: (refusal: Refusal) => { readonly value: T } | undefined
}

function readToken(bytes: Uint8Array): { readonly value: string; readonly until: number } {
  const body: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (
    typeof body === 'object' &&
    body !== null &&
    'access_token' in body &&
    typeof body.access_token === 'string' &&
    body.access_token !== ''
  ) {
    const seconds = 'expires_in' in body && typeof body.expires_in === 'number' ? body.expires_in : 3600
    // A minute early: the token has to last for the request that begins with it.
    return { value: body.access_token, until: Date.now() + Math.max(1, seconds - 60) * 1000 }
  }
  throw new MillraceError('MR-3005', { message: 'Signing in to Google Ads: the answer has no access token.' })
}

function checkAccessible(bytes: Uint8Array): void {
  const body: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (typeof body !== 'object' || body === null || !('resourceNames' in body) || !Array.isArray(body.resourceNames))
    throw new MillraceError('MR-3005', { message: 'Checking the Google Ads connection: the answer lists no accounts.' })
}

/** Never seen: the host makes its own of what `classify` says. */
const refused = (what: string) => new MillraceError('MR-3004', { message: `Google Ads: ${what} was refused.` })

/** Read through a function: the compiler takes it for null, as it was at the beginning. */
const answerOf = (exchange: Exchange) => exchange.answer
