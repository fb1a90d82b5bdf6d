import { createHmac } from 'node:crypto'
import type { Refusal } from 'millrace/sandbox'
import { AdAccount, AdReportRun, FacebookAdsApi, User } from 'facebook-nodejs-business-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import simulator from '../../../connectors/facebook_ads/sandbox.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

let sandbox: RunningSandbox
beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
  // As a user would point the SDK elsewhere: its own transport and all.
  Object.defineProperty(FacebookAdsApi, 'GRAPH', { get: () => sandbox.connection('facebook_ads')['base_url'] })
  // Its own is over.
  Object.defineProperty(FacebookAdsApi, 'VERSION', { get: () => 'v25.0' })
})
afterAll(() => sandbox.close())

const keyOf = (name: string) => String(sandbox.connection('facebook_ads')[name])
const openSdk = (token = keyOf('access_token')) => new FacebookAdsApi(token, 'en_US', false)
const proof = () => createHmac('sha256', keyOf('app_secret')).update(keyOf('access_token')).digest('hex')

type Asked = {
  readonly api: FacebookAdsApi
  readonly account: AdAccount
  readonly run: AdReportRun
  readonly fields: string[]
  readonly more: { [name: string]: unknown }
}
type Endpoint = {
  readonly field: string
  readonly wrong: object
  readonly says: RegExp
  readonly ask: (asked: Asked) => Promise<unknown>
}

const limit = { wrong: { limit: 'many' }, says: /^\(#100\) Param limit must be an integer/ }
const edge = (field: string, ask: Endpoint['ask']): Endpoint => ({ field, ...limit, ask })

const endpoints: { readonly [endpoint: string]: Endpoint } = {
  'GET /me': edge('name', ({ api, fields, more }) => new User('me', {}, undefined, api).get(fields, more)),
  'GET /me/adaccounts': edge('name', ({ api, fields, more }) =>
    new User('me', {}, undefined, api).getAdAccounts(fields, more),
  ),
  'GET /act_:id': edge('name', ({ account, fields, more }) => account.get(fields, more)),
  'GET /act_:id/campaigns': edge('name', ({ account, fields, more }) => account.getCampaigns(fields, more)),
  'GET /act_:id/adsets': edge('name', ({ account, fields, more }) => account.getAdSets(fields, more)),
  'GET /act_:id/ads': edge('name', ({ account, fields, more }) => account.getAds(fields, more)),
  'GET /act_:id/adcreatives': edge('name', ({ account, fields, more }) => account.getAdCreatives(fields, more)),
  'GET /act_:id/customaudiences': edge('name', ({ account, fields, more }) => account.getCustomAudiences(fields, more)),
  'POST /act_:id/insights': {
    field: 'spend',
    wrong: { level: 'everything' },
    says: /^\(#100\) Param level must be one of \{account, campaign, adset, ad\} - got "everything"/,
    ask: ({ account, fields, more }) => account.getInsightsAsync(fields, more),
  },
  'GET /:run': edge('async_status', ({ run, fields, more }) => run.get(fields, more)),
  'GET /:run/insights': edge('', ({ run, more }) => run.getInsights([], more)),
}

const walk = Object.entries(simulator.coverage).flatMap(([endpoint, refusals]) =>
  refusals.map((refusal): [string, Refusal] => [endpoint, refusal]),
)

async function ask(name: string, api: FacebookAdsApi, { fields, more }: { fields: string[]; more: object }) {
  const endpoint = endpoints[name]
  if (!endpoint) throw new Error(name)
  const node = String((await sandbox.show('facebook_ads', 'ad_accounts'))[0]?.['id'])
  const own = { appsecret_proof: proof() }
  // The SDK writes the parameters of a POST into its body, where the vendor takes the proof too.
  return await endpoint.ask({
    api,
    account: new AdAccount(node, {}, undefined, api),
    run: Object.assign(
      new AdReportRun(null, { report_run_id: name.includes('/:run') ? await finishedRun(node) : '' }),
      { _api: api },
    ),
    fields,
    more: { ...own, ...more },
  })
}

async function finishedRun(node: string): Promise<string> {
  const query = `access_token=${keyOf('access_token')}&appsecret_proof=${proof()}`
  const base = `${keyOf('base_url')}/v25.0`
  const started: { report_run_id: string } = JSON.parse(
    await (await fetch(`${base}/${node}/insights?${query}&time_increment=1`, { method: 'POST' })).text(),
  )
  for (let polls = 0; polls < 3; polls++) await (await fetch(`${base}/${started.report_run_id}?${query}`)).text()
  return started.report_run_id
}

describe('every endpoint of the simulator', () => {
  it('is asked here', () => {
    expect(Object.keys(endpoints).sort()).toEqual(Object.keys(simulator.coverage).sort())
  })

  it.each(Object.keys(endpoints))('answers what is right, to the SDK’s own transport: %s', async (name) => {
    const field = endpoints[name]?.field ?? ''
    expect(await ask(name, openSdk(), { fields: field === '' ? [] : [field], more: {} })).toBeDefined()
  })

  it.each(walk)('%s refuses: %s', async (name, refusal) => {
    const endpoint = endpoints[name]
    const sdk = refusal === 'bad_credentials' ? openSdk('EAAsomebodyElse') : openSdk()
    // Rows of a report take no fields: a name that nobody knows stands for one.
    const isRows = name === 'GET /:run/insights'
    const given = {
      unknown_field: isRows ? { fields: [], more: { nonsense: 1 } } : { fields: ['nonsense'], more: {} },
      wrong_type: { fields: [], more: endpoint?.wrong ?? {} },
      missing_parameter: { fields: [], more: {} },
      bad_credentials: { fields: [], more: {} },
      too_many_requests: { fields: [], more: {} },
    }[refusal]
    // The run is made before: its own requests are not the ones that are refused.
    if (refusal === 'too_many_requests')
      await sandbox.setFault('facebook_ads', 'rate_limit', { match: matchOf(name), after: isRun(name) ? 3 : 0 })
    const { response, status, message } = await failureOf(ask(name, sdk, given))
    await sandbox.setFault('facebook_ads', 'rate_limit', null)
    expect(response).toMatchObject({ fbtrace_id: expect.stringMatching(/^A\w+/) })
    switch (refusal) {
      case 'unknown_field':
        expect({ status, code: response['code'] }).toEqual({ status: 400, code: 100 })
        expect(message).toMatch(
          /nonexisting field \(nonsense\) on node type|nonsense is not valid for fields|parameter nonsense/,
        )
        break
      case 'wrong_type':
        expect(message).toMatch(endpoint?.says ?? /never/)
        break
      case 'bad_credentials':
        expect({ status, code: response['code'], type: response['type'] }).toEqual({
          status: 401,
          code: 190,
          type: 'OAuthException',
        })
        break
      default:
        expect(response).toMatchObject({ code: 80_004, error_subcode: 2446079 })
    }
  })

  it.each([
    [4, /Application request limit reached/],
    [17, /User request limit reached/],
    [32, /Page request limit reached/],
    [613, /exceeded the rate limit/],
    [80_000, /too many calls to this ad-account/],
  ])('knows the limit %i', async (code, says) => {
    await sandbox.setFault('facebook_ads', 'rate_limit', { code, match: '/me' })
    const { message, response } = await failureOf(ask('GET /me', openSdk(), { fields: [], more: {} }))
    expect(message).toMatch(says)
    expect(response['code']).toBe(code)
  })

  it('refuses an expired token, one without the proof, and an account that is not the token’s', async () => {
    await sandbox.setFault('facebook_ads', 'expire_tokens', { match: '/campaigns' })
    const expired = await failureOf(ask('GET /act_:id/campaigns', openSdk(), { fields: [], more: {} }))
    expect(expired.response).toMatchObject({ code: 190, error_subcode: 463 })
    const api = openSdk()
    const unsigned = await failureOf(new User('me', {}, undefined, api).get([]))
    expect(unsigned.message).toMatch(/require an appsecret_proof/)
    const stranger = new AdAccount('act_1', {}, undefined, api)
    const missing = await failureOf(stranger.get([], { appsecret_proof: proof() }))
    expect(missing.response).toMatchObject({ code: 100, error_subcode: 33, type: 'GraphMethodException' })
  })
})

const isRun = (name: string) => name === 'GET /:run'
const matchOf = (name: string) => {
  const path = name.split(' ')[1] ?? ''
  const plain = path.replace('/act_:id', '/act_\\d+').replace('/:run', '/\\d{13,}')
  return `^${name.split(' ')[0]} /v25.0${plain}\\?`
}

/** What the SDK throws. */
async function failureOf(work: Promise<unknown>) {
  const error: unknown = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  if (!(error instanceof Error) || !('response' in error) || !('status' in error))
    throw new Error('it was expected to fail')
  const response = error.response as { readonly [name: string]: unknown } // the vendor's error, as the SDK keeps it
  return { message: error.message, status: error.status, response }
}
