import { Client } from '@hubspot/api-client'
import { FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import type { Refusal } from 'millrace/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import simulator from '../../../connectors/hubspot/sandbox.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

let sandbox: RunningSandbox
beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.02 })
})
afterAll(() => sandbox.close())

/** The SDK as a user would have it, retries off. */
function openSdk(refusal?: Refusal): Client {
  const { access_token, base_url } = sandbox.connection('hubspot')
  const accessToken = refusal === 'bad_credentials' ? 'wrong' : String(access_token)
  return new Client({ accessToken, basePath: String(base_url), numberOfApiCallRetries: 0 })
}

type Bodies = { readonly right: object } & { readonly [refusal in Refusal]?: object }

const row = { idProperty: 'person_id', id: 'COV-1', objectWriteTraceId: '0', properties: { firstname: 'Ada' } }
const upserts: Bodies = {
  right: { inputs: [row] },
  unknown_field: { inputs: [{ ...row, nonsense: 1 }] },
  wrong_type: { inputs: [{ ...row, properties: { firstname: { first: 'Ada' } } }] },
  missing_parameter: { inputs: [{ id: 'COV-1', properties: {} }] },
}
const updates: Bodies = {
  right: { inputs: [{ id: '50001', properties: { firstname: 'Ada' } }] },
  unknown_field: { inputs: [{ id: '50001', properties: {}, nonsense: 1 }] },
  wrong_type: { inputs: [{ id: 50001, properties: {} }] },
  missing_parameter: { inputs: [{ properties: {} }] },
}
const creates: Bodies = {
  right: { inputs: [{ properties: { firstname: 'New' }, associations: [] }] },
  unknown_field: { inputs: [{ properties: {}, nonsense: 1 }] },
  wrong_type: { inputs: 'many' },
  missing_parameter: {},
}
const reads: Bodies = {
  right: { inputs: [{ id: '50001' }], properties: ['email'], propertiesWithHistory: [] },
  unknown_field: { inputs: [{ id: '50001', nonsense: 1 }], properties: [], propertiesWithHistory: [] },
  wrong_type: { inputs: [{ id: '50001' }], properties: 'email', propertiesWithHistory: [] },
  missing_parameter: { properties: [], propertiesWithHistory: [] },
}
const merges: Bodies = {
  right: { primaryObjectId: '50003', objectIdToMerge: '50004' },
  unknown_field: { primaryObjectId: '50003', objectIdToMerge: '50004', nonsense: 1 },
  wrong_type: { primaryObjectId: 50003, objectIdToMerge: '50004' },
  missing_parameter: { primaryObjectId: '50003' },
}
const filter = { propertyName: 'domain', operator: FilterOperatorEnum.In, values: ['x.example'] }
const searches: Bodies = {
  right: { filterGroups: [{ filters: [filter] }], limit: 10 },
  unknown_field: { filterGroups: [{ filters: [{ ...filter, propertyName: 'nonsense' }] }] },
  wrong_type: { filterGroups: [{ filters: [filter] }], limit: 'ten' },
  missing_parameter: { limit: 10 },
}
const pairs: Bodies = {
  right: { inputs: [{ from: { id: '50001' }, to: { id: '50001' } }] },
  unknown_field: { inputs: [{ from: { id: '50001' }, to: { id: '50001' }, nonsense: 1 }] },
  wrong_type: { inputs: [{ from: '50001', to: { id: '50001' } }] },
  missing_parameter: { inputs: [{ from: { id: '50001' } }] },
}
const status = {
  channel: 'EMAIL',
  statusState: 'UNSUBSCRIBED',
  subscriberIdString: 'cov@x.example',
  subscriptionId: 301,
}
const statuses: Bodies = {
  right: { inputs: [status] },
  unknown_field: { inputs: [{ ...status, nonsense: 1 }] },
  wrong_type: { inputs: [{ ...status, subscriptionId: 'news' }] },
  missing_parameter: { inputs: [{ ...status, statusState: undefined }] },
}
const { subscriberIdString: _person, ...own } = status
const statusesOfOne: Bodies = {
  right: own,
  unknown_field: { ...own, nonsense: 1 },
  wrong_type: { ...own, subscriptionId: 'news' },
  missing_parameter: { ...own, statusState: undefined },
}

// The SDK's classes write only what they know: what is wrong on purpose goes through its own `apiRequest`.
const post = (path: string, bodies: Bodies) => (sdk: Client, refusal?: Refusal) =>
  sdk.apiRequest({ method: 'POST', path, body: (refusal && bodies[refusal]) ?? bodies.right })

const endpoints: { readonly [endpoint: string]: (sdk: Client, refusal?: Refusal) => Promise<Response> } = {
  'GET /account-info/v3/details': (sdk) => sdk.apiRequest({ path: '/account-info/v3/details' }),
  'GET /crm/v3/properties/:type': (sdk, refusal) =>
    sdk.apiRequest({ path: `/crm/v3/properties/${refusal === 'wrong_type' ? 'nonsense' : 'contacts'}` }),
  'GET /crm-object-schemas/v3/schemas': (sdk) => sdk.apiRequest({ path: '/crm-object-schemas/v3/schemas' }),
  'POST /crm/v3/objects/:type/batch/upsert': post('/crm/v3/objects/contacts/batch/upsert', upserts),
  'POST /crm/v3/objects/:type/batch/update': post('/crm/v3/objects/contacts/batch/update', updates),
  'POST /crm/v3/objects/:type/batch/create': post('/crm/v3/objects/contacts/batch/create', creates),
  'POST /crm/v3/objects/:type/batch/read': post('/crm/v3/objects/contacts/batch/read', reads),
  'POST /crm/v3/objects/:type/merge': post('/crm/v3/objects/deals/merge', merges),
  'POST /crm/v3/objects/:type/search': post('/crm/v3/objects/companies/search', searches),
  'POST /crm/v4/associations/:from/:to/batch/associate/default': post(
    '/crm/v4/associations/contacts/companies/batch/associate/default',
    pairs,
  ),
  'POST /communication-preferences/v4/statuses/batch/write': post(
    '/communication-preferences/v4/statuses/batch/write',
    statuses,
  ),
  'POST /communication-preferences/v4/statuses/:email': post(
    '/communication-preferences/v4/statuses/cov%40x.example',
    statusesOfOne,
  ),
}

const walk = Object.entries(simulator.coverage).flatMap(([endpoint, refusals]) =>
  refusals.map((refusal): [string, Refusal] => [endpoint, refusal]),
)
const expected = {
  bad_credentials: [401, { category: 'INVALID_AUTHENTICATION' }],
  too_many_requests: [429, { policyName: 'TEN_SECONDLY_ROLLING' }],
  unknown_field: [400, { category: 'VALIDATION_ERROR', message: expect.stringContaining('nonsense') }],
  wrong_type: [400, { category: 'VALIDATION_ERROR', message: expect.any(String) }],
  missing_parameter: [400, { message: expect.stringContaining('Some required fields were not set') }],
} as const

describe('every endpoint of the simulator', () => {
  it('is asked here', () => {
    expect(Object.keys(endpoints).sort()).toEqual(Object.keys(simulator.coverage).sort())
  })

  it.each(Object.keys(endpoints))('answers what is right: %s', async (endpoint) => {
    const answer = await endpoints[endpoint]?.(openSdk())
    expect(answer?.ok).toBe(true)
    expect(answer?.headers.get('x-hubspot-correlation-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each(walk)('%s refuses: %s', async (endpoint, refusal) => {
    if (refusal === 'too_many_requests') await sandbox.setFault('hubspot', 'rate_limit', {})
    const answer = await endpoints[endpoint]?.(openSdk(refusal), refusal)
    const [code, body] = expected[refusal]
    expect(answer?.status).toBe(code)
    expect(await answer?.json()).toMatchObject({ status: 'error', correlationId: expect.any(String), ...body })
  })
})

describe('the SDK’s own classes', () => {
  it('write and read records, and tell a refused row from the others by its trace id', async () => {
    const { objects } = openSdk().crm
    const inputs = [row, { ...row, id: 'COV-2', objectWriteTraceId: '1', properties: { email: 'nobody' } }]
    const answer = await objects.batchApi.upsert('contacts', { inputs })
    expect(answer).toMatchObject({
      results: [{ objectWriteTraceId: '0', properties: { firstname: 'Ada', person_id: 'COV-1' } }],
      numErrors: 1,
      errors: [{ context: { objectWriteTraceId: ['1'] }, errors: [{ code: 'INVALID_EMAIL' }] }],
    })
    const read = await objects.batchApi.read('contacts', {
      idProperty: 'person_id',
      inputs: [{ id: 'COV-1' }, { id: 'COV-3' }],
      properties: ['firstname'],
      propertiesWithHistory: [],
    })
    expect(read).toMatchObject({
      results: [{ properties: { firstname: 'Ada' } }],
      errors: [{ category: 'OBJECT_NOT_FOUND', context: { ids: ['COV-3'] } }],
    })
  })

  it('describe properties, custom objects and associations', async () => {
    const { crm } = openSdk()
    const { results } = await crm.properties.coreApi.getAll('2-7001')
    expect(results.find(({ name }) => name === 'serial_number')).toMatchObject({ hasUniqueValue: true })
    expect((await crm.schemas.coreApi.getAll()).results.map(({ fullyQualifiedName }) => fullyQualifiedName)).toEqual([
      'p14520000_machine',
    ])
    const inputs = [{ _from: { id: '50001' }, to: { id: '50002' } }]
    expect(await crm.associations.v4.batchApi.createDefault('contacts', 'companies', { inputs })).toMatchObject({
      results: [{ _from: { id: '50001' }, to: { id: '50002' } }],
    })
  })

  it.each([
    ['an unknown property', { shoe_size: '43' }, 'PROPERTY_DOESNT_EXIST', 'Property "shoe_size" does not exist'],
    ['an invalid option', { account_status: 'rich' }, 'INVALID_OPTION', 'not one of the allowed options'],
    ['a read-only property', { hs_email_optout: 'true' }, 'READ_ONLY_VALUE', 'is a read only property'],
    ['a text as a number', { score: 'many' }, 'INVALID_INTEGER', 'was not a valid number'],
    ['a day that is none', { trial_ends_on: '2026-02-31T' }, 'INVALID_DATE', 'was not a valid date'],
    ['a boolean in other words', { is_customer: 'yes' }, 'INVALID_OPTION', 'not one of the allowed options'],
    [
      'a value that another record has',
      { person_id: 'P-000002' },
      'CONFLICTING_UNIQUE_VALUE',
      'already has that value',
    ],
  ])('hear of %s', async (_what, properties, code, message) => {
    const inputs = [{ id: '50001', properties, objectWriteTraceId: '0' }]
    expect(await openSdk().crm.objects.batchApi.update('contacts', { inputs })).toMatchObject({
      results: [],
      errors: [{ errors: [{ code, message: expect.stringContaining(message) }] }],
    })
  })

  it.each([
    [
      'more than a hundred rows',
      Array.from({ length: 101 }, (_, at) => ({ ...row, id: `X-${at}`, objectWriteTraceId: `${at}` })),
    ],
    ['one record twice', [row, { ...row, id: 'cov-1', objectWriteTraceId: '1' }]],
    ['a property that is not unique', [{ ...row, idProperty: 'firstname' }]],
    [
      'a bad row among rows that cannot be told apart',
      [{ ...row, objectWriteTraceId: undefined, properties: { email: 'x' } }],
    ],
  ])('have %s refused whole', async (_what, inputs) => {
    await expect(openSdk().crm.objects.batchApi.upsert('contacts', { inputs: [...inputs] })).rejects.toMatchObject({
      code: 400,
      body: { category: 'VALIDATION_ERROR' },
    })
  })

  it('cannot update by email, as HubSpot does not let them', async () => {
    const inputs = [{ id: 'a@x.example', idProperty: 'email', properties: {} }]
    await expect(openSdk().crm.objects.batchApi.update('contacts', { inputs })).rejects.toMatchObject({
      body: { message: expect.stringContaining('non-unique 0-1 property email') },
    })
  })
})
