/**
 * The vendor's SDK, and what it does not let us set: the address (a static getter, the same for all connections of a
 * process), the version (likewise), the proof of the app's secret, and the transport. Its objects know the paths and how
 * parameters are written; what they would make of an answer is not used.
 */
import { createHmac } from 'node:crypto'
import { MillraceError, type Json, type Exchange } from 'millrace'
import { send } from './transport.ts'

export type Connection = {
  readonly access_token: string
  readonly app_secret?: string
  readonly api_version: string
  readonly base_url: string
}

export type Params = { readonly [name: string]: Json }

export type Edge = keyof typeof edges

/** The requests that there are. Each leaves its answer in the exchange. */
export type Sdk = {
  readonly me: (fields: readonly string[]) => Promise<unknown>
  readonly accounts: (fields: readonly string[], params: Params) => Promise<unknown>
  readonly account: (id: string, fields: readonly string[]) => Promise<unknown>
  readonly edge: (account: string, edge: Edge, fields: readonly string[], params: Params) => Promise<unknown>
  readonly startReport: (account: string, fields: readonly string[], params: Params) => Promise<unknown>
  readonly report: (run: string, fields: readonly string[]) => Promise<unknown>
  readonly reportRows: (run: string, params: Params) => Promise<unknown>
}

/** Imported when a connection is opened: it is optional, and none of a start's business. */
export async function loadSdk(connection: Connection): Promise<(exchange: Exchange) => Sdk> {
  const { FacebookAdsApi, User, AdAccount, AdReportRun } = await importSdk()
  const { access_token, app_secret, api_version } = connection
  const base = `${connection.base_url.replace(/\/+$/, '')}/${api_version}`
  // https://developers.facebook.com/docs/graph-api/guides/secure-requests
  const proof = app_secret && createHmac('sha256', app_secret).update(access_token).digest('hex')
  const signedIn = { access_token, ...(proof && { appsecret_proof: proof }) }

  return (exchange) => {
    // Without crash reports, which the SDK would send to the vendor by itself.
    const api = new FacebookAdsApi(access_token, 'en_US', false)
    api.call = async (method, path, params = {}) => {
      if (typeof path === 'string') throw bug('it followed a link, which holds the access token')
      const isPost = method === 'POST'
      const query = FacebookAdsApi._encodeParams(isPost ? signedIn : { ...params, ...signedIn })
      const url = `${base}/${path.map(encodeURIComponent).join('/')}?${query}`
      await send({ method, url, body: isPost ? JSON.stringify(params) : null }, exchange)
      return { data: [] }
    }
    const accountOf = (id: string) => new AdAccount(id, {}, undefined, api)
    const runOf = (id: string) =>
      // Its constructor takes the id from here alone, and forgets the API that it is given.
      Object.assign(new AdReportRun(null, { report_run_id: id }), { _api: api })
    return {
      me: (fields) => new User('me', {}, undefined, api).get([...fields]),
      accounts: (fields, params) => new User('me', {}, undefined, api).getAdAccounts([...fields], { ...params }),
      account: (id, fields) => accountOf(id).get([...fields]),
      edge: (id, edge, fields, params) => accountOf(id)[edges[edge]]([...fields], { ...params }),
      startReport: (id, fields, params) => accountOf(id).getInsightsAsync([...fields], { ...params }),
      report: (id, fields) => runOf(id).get([...fields]),
      reportRows: (id, params) => runOf(id).getInsights([], { ...params }),
    }
  }
}

async function importSdk() {
  try {
    return await import('facebook-nodejs-business-sdk')
  } catch (cause) {
    throw new MillraceError('MR-1302', {
      message: 'Opening a Facebook Ads connection: the package facebook-nodejs-business-sdk is not installed.',
      next: 'npm install facebook-nodejs-business-sdk@24.0.1',
      cause,
    })
  }
}

/** The SDK's method for each. */
const edges = {
  campaigns: 'getCampaigns',
  adsets: 'getAdSets',
  ads: 'getAds',
  adcreatives: 'getAdCreatives',
  customaudiences: 'getCustomAudiences',
} as const

const bug = (what: string) =>
  new MillraceError('MR-7000', {
    message: `Facebook's SDK: ${what}.`,
    next: 'Report it, with the version of the SDK.',
  })
