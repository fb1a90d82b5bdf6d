import type { TokenResponse } from 'jsforce'
import {
  guardKeys,
  MillraceError,
  type CallContext,
  type Failure,
  type Host,
  type Exchange,
  type ExchangeAnswer,
} from 'millrace'
import { classifyFailure, classifySignIn, vendorErrorOf, type VendorError } from './classify-failure.ts'
import { signInOf, type Connection } from './connection.ts'
import { watchQuota } from './quota.ts'
import { grantOf } from './sign-in.ts'
import { createTransport, type Take } from './transport.ts'

/** The REST API through the vendor's SDK, with the host as the only layer that retries. */
export type SalesforceApi = {
  readonly call: <T>(request: ApiCall<T>) => Promise<T>
  /** Of the org that the token is for. */
  readonly organizationId: (context: CallContext) => Promise<string>
  /** `/services/data/v66.0`, for what is shown. */
  readonly basePath: string
  /** Asked before each request that reads. @throws MillraceError MR-3006 */
  readonly checkQuota: () => void
}

export type ApiCall<T> = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/services/data/vXX.0`. */
  readonly path: string
  readonly body?: string
  readonly headers?: { readonly [name: string]: string }
  readonly docs: string
  readonly signal: AbortSignal
  readonly timeoutMs?: number
  /** May it be sent twice? @default true */
  readonly repeatable?: boolean | 'never'
  /** What the answer means; `readAt` is our clock just before the attempt that brought it. An answer that it throws at is asked for again. */
  readonly read: (bytes: Uint8Array, readAt: Date, answer: ExchangeAnswer) => Awaitable<T>
  /** Where the bytes go as they come, for one attempt; `read` gets none then. */
  readonly into?: () => Promise<Into>
  /** Takes a refusal that is an answer, too. */
  readonly recover?: (error: VendorError) => { readonly value: T } | undefined
}

export type Into = {
  readonly take: Take
  /** The attempt failed, or what it brought is not taken. */
  readonly drop: () => Promise<void>
}
type Awaitable<T> = T | Promise<T>

export async function openClient(config: Connection, host: Host): Promise<SalesforceApi> {
  const { Connection, OAuth2 } = await loadSdk()
  const transport = createTransport()
  const oauth2 = new OAuth2({
    loginUrl: config.login_url,
    clientId: config.client_id,
    // The assertion of JWT bearer is its own proof.
    ...(signInOf(config) !== 'jwt' && { clientSecret: config.client_secret }),
  })
  const connection = new Connection({
    oauth2,
    loginUrl: config.login_url,
    version: config.api_version,
    logLevel: 'NONE',
  })
  oauth2._transport = transport
  connection._transport = transport
  // It would refresh without end while the vendor answers 401.
  connection._refreshDelegate = undefined
  const quota = watchQuota(host, config)
  let signingIn: Promise<void> | null = null
  /** So many brought a token: it may be the same as before, since Salesforce repeats that of a session that lives. */
  let signIns = 0

  /** Runs one exchange; what was learned of the answer is in `classify` afterwards. */
  function createAttempt(classify: (error: unknown, answer: ExchangeAnswer | null) => Failure | undefined) {
    let last: Exchange | null = null
    return {
      classify: (error: unknown) => classify(error, last?.answer ?? null),
      status: () => last?.answer?.status,
      run: async (signal: AbortSignal, send: () => Promise<unknown>, take?: Take): Promise<ExchangeAnswer> => {
        const exchange: Exchange = { signal, answer: null }
        last = exchange
        try {
          await transport.during(exchange, send, take)
        } finally {
          host.sawDate(answerOf(exchange)?.header('date'))
          quota.saw(answerOf(exchange)?.header('sforce-limit-info') ?? null)
        }
        const answer = answerOf(exchange)
        if (!answer || answer.status >= 300)
          throw new MillraceError('MR-3005', { message: 'Salesforce: jsforce gave no answer.' })
        return answer
      },
    }
  }

  async function signIn(signal: AbortSignal): Promise<void> {
    const ours = new Date()
    const known = host.lastDate()
    try {
      await askToken(known ?? ours, signal)
    } catch (error) {
      const theirs = host.lastDate()
      const isOff = !known && theirs && Math.abs(theirs.getTime() - ours.getTime()) > clockToleranceMs
      if (!isOff || !grantOf(config, ours).tellsTime || !isRefusedSignIn(error)) throw error
      // This machine's clock is wrong, and the answer told the time.
      await askToken(theirs, signal)
    }
    if (config.instance_url !== undefined) connection.instanceUrl = config.instance_url.replace(/\/+$/, '')
    signIns++
  }

  async function askToken(now: Date, signal: AbortSignal): Promise<void> {
    const { parameters, docs } = grantOf(config, now)
    const attempt = createAttempt(classifySignIn)
    await host.call(
      { label: 'POST /services/oauth2/token', docs, signal, readsOnly: true, classify: attempt.classify },
      (attemptSignal) =>
        attempt.run(attemptSignal, async () => await useToken(await oauth2.requestToken({ ...parameters }))),
    )
  }

  /** Not by jsforce's `authorize`, which gives up where the answer has a refresh token that it does not know how to use. */
  async function useToken({ access_token, instance_url, id, refresh_token }: TokenResponse): Promise<void> {
    const [organizationId, userId] = new URL(id).pathname.split('/').slice(-2)
    if (!access_token || !URL.canParse(instance_url) || !organizationId || !userId)
      throw new MillraceError('MR-3005', { message: 'Signing in to Salesforce: the answer is not a token.' })
    host.secret(access_token)
    if (refresh_token) host.secret(refresh_token)
    // The token goes there, unless the connection says otherwise, whose keys were held to the same.
    if (config.instance_url === undefined) await guardKeys({ instance_url })
    connection.accessToken = access_token
    connection.instanceUrl = instance_url
    connection.userInfo = { id: userId, organizationId, url: id }
    if (refresh_token && refresh_token !== config.refresh_token && signInOf(config) === 'refresh')
      host.warn(
        'Salesforce gave a new refresh token, which millrace cannot keep: turn refresh token rotation off for this app, or the next sign-in fails',
      )
  }

  /** One sign-in for all who find their token missing or expired at the same time. `stale`: the sign-in that brought it. */
  async function renewToken(stale: number, signal: AbortSignal): Promise<void> {
    while (signIns === stale) {
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

  async function call<T>(request: ApiCall<T>): Promise<T> {
    const { method, path, body, docs, signal, timeoutMs, repeatable, read, into, recover } = request
    if (!connection.accessToken) await renewToken(signIns, signal)
    const label = `${method} ${path.split('?')[0]}`
    const headers = {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    }
    for (let renewals = 0; ; renewals++) {
      const attempt = createAttempt(classifyFailure)
      const outcome = await host.call(
        { label, docs, signal, timeoutMs, repeatable, readsOnly: method === 'GET', classify: attempt.classify },
        async (attemptSignal) => {
          const readAt = new Date()
          const used = signIns
          const sink = await into?.()
          const send = async () =>
            connection.request({ method, url: path, body: body ?? null, headers: { ...headers } })
          try {
            const answer = await attempt.run(attemptSignal, send, sink?.take)
            return { value: await read(answer.bytes, readAt, answer) }
          } catch (error) {
            await sink?.drop()
            const vendor = vendorErrorOf(error)
            // A 401 may come with a body that has no code: what was asked for was CSV.
            const isExpired = vendor?.code === 'INVALID_SESSION_ID' || attempt.status() === 401
            if (isExpired && renewals === 0) return { expired: used }
            const recovered = vendor && recover?.(vendor)
            if (!recovered) throw error
            return recovered
          }
        },
      )
      if ('value' in outcome) return outcome.value
      await renewToken(outcome.expired, signal)
    }
  }

  return {
    call,
    basePath: `/services/data/v${config.api_version}`,
    checkQuota: () => quota.check(),
    organizationId: async ({ signal }) => {
      if (!connection.userInfo) await renewToken(signIns, signal)
      return connection.userInfo?.organizationId ?? ''
    },
  }
}

/** Imported when a connection is opened: optional, and none of a start's business. */
async function loadSdk() {
  try {
    return await import('jsforce')
  } catch (cause) {
    throw new MillraceError('MR-1302', {
      message: 'Opening a Salesforce connection: the package jsforce is not installed.',
      next: 'npm install jsforce@3.10.26',
      cause,
    })
  }
}

/** Read through a function: the compiler takes it for null, as it was at the beginning. */
const answerOf = (exchange: Exchange): ExchangeAnswer | null => exchange.answer

const isRefusedSignIn = (error: unknown) => error instanceof MillraceError && error.code === 'MR-3001'

const clockToleranceMs = 30_000
