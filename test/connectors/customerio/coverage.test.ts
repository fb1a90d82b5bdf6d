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
  'GET /v1/customers/:id/attributes': ({ app }, refusal) =>
    // The SDK's own method takes only its three kinds.
    app.request.get(
      `${app.apiRoot}/customers/P-000001/attributes?id_type=${refusal === 'wrong_type' ? 'shoe_size' : 'id'}`,
    ),
}

const walk = Object.entries(simulator.coverage).flatMap(([endpoint, refusals]) =>
  refusals.map((refusal): [string, Refusal] => [endpoint, refusal]),
)

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
    if (name.includes(' /v1')) return expect(refused).rejects.toMatchObject({ statusCode: 400 })
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
