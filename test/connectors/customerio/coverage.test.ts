import { APIClient, RegionEU, TrackClient } from 'customerio-node'
import type { Refusal } from 'millrace/sandbox'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sandboxCredentials } from '../../../connectors/customerio/sandbox/credentials.ts'
import simulator from '../../../connectors/customerio/sandbox.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

let sandbox: RunningSandbox
beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
})
afterAll(() => sandbox.close())

/** The SDK as a user would have it, retries off. */
function openSdk(hasWrongKeys: boolean) {
  const { site_id, api_key, base_url } = sandbox.connection('customerio')
  const retry = { maxRetries: 0 }
  const app = new APIClient(hasWrongKeys ? 'wrong' : sandboxCredentials.appKey, {
    region: RegionEU,
    url: `${base_url}/v1`,
    retry,
  })
  return {
    track: new TrackClient(String(site_id), hasWrongKeys ? 'wrong' : String(api_key), {
      url: `${base_url}/api/v1`,
      retry,
    }),
    app,
  }
}

const item = { type: 'person', action: 'identify', identifiers: { id: 'A-1' }, attributes: { plan: 'x' } }
const items: { readonly [refusal in Refusal]?: { readonly [key: string]: unknown } } = {
  unknown_field: { ...item, nonsense: 1 },
  wrong_type: { ...item, attributes: 'many' },
  missing_parameter: { type: 'person', action: 'identify', attributes: {} },
}
const fields = { unknown_field: 'nonsense', wrong_type: 'attributes', missing_parameter: 'identifiers' } as const

class PartlyRefused extends Error {
  readonly answer: unknown
  constructor(answer: unknown) {
    super('207')
    this.answer = answer
  }
}

type Sdk = ReturnType<typeof openSdk>

/** A list of the App API: with a parameter that it does not have, or one or an id of another type. */
const list =
  (path: string, id: string | null = null) =>
  ({ app }: Sdk, refusal?: Refusal) => {
    const isTyped = refusal === 'wrong_type'
    const own = id === null ? path : path.replace(':id', isTyped ? 'x' : id)
    const query = refusal === 'unknown_field' ? '?nonsense=1' : isTyped && id === null ? '?limit=many' : ''
    return app.request.get(`${app.apiRoot}/${own}${query}`)
  }

/** A POST whose one field must be there. */
const search =
  (path: string, field: string) =>
  ({ app }: Sdk, refusal?: Refusal) => {
    const filter = { attribute: { field: 'email', operator: 'exists' } }
    const bodies: { readonly [refusal in Refusal]?: { readonly [key: string]: unknown } } = {
      unknown_field: { [field]: filter, nonsense: 1 },
      wrong_type: { [field]: 'everybody' },
      missing_parameter: { nothing: undefined },
    }
    return app.request.post(`${app.apiRoot}/${path}`, (refusal && bodies[refusal]) ?? { [field]: filter })
  }

const endpoints: { readonly [endpoint: string]: (sdk: Sdk, refusal?: Refusal) => Promise<unknown> } = {
  'GET /api/v1/accounts/region': ({ track }) => track.getAccountRegion(),
  'POST /api/v2/entity': ({ track }, refusal) => track.entity((refusal && items[refusal]) ?? item),
  'POST /api/v2/batch': async ({ track }, refusal) => {
    const answer = await track.batch([item, (refusal && items[refusal]) ?? item])
    // A 207 resolves in the SDK.
    if ('errors' in answer) throw new PartlyRefused(answer)
    return answer
  },
  'GET /v1/customers': ({ app }, refusal) =>
    // The SDK refuses a missing email itself.
    app.request.get(
      `${app.apiRoot}/customers${refusal === 'missing_parameter' ? '' : `?email=${refusal ? 'x' : 'a%40x.example'}`}`,
    ),
  'POST /v1/customers/attributes': ({ app }, refusal) => {
    if (refusal === undefined) return app.getCustomersAttributes(['P-000001'])
    const bodies: { readonly [refusal in Refusal]?: { readonly [key: string]: unknown } } = {
      unknown_field: { ids: ['P-000001'], nonsense: 1 },
      wrong_type: { ids: 'P-000001' },
      missing_parameter: {},
    }
    return app.request.post(`${app.apiRoot}/customers/attributes`, bodies[refusal] ?? {})
  },
  'GET /v1/object_types': ({ app }) => app.listObjectTypes(),
  'GET /v1/objects/:type/:id/attributes': ({ app }, refusal) =>
    app.request.get(`${app.apiRoot}/objects/${refusal === 'wrong_type' ? 'x' : '1'}/C-000001/attributes`),
  'POST /v1/customers': search('customers', 'filter'),
  'POST /v1/exports/customers': search('exports/customers', 'filters'),
  // Of the test before; pending at the first question.
  'GET /v1/exports/:id': list('exports/:id', '1'),
  'GET /v1/exports/:id/download': list('exports/:id/download', '1'),
  'GET /v1/segments': list('segments'),
  'GET /v1/segments/:id/membership': list('segments/:id/membership', '1'),
  'GET /v1/segments/:id/customer_count': list('segments/:id/customer_count', '1'),
  'GET /v1/campaigns': list('campaigns'),
  'GET /v1/campaigns/:id/actions': list('campaigns/:id/actions', '1'),
  'GET /v1/broadcasts': list('broadcasts'),
  'GET /v1/broadcasts/:id/actions': list('broadcasts/:id/actions', '7'),
  'GET /v1/newsletters': list('newsletters'),
  'GET /v1/newsletters/:id/contents': list('newsletters/:id/contents', '1'),
  'GET /v1/messages': list('messages'),
  'GET /v1/activities': list('activities'),
  'GET /v1/sender_identities': list('sender_identities'),
  'GET /v1/snippets': list('snippets'),
  'GET /v1/collections': list('collections'),
  'GET /v1/transactional': list('transactional'),
  'GET /v1/subscription_topics': list('subscription_topics'),
  'GET /v1/customers/:id/attributes': ({ app }, refusal) =>
    // The SDK's own method takes only its three kinds.
    app.request.get(
      `${app.apiRoot}/customers/P-000001/attributes?id_type=${refusal === 'wrong_type' ? 'shoe_size' : 'id'}`,
    ),
}

const walk = Object.entries(simulator.coverage).flatMap(([endpoint, refusals]) =>
  refusals.map((refusal): [string, Refusal] => [endpoint, refusal]),
)

/** Another's, and nobody's, and what this workspace never made. */
const others: readonly (readonly [string, number, (sdk: Sdk) => Promise<unknown>])[] = [
  ['an export that is not there', 404, list('exports/99')],
  ['a link to what is not done', 404, list('exports/99/download')],
  ['a segment that is not there', 404, list('segments/99/membership')],
  ['actions of no campaign', 404, list('campaigns/99/actions')],
  ['contents of no newsletter', 404, list('newsletters/99/contents')],
  ['a page token that was made up', 400, list('messages?start=bm90aGluZw.abc')],
  ['a page longer than it may be', 400, list('messages?limit=1001')],
  ['a page of activities longer than it may be', 400, list('activities?limit=101')],
  ['a page of members longer than it may be', 400, list('segments/1/membership?limit=30001')],
  ['a kind of message that there is not', 400, list('messages?type=fax')],
  ['somebody who is not there', 404, list('activities?customer_id=nobody')],
]

describe('the App API of the simulator', () => {
  beforeEach(() => sleep(110))

  it.each(others)('refuses %s: %i', async (_what, statusCode, ask) => {
    await expect(ask(openSdk(false))).rejects.toMatchObject({ statusCode })
  })

  it('takes a page token for the list that it was made for, and for no other', async () => {
    const { app } = openSdk(false)
    const { next } = await app.getMessages({ limit: 5 })
    await sleep(110)
    expect(await app.getMessages({ limit: 5, start: next })).toMatchObject({ messages: { length: 5 } })
    await sleep(110)
    await expect(app.getMessages({ limit: 5, start: next, campaign_id: 1 })).rejects.toMatchObject({ statusCode: 400 })
    await sleep(110)
    await expect(app.listActivities({ start: next })).rejects.toMatchObject({ statusCode: 400 })
  })

  it('shows the deliveries of six months before the end that is asked for, or before now, whatever the start', async () => {
    const { app } = openSdk(false)
    const now = Math.floor((await sandbox.now()).getTime() / 1000)
    const daysAgo = (days: number) => now - days * 86_400
    const ages = async (options: { readonly start_ts?: number; readonly end_ts?: number }) => {
      const { messages } = await app.getMessages({ limit: 1000, ...options })
      await sleep(110)
      return new Set<number>(messages.map(({ created }: { created: number }) => Math.floor((now - created) / 86_400)))
    }
    for (const options of [{}, { start_ts: daysAgo(1000) }]) expect(Math.max(...(await ages(options)))).toBeLessThan(45)
    const [of200, of400] = [{ end_ts: daysAgo(199) }, { start_ts: daysAgo(1000), end_ts: daysAgo(399) }]
    expect(await ages(of200)).toEqual(new Set([200]))
    expect(await ages(of400)).toEqual(new Set([400]))
  })

  it('shows what was answered in a survey where it is asked for, and only there', async () => {
    const { app } = openSdk(false)
    const end_ts = Math.floor((await sandbox.now()).getTime() / 1000) - 190 * 86_400
    const isAnswered = (message: object) => 'tracked_responses' in message
    const { messages } = await app.getMessages({ end_ts, get_tracked_responses: true })
    await sleep(110)
    expect(messages.filter(isAnswered)).not.toEqual([])
    expect((await app.getMessages({ end_ts })).messages).toHaveLength(messages.length)
    await sleep(110)
    expect((await app.getMessages({ end_ts })).messages.filter(isAnswered)).toEqual([])
  })

  it('refuses a key without the scope, and the keys of the Track API', async () => {
    await sandbox.setFault('customerio', 'missing_scope', {})
    await expect(openSdk(false).app.listSegments()).rejects.toMatchObject({ statusCode: 403 })
    const { site_id, api_key, base_url } = sandbox.connection('customerio')
    for (const authorization of [`Basic ${btoa(`${site_id}:${api_key}`)}`, `Bearer ${api_key}`]) {
      await sleep(110)
      expect((await fetch(`${base_url}/v1/segments`, { headers: { authorization } })).status).toBe(401)
    }
  })

  it('takes ten requests a second, and says when the next may come', async () => {
    await sleep(1000)
    const asked = Array.from({ length: 25 }, () =>
      openSdk(false)
        .app.listObjectTypes()
        .then(
          () => null,
          (error: unknown) => error,
        ),
    )
    const refused = (await Promise.all(asked)).filter((error) => error !== null)
    expect(refused.length).toBeGreaterThan(4)
    expect(refused[0]).toMatchObject({ statusCode: 429, response: { headers: { 'retry-after': '1' } } })
    await sleep(1000)
  })
})

describe('every endpoint of the simulator', () => {
  // The App API takes ten requests a second.
  beforeEach(() => sleep(110))

  it('is asked here', () => {
    expect(Object.keys(endpoints).sort()).toEqual(Object.keys(simulator.coverage).sort())
  })

  it.each(Object.keys(endpoints))('answers what is right: %s', async (name) => {
    expect(await endpoints[name]?.(openSdk(false))).toBeTypeOf('object')
  })

  it.each(walk)('%s refuses: %s', async (name, refusal) => {
    if (refusal === 'too_many_requests') await sandbox.setFault('customerio', 'rate_limit', {})
    const refused = endpoints[name]?.(openSdk(refusal === 'bad_credentials'), refusal)
    if (refusal === 'bad_credentials') return expect(refused).rejects.toMatchObject({ statusCode: 401 })
    if (refusal === 'too_many_requests') return expect(refused).rejects.toMatchObject({ statusCode: 429 })
    if (name.startsWith('POST /v1') && refusal === 'missing_parameter' && !name.endsWith('attributes'))
      return expect(refused).rejects.toMatchObject({
        statusCode: 422,
        body: expect.stringMatching(/"source":\{"pointer":"\/data\/attributes\/filters?"\}/),
      })
    if (name.includes(' /v1'))
      return expect(refused).rejects.toMatchObject({
        statusCode: 400,
        body: expect.stringMatching(/^\{"errors":\[\{"detail":".+","status":"400"\}\]\}$/),
      })
    const error = {
      reason: refusal === 'missing_parameter' ? 'required' : 'invalid',
      field: fields[refusal],
      message: expect.any(String),
    }
    if (name.endsWith('batch'))
      return expect(refused).rejects.toMatchObject({ answer: { errors: [{ batch_index: 1, ...error }] } })
    await expect(refused).rejects.toMatchObject({
      statusCode: 400,
      body: JSON.stringify({ errors: [{ ...error, message: messageOf(refusal) }] }),
    })
  })
})

const messageOf = (refusal: Refusal) =>
  refusal === 'unknown_field'
    ? 'unknown field nonsense'
    : refusal === 'wrong_type'
      ? 'attributes must be an object'
      : 'identifiers is required'
