import type { Exchange, ExchangeAnswer } from 'millrace'
import type { Refusal } from 'millrace/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRefusal, readSignInRefusal } from '../../../connectors/google_ads/classify-failure.ts'
import { openSdk } from '../../../connectors/google_ads/sdk.ts'
import { credentials } from '../../../connectors/google_ads/sandbox/credentials.ts'
import simulator from '../../../connectors/google_ads/sandbox.ts'
import { sendRequest } from '../../../connectors/google_ads/transport.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

let sandbox: RunningSandbox
beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
})
afterAll(() => sandbox.close())

const address = () => `http://127.0.0.1:${sandbox.addresses.google_ads?.port}`
const exchange = (): Exchange => ({ signal: AbortSignal.timeout(5000), answer: null })

type Given = {
  readonly token?: string
  readonly developerToken?: string | undefined
  readonly body?: object
  readonly path?: string
}

/** Through the SDK, as the connector asks. */
async function ask(endpoint: string, given: Given): Promise<ExchangeAnswer> {
  const [method, route = ''] = endpoint.split(' ')
  const sdk = await openSdk({
    developer_token: given.developerToken,
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    refresh_token: credentials.refreshToken,
    base_url: address(),
    api_version: 'v25',
  })
  const on = exchange()
  await sdk(
    {
      method: method === 'GET' ? 'GET' : 'POST',
      path: given.path ?? route.replace('/v25', '').replace(':id', '1110000001'),
      ...(method === 'POST' && { body: { ...given.body } }),
      login: '9000000001',
    },
    given.token ?? (await signIn({})).token,
    on,
  )
  if (!on.answer) throw new Error('no answer')
  return on.answer
}

async function signIn(change: {
  readonly [name: string]: string | null
}): Promise<{ answer: ExchangeAnswer; token: string }> {
  const form = new URLSearchParams({
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    refresh_token: credentials.refreshToken,
    grant_type: 'refresh_token',
  })
  for (const [name, value] of Object.entries(change))
    if (value === null) form.delete(name)
    else form.set(name, value)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await sendRequest({ url: `${address()}/token`, method: 'POST', headers, body: `${form}` }, exchange())
  const body: { readonly access_token?: string } = JSON.parse(Buffer.from(answer.bytes).toString())
  return { answer, token: body.access_token ?? '' }
}

const right: { readonly [endpoint: string]: object | undefined } = {
  'GET /v25/customers:listAccessibleCustomers': undefined,
  'POST /v25/googleAdsFields:search': { query: "SELECT name WHERE name = 'campaign.id'" },
  'POST /v25/customers/:id/googleAds:search': { query: 'SELECT campaign.id FROM campaign' },
}

const walk = Object.entries(simulator.coverage).flatMap(([endpoint, refusals]) =>
  refusals.map((refusal): [string, Refusal] => [endpoint, refusal]),
)

describe('every endpoint of the simulator', () => {
  it('is asked here', () => {
    expect(['POST /token', ...Object.keys(right)].sort()).toEqual(Object.keys(simulator.coverage).sort())
  })

  it.each(Object.keys(right))('answers what is right: %s', async (endpoint) => {
    const answer = await ask(endpoint, { body: right[endpoint] })
    expect(readRefusal(answer, new Date())).toBeNull()
    expect(answer.status).toBe(200)
  })

  it.each(walk)('%s refuses: %s', async (endpoint, refusal) => {
    if (endpoint === 'POST /token') {
      const [change, code] = {
        unknown_field: [{ nonsense: '1' }, 'invalid_request'],
        wrong_type: [{ grant_type: 'password' }, 'unsupported_grant_type'],
        missing_parameter: [{ refresh_token: null }, 'invalid_request'],
        bad_credentials: [{ client_secret: 'GOCSPX-another' }, 'invalid_client'],
        too_many_requests: [{}, ''],
      }[refusal] as [{ [name: string]: string | null }, string]
      const { answer } = await signIn(change)
      expect(readSignInRefusal(answer, new Date())).toMatchObject({
        code,
        kind: refusal === 'bad_credentials' ? 'auth' : 'refused',
      })
      return
    }
    const body = right[endpoint]
    if (refusal === 'too_many_requests') await sandbox.setFault('google_ads', 'rate_limit', {})
    const answer = await ask(endpoint, {
      body:
        refusal === 'unknown_field'
          ? { ...body, nonsense: 1 }
          : refusal === 'wrong_type'
            ? { query: 1 }
            : refusal === 'missing_parameter'
              ? {}
              : body,
      ...(refusal === 'unknown_field' &&
        endpoint.startsWith('GET') && { path: '/customers:listAccessibleCustomers?nonsense=1' }),
      ...(refusal === 'bad_credentials' && { token: 'ya29.another' }),
    })
    expect(readRefusal(answer, new Date())?.failure).toMatchObject(
      {
        unknown_field: { kind: 'refused', status: 400, message: expect.stringContaining('Unknown name "nonsense"') },
        wrong_type: { kind: 'refused', status: 400, message: expect.stringContaining("Invalid value at 'query'") },
        missing_parameter: { kind: 'refused', status: 400, code: 'requestError.REQUIRED_FIELD_MISSING' },
        bad_credentials: { kind: 'auth', status: 401 },
        too_many_requests: { kind: 'rate', status: 429, code: 'quotaError.RESOURCE_TEMPORARILY_EXHAUSTED' },
      }[refusal],
    )
  })

  it.each([
    ['without a developer token, and none is sent', undefined],
    ['with any developer token', 'of another'],
  ])('answers %s', async (_what, developerToken) => {
    const answer = await ask('GET /v25/customers:listAccessibleCustomers', { developerToken })
    expect(answer.status).toBe(200)
    const sent = (await sandbox.journal('google_ads', {})).at(-1)?.headers ?? {}
    expect('developer-token' in sent).toBe(developerToken !== undefined)
  })

  it('refuses an empty developer token', async () => {
    const { token } = await signIn({})
    const headers = { authorization: `Bearer ${token}`, 'developer-token': '' }
    const url = `${address()}/v25/customers:listAccessibleCustomers`
    const answer = await sendRequest({ url, method: 'GET', headers, body: null }, exchange())
    expect(readRefusal(answer, new Date())).toMatchObject({
      failure: { kind: 'auth', code: 'requestError.DEVELOPER_TOKEN_PARAMETER_MISSING' },
      isTokenRefused: false,
    })
  })
})
