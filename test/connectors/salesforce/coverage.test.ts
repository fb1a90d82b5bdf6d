import { Connection, OAuth2 } from 'jsforce'
import type { Refusal } from 'millrace/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import simulator from '../../../connectors/salesforce/sandbox.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'

let sandbox: RunningSandbox
beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.2 })
})
afterAll(() => sandbox.close())

/** The SDK as a user would have it. */
async function openSdk(): Promise<Connection> {
  const { login_url, client_id, client_secret } = sandbox.connection('salesforce')
  const oauth2 = new OAuth2({
    loginUrl: String(login_url),
    clientId: String(client_id),
    clientSecret: String(client_secret),
  })
  const connection = new Connection({ oauth2, version: '66.0' })
  await connection.authorize({ grant_type: 'client_credentials' })
  connection._refreshDelegate = undefined
  return connection
}

/** A job in this state, through the SDK's own request. */
async function jobIn(connection: Connection, state: 'Open' | 'Uploaded' | 'JobComplete'): Promise<string> {
  const { id } = await connection.request<{ id: string }>({
    method: 'POST',
    url: '/jobs/ingest',
    body: JSON.stringify(newJob),
    headers: { 'content-type': 'application/json' },
  })
  const url = `/jobs/ingest/${id}`
  if (state !== 'Open') await upload(url)(connection)
  if (state === 'JobComplete') {
    await send('PATCH', url, { state: 'UploadComplete' })(connection)
    while ((await connection.request<{ state: string }>(url)).state !== 'JobComplete') continue
  }
  return url
}
const newJob = { operation: 'upsert', object: 'Account', externalIdFieldName: 'External_Id__c', contentType: 'CSV' }
const upload =
  (url: string, type = 'text/csv'): Ask =>
  async (connection) => {
    await connection.request({
      method: 'PUT',
      url: `${url}/batches`,
      body: 'External_Id__c,Name\nbulk,Bulk\n',
      headers: { 'content-type': type },
    })
    return 'uploaded'
  }
/** A query job in this state. */
async function queryJobIn(connection: Connection, state: 'UploadComplete' | 'JobComplete'): Promise<string> {
  const { id } = await connection.request<{ id: string }>({
    method: 'POST',
    url: '/jobs/query',
    body: JSON.stringify(newQuery),
    headers: { 'content-type': 'application/json' },
  })
  const url = `/jobs/query/${id}`
  if (state === 'JobComplete')
    while ((await connection.request<{ state: string }>(url)).state !== 'JobComplete') continue
  return url
}
const newQuery = { operation: 'queryAll', query: 'SELECT Id, Name FROM Account ORDER BY Id', contentType: 'CSV' }
const noQuery = '/jobs/query/7505g0000000000AAA'
const noJob = '/jobs/ingest/7505g0000000000AAA'

type Ask = (connection: Connection) => Promise<unknown>
type Expected = { readonly ask: Ask; readonly code: string; readonly message: RegExp }

const get =
  (url: string): Ask =>
  (connection) =>
    connection.request(url)
const soql = (kind: string, text: string) => get(`/${kind}?q=${encodeURIComponent(text)}`)
const send =
  (method: 'POST' | 'PATCH', url: string, body: unknown): Ask =>
  (connection) =>
    connection.request({ method, url, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
const records = (...fields: readonly object[]) => ({
  allOrNone: false,
  records: fields.map((each) => ({ attributes: { type: 'Account' }, ...each })),
})
const signIn =
  (keys: { readonly [name: string]: string }): Ask =>
  async () => {
    const { login_url } = sandbox.connection('salesforce')
    const { grant_type = 'client_credentials', id = '', secret = '' } = keys
    return await new Connection({
      oauth2: { loginUrl: String(login_url), clientId: id, clientSecret: secret },
    }).authorize({ grant_type })
  }

/** A request that is all right, for the refusals that any request can meet. */
const plain: { readonly [endpoint: string]: Ask } = {
  'GET /services/oauth2/userinfo': get('/services/oauth2/userinfo'),
  'GET /services/data': get('/services/data'),
  'GET /services/data/v66.0': get('/'),
  'GET /limits': (connection) => connection.limits(),
  'GET /sobjects': (connection) => connection.describeGlobal(),
  'GET /sobjects/:object/describe': (connection) => connection.describe('Account'),
  'GET /query': async (connection) => await connection.query('SELECT Id FROM Account LIMIT 1'),
  'GET /queryAll': async (connection) => await connection.query('SELECT Id FROM Account LIMIT 1', { scanAll: true }),
  'GET /query/:locator': get('/query/0r8xx0000000000001-200'),
  'GET /tooling/query': soql(
    'tooling/query',
    "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Account'",
  ),
  'POST /composite/sobjects': send('POST', '/composite/sobjects', records({ Name: 'New' })),
  'PATCH /composite/sobjects': send('PATCH', '/composite/sobjects', records({ id: '001000000000000', Name: 'New' })),
  'PATCH /composite/sobjects/:object/:field': send(
    'PATCH',
    '/composite/sobjects/Account/External_Id__c',
    records({ External_Id__c: 'x', Name: 'New' }),
  ),
  'POST /jobs/ingest': send('POST', '/jobs/ingest', newJob),
  'PUT /jobs/ingest/:job/batches': async (connection) => upload(await jobIn(connection, 'Open'))(connection),
  'PATCH /jobs/ingest/:job': async (connection) =>
    send('PATCH', await jobIn(connection, 'Uploaded'), { state: 'Aborted' })(connection),
  'GET /jobs/ingest/:job': async (connection) => connection.request(await jobIn(connection, 'Open')),
  ...Object.fromEntries(
    ['successfulResults', 'failedResults', 'unprocessedrecords'].map((file): [string, Ask] => [
      `GET /jobs/ingest/:job/${file}`,
      async (connection) => connection.request(`${await jobIn(connection, 'JobComplete')}/${file}`),
    ]),
  ),
  'DELETE /jobs/ingest/:job': async (connection) => {
    await connection.request({ method: 'DELETE', url: await jobIn(connection, 'JobComplete') })
    return 'deleted'
  },
  'POST /jobs/query': send('POST', '/jobs/query', newQuery),
  'GET /jobs/query/:job': async (connection) => connection.request(await queryJobIn(connection, 'UploadComplete')),
  'PATCH /jobs/query/:job': async (connection) =>
    send('PATCH', await queryJobIn(connection, 'UploadComplete'), { state: 'Aborted' })(connection),
  'DELETE /jobs/query/:job': async (connection) => {
    await connection.request({ method: 'DELETE', url: await queryJobIn(connection, 'JobComplete') })
    return 'deleted'
  },
  'GET /jobs/query/:job/results': async (connection) =>
    connection.request(`${await queryJobIn(connection, 'JobComplete')}/results?maxRecords=10`),
  'DELETE /composite/sobjects': (connection) =>
    connection.request({ method: 'DELETE', url: '/composite/sobjects?ids=001000000000000' }),
}

const query = (kind: string) => ({
  unknown_field: {
    ask: soql(kind, 'SELECT Nothing__c FROM Account'),
    code: 'INVALID_FIELD',
    message: /No such column 'Nothing__c' on entity 'Account'/,
  },
  wrong_type: {
    ask: soql(kind, "SELECT Id FROM Account WHERE CreatedDate > '2024'"),
    code: 'INVALID_FIELD',
    message: /must be of type dateTime and should not be enclosed in quotes/,
  },
  missing_parameter: { ask: get(`/${kind}`), code: 'MALFORMED_QUERY', message: /query string/ },
})

const special: { readonly [endpoint: string]: { readonly [refusal in Refusal]?: Expected } } = {
  'POST /services/oauth2/token': {
    bad_credentials: {
      ask: signIn({ id: 'millrace-sandbox-client-id', secret: 'wrong' }),
      code: 'invalid_client',
      message: /invalid client credentials/,
    },
    missing_parameter: { ask: signIn({}), code: 'invalid_request', message: /client_id/ },
    wrong_type: {
      ask: signIn({ grant_type: 'magic', id: 'x', secret: 'y' }),
      code: 'unsupported_grant_type',
      message: /grant type not supported/,
    },
  },
  'GET /services/oauth2/userinfo': {
    bad_credentials: {
      ask: (connection) => {
        connection.accessToken = 'nobody'
        return connection.request('/services/oauth2/userinfo')
      },
      code: 'ERROR_HTTP_403',
      message: /^Bad_OAuth_Token$/,
    },
  },
  'GET /sobjects/:object/describe': {
    unknown_field: {
      ask: (connection) => connection.describe('Nothing__c'),
      code: 'NOT_FOUND',
      message: /does not exist/,
    },
  },
  'GET /query': query('query'),
  'GET /queryAll': query('queryAll'),
  'GET /query/:locator': {
    wrong_type: { ask: get('/query/nonsense'), code: 'INVALID_QUERY_LOCATOR', message: /invalid query locator/ },
  },
  'GET /tooling/query': {
    ...query('tooling/query'),
    unknown_field: {
      ask: soql(
        'tooling/query',
        "SELECT Nothing FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Account'",
      ),
      code: 'INVALID_FIELD',
      message: /No such column 'Nothing'/,
    },
    wrong_type: {
      ask: soql(
        'tooling/query',
        'SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 5',
      ),
      code: 'INVALID_FIELD',
      message: /must be of type string/,
    },
  },
  'POST /composite/sobjects': writes((...rows) => send('POST', '/composite/sobjects', records(...rows)), {}),
  'PATCH /composite/sobjects': {
    ...writes((...rows) => send('PATCH', '/composite/sobjects', records(...rows)), { id: '001000000000000' }),
    missing_parameter: rowRefusal(
      send('PATCH', '/composite/sobjects', records({ Name: 'x' })),
      'MISSING_ARGUMENT',
      /Id not specified/,
    ),
  },
  'PATCH /composite/sobjects/:object/:field': {
    ...writes((...rows) => send('PATCH', '/composite/sobjects/Account/External_Id__c', records(...rows)), {
      External_Id__c: 'cov',
    }),
    missing_parameter: rowRefusal(
      send('PATCH', '/composite/sobjects/Account/External_Id__c', records({ Name: 'x' })),
      'MISSING_ARGUMENT',
      /External_Id__c not specified/,
    ),
  },
  'POST /jobs/ingest': {
    unknown_field: {
      ask: send('POST', '/jobs/ingest', { ...newJob, concurrencyMode: 'Serial' }),
      code: 'JSON_PARSER_ERROR',
      message: /Unrecognized field "concurrencyMode"/,
    },
    wrong_type: {
      ask: send('POST', '/jobs/ingest', { ...newJob, object: 'Nothing__c' }),
      code: 'INVALIDJOB',
      message: /Unable to find object: Nothing__c/,
    },
    missing_parameter: {
      ask: send('POST', '/jobs/ingest', { ...newJob, externalIdFieldName: undefined }),
      code: 'INVALIDJOB',
      message: /An External ID must be specified for upsert/,
    },
  },
  'PUT /jobs/ingest/:job/batches': {
    wrong_type: {
      ask: async (connection) => upload(await jobIn(connection, 'Open'), 'application/json')(connection),
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: /not text\/csv/,
    },
  },
  'PATCH /jobs/ingest/:job': {
    unknown_field: {
      ask: async (connection) =>
        send('PATCH', await jobIn(connection, 'Uploaded'), { stat: 'UploadComplete' })(connection),
      code: 'JSON_PARSER_ERROR',
      message: /Unrecognized field "stat"/,
    },
    wrong_type: {
      ask: async (connection) => send('PATCH', await jobIn(connection, 'Uploaded'), { state: 'Closed' })(connection),
      code: 'INVALIDJOB',
      message: /Invalid job state: Closed/,
    },
    missing_parameter: {
      ask: async (connection) => send('PATCH', await jobIn(connection, 'Uploaded'), {})(connection),
      code: 'INVALIDJOB',
      message: /state is required/,
    },
  },
  'GET /jobs/ingest/:job': { wrong_type: { ask: get(noJob), code: 'NOT_FOUND', message: /does not exist/ } },
  ...Object.fromEntries(
    ['successfulResults', 'failedResults', 'unprocessedrecords'].map((file) => [
      `GET /jobs/ingest/:job/${file}`,
      {
        wrong_type: {
          ask: async (connection: Connection) => connection.request(`${await jobIn(connection, 'Open')}/${file}`),
          code: 'INVALIDJOBSTATE',
          message: /final state/,
        },
      },
    ]),
  ),
  'DELETE /jobs/ingest/:job': {
    wrong_type: {
      ask: async (connection) => connection.request({ method: 'DELETE', url: await jobIn(connection, 'Open') }),
      code: 'INVALIDJOBSTATE',
      message: /Deleting Open Job not allowed/,
    },
  },
  'POST /jobs/query': {
    unknown_field: {
      ask: send('POST', '/jobs/query', { ...newQuery, object: 'Account' }),
      code: 'JSON_PARSER_ERROR',
      message: /Unrecognized field "object"/,
    },
    wrong_type: {
      ask: send('POST', '/jobs/query', { ...newQuery, query: 'SELECT Id, BillingAddress FROM Account' }),
      code: 'FUNCTIONALITY_NOT_ENABLED',
      message: /Selecting compound data not supported in Bulk Query/,
    },
    missing_parameter: {
      ask: send('POST', '/jobs/query', { operation: 'queryAll' }),
      code: 'INVALIDJOB',
      message: /query string/,
    },
  },
  'GET /jobs/query/:job': { wrong_type: { ask: get(noQuery), code: 'NOT_FOUND', message: /does not exist/ } },
  'PATCH /jobs/query/:job': {
    unknown_field: {
      ask: async (connection) =>
        send('PATCH', await queryJobIn(connection, 'UploadComplete'), { stat: 'Aborted' })(connection),
      code: 'JSON_PARSER_ERROR',
      message: /Unrecognized field "stat"/,
    },
    wrong_type: {
      ask: async (connection) =>
        send('PATCH', await queryJobIn(connection, 'UploadComplete'), { state: 'UploadComplete' })(connection),
      code: 'INVALIDJOB',
      message: /can only be Aborted/,
    },
    missing_parameter: {
      ask: async (connection) => send('PATCH', await queryJobIn(connection, 'UploadComplete'), {})(connection),
      code: 'INVALIDJOB',
      message: /state is required/,
    },
  },
  'DELETE /jobs/query/:job': {
    wrong_type: {
      ask: async (connection) =>
        connection.request({ method: 'DELETE', url: await queryJobIn(connection, 'UploadComplete') }),
      code: 'INVALIDJOBSTATE',
      message: /Deleting UploadComplete Job not allowed/,
    },
  },
  'GET /jobs/query/:job/results': {
    unknown_field: {
      ask: async (connection) => connection.request(`${await queryJobIn(connection, 'JobComplete')}/results?page=2`),
      code: 'INVALID_QUERY_PARAMETER',
      message: /Unknown parameter page/,
    },
    wrong_type: {
      ask: async (connection) =>
        connection.request(`${await queryJobIn(connection, 'JobComplete')}/results?maxRecords=0`),
      code: 'INVALID_QUERY_PARAMETER',
      message: /maxRecords/,
    },
  },
  'DELETE /composite/sobjects': {
    wrong_type: rowRefusal(
      (connection) => connection.request({ method: 'DELETE', url: '/composite/sobjects?ids=abc' }),
      'MALFORMED_ID',
      /malformed id/,
    ),
    missing_parameter: {
      ask: (connection) => connection.request({ method: 'DELETE', url: '/composite/sobjects' }),
      code: 'MISSING_ARGUMENT',
      message: /ids/,
    },
  },
}

function writes(ask: (...rows: readonly object[]) => Ask, key: object): { readonly [refusal in Refusal]?: Expected } {
  return {
    unknown_field: {
      ask: ask({ ...key, Name: 'x', Nothing__c: 1 }),
      code: 'INVALID_FIELD',
      message: /No such column 'Nothing__c' on sobject of type Account/,
    },
    wrong_type: {
      ask: ask({ ...key, Name: 5 }),
      code: 'JSON_PARSER_ERROR',
      message: /Cannot deserialize instance of string from VALUE_NUMBER_INT value 5/,
    },
    missing_parameter: rowRefusal(ask({ ...key }), 'REQUIRED_FIELD_MISSING', /Required fields are missing: \[Name\]/),
  }
}

/** Refused as a row of a request that is answered with 200. */
function rowRefusal(ask: Ask, code: string, message: RegExp): Expected {
  return {
    code,
    message,
    ask: async (connection) => {
      const [result] = (await ask(connection)) as readonly {
        readonly success: boolean
        readonly errors: readonly { readonly statusCode: string; readonly message: string }[]
      }[]
      if (result?.success === false)
        throw Object.assign(new Error(result.errors[0]?.message), { errorCode: result.errors[0]?.statusCode })
      return result
    },
  }
}

/** Jobs need none to be there to be refused for who asks. */
const bare: { readonly [endpoint: string]: Ask } = {
  'PUT /jobs/ingest/:job/batches': upload(noJob),
  'PATCH /jobs/ingest/:job': send('PATCH', noJob, { state: 'Aborted' }),
  'GET /jobs/ingest/:job': get(noJob),
  'GET /jobs/ingest/:job/successfulResults': get(`${noJob}/successfulResults`),
  'GET /jobs/ingest/:job/failedResults': get(`${noJob}/failedResults`),
  'GET /jobs/ingest/:job/unprocessedrecords': get(`${noJob}/unprocessedrecords`),
  'DELETE /jobs/ingest/:job': (connection) => connection.request({ method: 'DELETE', url: noJob }),
  'GET /jobs/query/:job': get(noQuery),
  'PATCH /jobs/query/:job': send('PATCH', noQuery, { state: 'Aborted' }),
  'DELETE /jobs/query/:job': (connection) => connection.request({ method: 'DELETE', url: noQuery }),
  'GET /jobs/query/:job/results': get(`${noQuery}/results`),
}

const general = (endpoint: string, refusal: Refusal): Expected | undefined => {
  const ask = bare[endpoint] ?? plain[endpoint]
  if (!ask) return undefined
  if (refusal === 'bad_credentials')
    return {
      ask: (connection) => {
        connection.accessToken = 'nobody'
        return ask(connection)
      },
      code: 'INVALID_SESSION_ID',
      message: /Session expired or invalid/,
    }
  if (refusal === 'too_many_requests')
    return {
      ask: async (connection) => {
        await sandbox.setFault('salesforce', 'rate_limit', { times: 1 })
        return await ask(connection)
      },
      code: 'REQUEST_LIMIT_EXCEEDED',
      message: /Limit exceeded/,
    }
  return undefined
}

describe('every endpoint of the simulator', () => {
  it('is asked here', () => {
    expect([...Object.keys(plain), 'POST /services/oauth2/token'].sort()).toEqual(
      Object.keys(simulator.coverage).sort(),
    )
  })

  it.each(Object.keys(plain))('answers what is right: %s', async (endpoint) => {
    const connection = await openSdk()
    // A page that is there: its locator is the vendor's own.
    const { nextRecordsUrl } = await connection.query('SELECT Id FROM Contact', {
      headers: { 'Sforce-Query-Options': 'batchSize=200' },
    })
    const ask = endpoint === 'GET /query/:locator' ? get(String(nextRecordsUrl)) : plain[endpoint]
    expect(await ask?.(connection)).toEqual(expect.anything())
  })
})

describe('the simulator refuses what Salesforce refuses', () => {
  for (const [endpoint, refusals] of Object.entries(simulator.coverage))
    it.each([...refusals])(`${endpoint}: %s`, async (refusal) => {
      const expected = special[endpoint]?.[refusal] ?? general(endpoint, refusal)
      if (!expected) throw new Error(`${endpoint} has no way to meet ${refusal}`)
      const connection = await openSdk()
      const error: unknown = await expected.ask(connection).then(
        () => new Error('it was accepted'),
        (refused: unknown) => refused,
      )
      expect(error).toBeInstanceOf(Error)
      expect(error instanceof Error && 'errorCode' in error ? error.errorCode : (error as Error).name).toBe(
        expected.code,
      )
      expect((error as Error).message).toMatch(expected.message)
    })

  it.each<readonly [string, string, RegExp]>([
    ['SELECT Id FROM Nothing__c', 'INVALID_TYPE', /sObject type 'Nothing__c' is not supported/],
    ['SELEC Id FROM Account', 'MALFORMED_QUERY', /unexpected token: 'SELEC'/],
    [
      "SELECT Id FROM Account WHERE Name = 'a' AND Phone = 'b' OR Fax = 'c'",
      'MALFORMED_QUERY',
      /unexpected token: 'OR'/,
    ],
    ["SELECT Id FROM Account WHERE Name = 'a", 'MALFORMED_QUERY', /unterminated|unexpected token/],
    ["SELECT Id FROM Account WHERE Description = 'a'", 'INVALID_FIELD', /can not be filtered/],
    ['SELECT Id FROM Account ORDER BY Description', 'INVALID_FIELD', /can not be sorted/],
    ['SELECT Id, Name, name FROM Account', 'INVALID_FIELD', /duplicate field selected/],
    ["SELECT Id FROM Account WHERE Id = 'abc'", 'INVALID_QUERY_FILTER_OPERATOR', /invalid ID field: abc/],
    ['SELECT Id FROM Account WHERE Nobody.Name = null', 'INVALID_FIELD', /Didn't understand relationship 'Nobody'/],
    ['SELECT Id FROM FieldDefinition', 'MALFORMED_QUERY', /a filter on a reified column is required/],
  ])('%s is %s', async (text, code, message) => {
    const connection = await openSdk()
    const error = await connection.query(text).then(
      () => new Error('it was accepted'),
      (refused: Error) => refused,
    )
    expect(error).toMatchObject({ errorCode: code, message: expect.stringMatching(message) })
  })

  it.each<readonly [string, string, RegExp]>([
    ['SELECT Id FROM Nothing__c', 'API_ERROR', /Unable to find object: Nothing__c/],
    ['SELECT COUNT() FROM Account', 'API_ERROR', /not supported in Bulk Query/],
    ['SELECT Id FROM Account LIMIT 1 OFFSET 3', 'API_ERROR', /not supported in Bulk Query/],
    ['SELECT Id FROM TaskStatus', 'INVALIDENTITY', /Entity 'TaskStatus' is not supported by the Bulk API/],
    ['SELEC Id FROM Account', 'MALFORMED_QUERY', /unexpected token: 'SELEC'/],
  ])('a query job for %s is %s', async (text, code, message) => {
    const connection = await openSdk()
    await expect(send('POST', '/jobs/query', { ...newQuery, query: text })(connection)).rejects.toMatchObject({
      errorCode: code,
      message: expect.stringMatching(message),
    })
  })

  it.each<readonly [string, RegExp]>([
    ['SELECT Id, Nothing__c FROM Account', /InvalidBatch : Failed to process query: INVALID_FIELD: .*No such column/s],
    ['SELECT Id FROM ContentDocumentLink', /MALFORMED_QUERY: Implementation restriction: ContentDocumentLink requires/],
  ])('takes a query job for %s and lets it fail', async (text, message) => {
    const connection = await openSdk()
    const job = (await send('POST', '/jobs/query', { ...newQuery, query: text })(connection)) as { id: string }
    let info: { state: string; errorMessage?: string } = { state: '' }
    while (info.state !== 'Failed') info = await connection.request(`/jobs/query/${job.id}`)
    expect(info.errorMessage).toMatch(message)
    // No content, and not an error.
    expect(await connection.request(`/jobs/query/${job.id}/results`)).toBeFalsy()
  })

  it('gives the results of a query job in pages, each with its header, until the locator is the word null', async () => {
    const connection = await openSdk()
    const url = `${await queryJobIn(connection, 'JobComplete')}/results?maxRecords=100`
    const held = await sandbox.show('salesforce', 'Account')
    const ids: string[] = []
    let locator: string | null = ''
    for (let pages = 0; locator !== 'null'; pages++) {
      const answer: Response = await fetch(
        `${connection.instanceUrl}/services/data/v66.0${url}${locator ? `&locator=${locator}` : ''}`,
        { headers: { authorization: `Bearer ${connection.accessToken}` } },
      )
      const [header, ...lines] = (await answer.text()).split('\n').filter((line) => line !== '')
      expect(header).toBe('"Id","Name"')
      expect(answer.headers.get('sforce-numberofrecords')).toBe(String(lines.length))
      ids.push(...lines.map((line) => line.slice(1, 19)))
      locator = answer.headers.get('sforce-locator')
      expect(pages).toBeLessThan(10)
    }
    expect(ids).toEqual(held.map((row) => String(row['Id'])).toSorted((a, b) => (a < b ? -1 : 1)))
    await expect(connection.request(`${url}&locator=nonsense!`)).rejects.toMatchObject({ errorCode: 'INVALIDLOCATOR' })
  })

  it('answers the SDK’s own query with relationships, pages and deleted rows', async () => {
    const connection = await openSdk()
    const { records: found, totalSize } = await connection.query(
      "SELECT Id, Owner.Name, Account.Owner.Email FROM Contact WHERE Email LIKE '%@%' AND (NOT LastName IN ('x')) ORDER BY Email DESC NULLS LAST LIMIT 5",
    )
    expect(totalSize).toBe(5)
    expect(found[0]).toMatchObject({
      attributes: { type: 'Contact' },
      Owner: { attributes: { type: 'User' }, Name: expect.any(String) },
      Account: { Owner: { Email: expect.stringContaining('@') } },
    })
    const held = await sandbox.show('salesforce', 'Contact')
    const all = await connection.query('SELECT Id FROM Contact', {
      scanAll: true,
      autoFetch: true,
      maxFetch: 10_000,
      headers: { 'Sforce-Query-Options': 'batchSize=200' },
    })
    expect(all.records).toHaveLength(held.length)
    expect((await connection.query('SELECT COUNT() FROM Contact')).totalSize).toBe(
      held.filter((row) => row['IsDeleted'] === false).length,
    )
  })

  it('takes two hundred rows and no more, and fails both twins of an external id', async () => {
    const connection = await openSdk()
    const rows = Array.from({ length: 201 }, (_, index) => ({ External_Id__c: `many-${index}`, Name: 'x' }))
    await expect(
      send('PATCH', '/composite/sobjects/Account/External_Id__c', records(...rows))(connection),
    ).rejects.toMatchObject({ errorCode: 'EXCEEDED_ID_LIMIT' })
    const answer = await send(
      'PATCH',
      '/composite/sobjects/Account/External_Id__c',
      records(
        { External_Id__c: 'twin', Name: 'a' },
        { External_Id__c: 'TWIN', Name: 'b' },
        { External_Id__c: 'single', Name: 'c' },
      ),
    )(connection)
    expect(answer).toMatchObject([
      { success: false, errors: [{ statusCode: 'DUPLICATE_VALUE' }] },
      { success: false },
      { success: true, created: true },
    ])
  })

  it('rolls back where all or none is asked for', async () => {
    const connection = await openSdk()
    const answer = await send('PATCH', '/composite/sobjects/Account/External_Id__c', {
      ...records({ External_Id__c: 'all-1', Name: 'a' }, { External_Id__c: 'all-2' }),
      allOrNone: true,
    })(connection)
    expect(answer).toMatchObject([
      { success: false, errors: [{ statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK' }] },
      { success: false, errors: [{ statusCode: 'REQUIRED_FIELD_MISSING' }] },
    ])
    expect((await connection.query("SELECT Id FROM Account WHERE External_Id__c = 'all-1'")).totalSize).toBe(0)
  })

  it('refuses a URL of more than 16,384 bytes with 414, and one that is too long with its headers with 431', async () => {
    const connection = await openSdk()
    const path = '/services/data/v66.0/query?q='
    const ask = (bytes: number) => connection.request(path + 'x'.repeat(bytes - path.length))
    await expect(ask(16_385)).rejects.toMatchObject({ errorCode: 'ERROR_HTTP_414' })
    await expect(ask(16_300)).rejects.toMatchObject({ errorCode: 'ERROR_HTTP_431' })
    await expect(ask(15_500)).rejects.toMatchObject({ errorCode: 'MALFORMED_QUERY' })
  })
})
