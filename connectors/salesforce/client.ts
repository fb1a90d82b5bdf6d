/** Salesforce's REST API through jsforce: sign-in, one token refresh for all, every call through the host. */
import { cutPage, MillraceError, type Host, type Json } from 'millrace'
import { classifyFailure, isSessionExpired } from './classify-failure.ts'

export type SalesforceConfig = {
  readonly login_url: string
  readonly client_id: string
  readonly client_secret: string
  readonly api_version: string
}

export type ApiCall = {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/services/data/vXX.0`, or a whole path as `nextRecordsUrl` gives it. */
  readonly path: string
  readonly body?: string
  readonly headers?: { readonly [name: string]: string }
  readonly docs: string
  readonly signal: AbortSignal
}

export type QueryPage = {
  readonly lines: Uint8Array
  readonly rows: number
  readonly lastLine: Uint8Array | null
  /** Where the rest of this query is; null: this was all. */
  readonly next: string | null
  readonly totalSize: number
  /** Our clock just before the request was sent. */
  readonly readAt: Date
}

export type SalesforceApi = {
  readonly json: (call: ApiCall) => Promise<Json>
  /** A page of a query: digits as they were sent. */
  readonly page: (call: ApiCall) => Promise<QueryPage>
  readonly query: (soql: string, signal: AbortSignal) => Promise<readonly { readonly [field: string]: Json }[]>
  /** Does the next query fit into a URL? */
  readonly queryPath: (soql: string, resource: 'query' | 'queryAll') => string
}

export async function openClient(config: SalesforceConfig, host: Host): Promise<SalesforceApi> {
  const { default: jsforce } = await import('jsforce')
  const { Transport } = await import('jsforce/lib/transport.js')
  const seen = (headers: { readonly [name: string]: string }) => {
    host.sawDate(headers['date'])
    warnOfQuota(headers['sforce-limit-info'], host)
  }
  // jsforce would try again by itself, and not heed Retry-After: the host is the only one that does.
  class OnceTransport extends Transport {
    override httpRequest(...[request, options]: Parameters<InstanceType<typeof Transport>['httpRequest']>) {
      const answer = super.httpRequest(request, { ...options, retry: { maxRetries: 0 }, timeout: requestTimeoutMs })
      void answer.then(
        (response) => seen(response.headers),
        () => undefined,
      )
      return answer
    }
  }
  const transport = new OnceTransport()
  const oauth2 = new jsforce.OAuth2({
    loginUrl: config.login_url,
    clientId: config.client_id,
    clientSecret: config.client_secret,
  })
  Object.assign(oauth2, { _transport: transport })

  type Session = { readonly connection: InstanceType<typeof jsforce.Connection> }
  let session: Promise<Session> | undefined

  // https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm
  const signIn = (signal: AbortSignal): Promise<Session> =>
    host.call(
      {
        label: 'POST /services/oauth2/token',
        docs: tokenDocs,
        signal,
        classify: classifyFailure,
        timeoutMs: requestTimeoutMs,
      },
      async (attempt) => {
        const token = await abortable(oauth2.requestToken({ grant_type: 'client_credentials' }), attempt)
        if (!token.access_token || !token.instance_url)
          throw new MillraceError('MR-3005', {
            message: 'Signing in at Salesforce: the answer has no access_token or no instance_url.',
          })
        return {
          connection: new jsforce.Connection({
            instanceUrl: token.instance_url,
            accessToken: token.access_token,
            version: config.api_version,
          }),
        }
      },
    )
  const current = (signal: AbortSignal): Promise<Session> => {
    session ??= signIn(signal).catch((error: unknown) => {
      session = undefined
      throw error
    })
    return session
  }

  const text = (call: ApiCall): Promise<string> =>
    host.call(
      {
        label: `${call.method ?? 'GET'} ${call.path.split('?')[0] ?? ''}`,
        docs: call.docs,
        signal: call.signal,
        classify: classifyFailure,
        timeoutMs: requestTimeoutMs,
      },
      async (attempt) => {
        const using = await current(call.signal)
        try {
          return await abortable(send(using, call), attempt)
        } catch (error) {
          if (!isSessionExpired(error)) throw error
          // Whoever notices first forgets the token; the others find the new one.
          if ((await session?.catch(() => undefined)) === using) session = undefined
          return abortable(send(await current(call.signal), call), attempt)
        }
      },
    )

  const send = ({ connection }: Session, { method = 'GET', path, body, headers }: ApiCall): Promise<string> =>
    connection.request<string>(
      {
        method,
        url: path.startsWith('/services/') ? path : `/services/data/v${config.api_version}${path}`,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body }),
      },
      { responseType: 'text/plain', transport },
    )

  const page = async (call: ApiCall): Promise<QueryPage> => {
    const readAt = new Date()
    const cut = cutPage(Buffer.from(await text({ ...call, headers: { 'Sforce-Query-Options': 'batchSize=2000' } })), {
      records: 'records',
    })
    const { done, nextRecordsUrl, totalSize } = Object(cut.envelope) as { readonly [name: string]: unknown } // an answer: looked at below
    if (done !== true && typeof nextRecordsUrl !== 'string')
      throw new MillraceError('MR-3005', {
        message: `${call.path.split('?')[0] ?? ''} at Salesforce: the answer says neither done nor where the rest is.`,
      })
    return {
      lines: cut.lines,
      rows: cut.rows,
      lastLine: cut.lastLine,
      next: done === true ? null : String(nextRecordsUrl),
      totalSize: Number(totalSize),
      readAt,
    }
  }

  return {
    json: async (call) => JSON.parse(await text(call)),
    page,
    queryPath,
    async query(soql, signal) {
      const rows: { readonly [field: string]: Json }[] = []
      for (let path: string | null = queryPath(soql, 'query'); path !== null;) {
        const read: QueryPage = await page({ path, docs: queryDocs, signal })
        for (const line of Buffer.from(read.lines).toString().split('\n')) if (line) rows.push(JSON.parse(line))
        path = read.next
      }
      return rows
    },
  }
}

export function queryPath(soql: string, resource: 'query' | 'queryAll'): string {
  const path = `/${resource}?q=${encodeURIComponent(soql)}`
  if (path.length > maxUriBytes)
    throw new MillraceError('MR-3004', {
      message: `A query of ${path.length} bytes is longer than a Salesforce URI may be (16,384): ${soql.slice(0, 80)}…`,
      kept: 'Nothing was read.',
      next: 'Leave fields out with  exclude: […]  or name those that you need with  include: […].',
    })
  return path
}

/** jsforce cannot be told to stop: the answer is no longer waited for, and its socket ends with its own timeout. */
function abortable<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}

/** `api-usage=18/5000`: said when four fifths of a day's calls are used. */
function warnOfQuota(info: string | undefined, host: Host): void {
  const usage = /api-usage=(\d+)\/(\d+)/.exec(info ?? '')
  if (!usage) return
  const [used, limit] = [Number(usage[1]), Number(usage[2])]
  // Once per percent, not once per call.
  if (used >= limit * 0.8 && used % Math.max(1, Math.floor(limit / 100)) === 0)
    host.warn(`Salesforce: ${used} of ${limit} API calls of the last 24 hours are used.`)
}

export const queryDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm'
const tokenDocs = 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm'
const requestTimeoutMs = 120_000
const maxUriBytes = 16_384 - 200
