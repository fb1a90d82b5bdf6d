import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from 'millrace'
import simulator from '../../../connectors/salesforce/sandbox.ts'
import { recordId } from '../../../connectors/salesforce/sandbox/record-id.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../../src/sandbox/running-sandbox.ts'
import { createWorld } from '../../../src/sandbox/world.ts'

/** The bytes on the wire, without an SDK that hides digits, headers and statuses. */
let sandbox: RunningSandbox
let api: string
let token: string
beforeAll(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 1 })
  api = `${String(sandbox.connection('salesforce').login_url)}/services/data/v65.0`
  token = String((await signIn()).body['access_token'])
})
afterAll(() => sandbox.close())

async function signIn(
  form: { readonly [name: string]: string } = {},
  headers: { readonly [name: string]: string } = {},
) {
  const { login_url, client_id, client_secret } = sandbox.connection('salesforce')
  const response = await fetch(`${login_url}/services/oauth2/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: String(client_id),
      client_secret: String(client_secret),
      ...form,
    }),
  })
  const body: JsonObject = JSON.parse(await response.text())
  return { status: response.status, body }
}

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(path.startsWith('/services') ? new URL(path, api) : `${api}${path}`, {
    ...init,
    headers: {
      authorization: `Bearer ${token}`,
      ...(init.body ? { 'content-type': 'application/json' } : {}),
      ...init.headers,
    },
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}
const query = (soql: string, kind = 'query') => ask(`/${kind}?q=${encodeURIComponent(soql)}`)
const write = (method: string, path: string, body: object) => ask(path, { method, body: JSON.stringify(body) })
const rowOf = (fields: object, type = 'Account') => ({ attributes: { type }, ...fields })
const only = async (object: string, id: string) => (await sandbox.show('salesforce', object, id))[0] ?? {}
const historyOf = async (id: string) =>
  (await sandbox.show('salesforce', 'AccountHistory')).filter((row) => row['AccountId'] === id)

describe('signing in to the simulated org', () => {
  it('gives a token and says where the org is', async () => {
    const { origin } = new URL(api)
    expect(await signIn()).toMatchObject({
      status: 200,
      body: {
        access_token: expect.stringMatching(/^00D\w{12}!/),
        instance_url: origin,
        id: `${origin}/id/${recordId('00D', 1)}/${recordId('005', 0)}`,
        token_type: 'Bearer',
        issued_at: expect.stringMatching(/^\d{13}$/),
        signature: expect.any(String),
      },
    })
  })

  it('takes the keys as a Basic header too', async () => {
    const { client_id, client_secret, login_url } = sandbox.connection('salesforce')
    const response = await fetch(`${login_url}/services/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect(response.status).toBe(200)
  })

  it.each([
    [{ client_secret: 'wrong' }, { error: 'invalid_client', error_description: 'invalid client credentials' }],
    [{ client_id: 'nobody' }, { error: 'invalid_client_id', error_description: 'client identifier invalid' }],
    [{ grant_type: 'password' }, { error: 'unsupported_grant_type', error_description: 'grant type not supported' }],
  ])('refuses %j', async (form, body) => {
    expect(await signIn(form)).toEqual({ status: 400, body })
  })

  it('expires the tokens that it gave, all of them and for good', async () => {
    const [first, second] = [token, String((await signIn()).body['access_token'])]
    await sandbox.setFault('salesforce', 'expire_tokens', {})
    const expired = [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }]
    for (const each of [first, second, first]) {
      token = each
      const refused = await ask('/limits')
      expect([refused.status, refused.json()]).toEqual([401, expired])
    }
    token = String((await signIn()).body['access_token'])
    expect((await ask('/limits')).status).toBe(200)
  })
})

describe('reading the simulated org', () => {
  it('gives every digit of a number, and a double as Java writes it', async () => {
    const { text } = await query(
      "SELECT Big_Number__c, Precise__c, NumberOfEmployees FROM Account WHERE External_Id__c = 'ACME-00001'",
    )
    const held = await only('Account', recordId('001', 1))
    expect(text).toContain(`"Big_Number__c":${String(held['Big_Number__c'])},`)
    expect(BigInt(String(held['Big_Number__c'])) > 2n ** 53n).toBe(true)
    expect(text).toMatch(new RegExp(`"Precise__c":${String(held['Precise__c'])},`))
    expect(String(held['Precise__c'])).toMatch(/^\d{12}\.\d{5,6}$/)
    expect(text).toContain(`"NumberOfEmployees":${String(held['NumberOfEmployees'])}}`)
  })

  it('shows deleted rows to queryAll only, in pages that follow nextRecordsUrl', async () => {
    const held = await sandbox.show('salesforce', 'Contact')
    const living = held.filter((row) => row['IsDeleted'] === false)
    const share = (held.length - living.length) / held.length
    expect(share).toBeGreaterThan(0.01)
    expect(share).toBeLessThan(0.02)
    for (const [kind, count] of [
      ['query', living.length],
      ['queryAll', held.length],
    ] as const) {
      const ids: string[] = []
      let page = (await query('SELECT Id FROM Contact ORDER BY Id', kind)).json()
      for (;;) {
        expect(page.totalSize).toBe(count)
        ids.push(...page.records.map((row: JsonObject) => row['Id']))
        if (page.done) break
        expect(page.records).toHaveLength(2000)
        expect(page.nextRecordsUrl).toMatch(/^\/services\/data\/v65\.0\/query\/\w{18}-\d+$/)
        page = (await ask(page.nextRecordsUrl)).json()
      }
      expect(page).not.toHaveProperty('nextRecordsUrl')
      expect(new Set(ids).size).toBe(count)
    }
  })

  it('takes the page size of Sforce-Query-Options within its bounds', async () => {
    for (const [asked, given] of [
      [1, 200],
      [500, 500],
      [9000, 2000],
    ] as const) {
      const { json } = await ask(`/query?q=${encodeURIComponent('SELECT Id FROM Contact')}`, {
        headers: { 'sforce-query-options': `batchSize=${asked}` },
      })
      expect(json().records).toHaveLength(given)
    }
  })

  it('has one second that more rows share than a page holds', async () => {
    const counts = new Map<string, number>()
    for (const row of await sandbox.show('salesforce', 'Contact'))
      counts.set(String(row['SystemModstamp']), (counts.get(String(row['SystemModstamp'])) ?? 0) + 1)
    expect(Math.max(...counts.values())).toBeGreaterThan(2000)
  })

  it('was filled before the day, an hour at least, and modified after it was made', async () => {
    const latest = createWorld(1).epoch.getTime() - 3_600_000
    const wrong: string[] = []
    for (const object of ['Account', 'Contact', 'Lead', 'Opportunity'])
      for (const row of await sandbox.show('salesforce', object)) {
        const [created, changed] = [String(row['CreatedDate']), String(row['SystemModstamp'])]
        if (changed < created || Date.parse(changed) > latest) wrong.push(`${object}: ${created} ${changed}`)
      }
    expect(wrong).toEqual([])
  })

  it('holds together: every lookup leads to a record', async () => {
    const ids = new Map<string, Set<unknown>>()
    const wrong: string[] = []
    for (const object of ['User', 'Account', 'Contact', 'Lead', 'Opportunity'])
      ids.set(object, new Set((await sandbox.show('salesforce', object)).map((row) => row['Id'])))
    for (const [object, field, target] of [
      ['Account', 'OwnerId', 'User'],
      ['Contact', 'AccountId', 'Account'],
      ['Contact', 'OwnerId', 'User'],
      ['Lead', 'CreatedById', 'User'],
      ['Opportunity', 'AccountId', 'Account'],
      ['AccountHistory', 'AccountId', 'Account'],
      ['LeadHistory', 'LeadId', 'Lead'],
      ['OpportunityFieldHistory', 'OpportunityId', 'Opportunity'],
    ] as const)
      for (const row of await sandbox.show('salesforce', object))
        if (!ids.get(target)?.has(row[field])) wrong.push(`${object}.${field}: ${String(row[field])}`)
    expect(wrong).toEqual([])
  })

  it('tells a history that ends at the present, a lookup in two rows, and none that is older than two years', async () => {
    const rows = await sandbox.show('salesforce', 'AccountHistory')
    const oldest = createWorld(1).epoch.getTime() - 2 * 365 * 86_400_000
    expect(rows.every((row) => Date.parse(String(row['CreatedDate'])) >= oldest)).toBe(true)
    const last = new Map<string, JsonObject>()
    for (const row of rows)
      last.set(`${String(row['AccountId'])} ${String(row['Field'])} ${String(row['DataType'])}`, row)
    const names = new Map((await sandbox.show('salesforce', 'User')).map((user) => [user['Id'], user['Name']]))
    let owners = 0
    for (const row of last.values()) {
      const account = await only('Account', String(row['AccountId']))
      const [field, kind] = [String(row['Field']), row['DataType']]
      if (field === 'created') continue
      const present = field === 'Owner' ? account['OwnerId'] : account[field]
      if (field === 'Owner') owners++
      expect(row['NewValue']).toBe(field === 'Owner' && kind === 'Text' ? names.get(present ?? null) : present)
    }
    expect(owners).toBeGreaterThan(10)
    expect(owners % 2).toBe(0)
  })

  it('answers setup queries at both addresses, and nothing else at tooling', async () => {
    const soql =
      "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Lead' AND IsFieldHistoryTracked = true"
    const [plain, tooling] = [(await query(soql)).json(), (await query(soql, 'tooling/query')).json()]
    expect(plain.records.map((row: JsonObject) => row['QualifiedApiName'])).toEqual([
      'Email',
      'Status',
      'Rating',
      'OwnerId',
      'HasOptedOutOfEmail',
    ])
    expect(tooling.records).toEqual(plain.records)
    expect((await query('SELECT Id FROM Account', 'tooling/query')).json()).toMatchObject([
      { errorCode: 'INVALID_TYPE' },
    ])
  })

  it('takes of metadata and of big objects only what SOQL has for them', async () => {
    const refusalOf = async (soql: string) => (await query(soql)).json()[0]?.message
    const regions = 'FROM Sales_Region__mdt'
    for (const from of ['Sales_Region__mdt', 'Visit__b', 'LogoutEvent', 'EntityDefinition'])
      expect(await refusalOf(`SELECT COUNT() FROM ${from}`)).toContain('not yet supported by this SObject storage type')
    expect(
      await refusalOf(`SELECT Id ${regions} WHERE Label = 'Asia' OR (Label = 'x' AND Id > 'm01000000000000AAA')`),
    ).toBe('Disjunctions not supported')
    expect(await refusalOf("SELECT DurableId FROM EntityDefinition WHERE Label = 'Lead' OR Label = 'Task'")).toBe(
      'Disjunctions not supported',
    )
    expect(await refusalOf('SELECT Visitor__c FROM Visit__b WHERE CreatedDate > 2020-01-01T00:00:00Z')).toContain(
      'index',
    )
    const logouts = 'SELECT UserId FROM LogoutEvent WHERE'
    expect(await refusalOf(`${logouts} EventIdentifier = 'x'`)).toContain('index')
    expect(await refusalOf(`${logouts} EventDate > 2020-01-01T00:00:00Z AND Id > '0'`)).toContain('index')
    expect((await query(`${logouts} EventDate > 2020-01-01T00:00:00Z`)).json().totalSize).toBe(0)
    expect((await query(`SELECT Label ${regions} WHERE Label = 'Asia' OR Label = 'Europe'`)).json().totalSize).toBe(2)
    // A limit is not refused, and not obeyed.
    expect((await query(`SELECT Label ${regions} LIMIT 1`)).json().totalSize).toBe(3)
  })

  it('lists its versions to anyone, and counts requests in a header and in limits', async () => {
    const versions = await (await fetch(new URL('/services/data', api))).json()
    expect(versions).toContainEqual({ label: "Winter '26", url: '/services/data/v65.0', version: '65.0' })
    expect(versions).toContainEqual({ label: "Summer '25", url: '/services/data/v64.0', version: '64.0' })
    const usedBy = ({ headers }: { readonly headers: Headers }) =>
      Number(/^api-usage=(\d+)\/100000$/.exec(headers.get('sforce-limit-info') ?? '')?.[1])
    const before = usedBy(await ask('/sobjects'))
    const limits = await ask('/limits')
    expect(usedBy(limits)).toBe(before + 1)
    expect(limits.json().DailyApiRequests).toEqual({ Max: 100_000, Remaining: 100_000 - before - 1 })
  })
})

describe('refusals of the simulated org', () => {
  it.each<readonly [string, RequestInit, number, string, string]>([
    ['/nothing', {}, 404, 'NOT_FOUND', 'The requested resource does not exist'],
    ['/services/data/v12.0/limits', {}, 404, 'NOT_FOUND', 'The requested resource does not exist'],
    [
      '/query?q=SELECT',
      { method: 'POST', body: '{}' },
      405,
      'METHOD_NOT_ALLOWED',
      "HTTP Method 'POST' not allowed. Allowed are GET",
    ],
    ['/query', {}, 400, 'MALFORMED_QUERY', 'A query string has to be specified'],
    ['/query/0r8xx0000000000000-2000', {}, 400, 'INVALID_QUERY_LOCATOR', 'invalid query locator'],
    ['/composite/sobjects', { method: 'POST', body: '{' }, 400, 'JSON_PARSER_ERROR', ''],
    ['/limits', { headers: { authorization: 'Bearer x' } }, 401, 'INVALID_SESSION_ID', 'Session expired or invalid'],
    ['/limits', { headers: { authorization: 'Basic eA==' } }, 401, 'INVALID_AUTH_HEADER', 'INVALID_HEADER_TYPE'],
  ])('%s %j is %i %s', async (path, init, status, errorCode, message) => {
    const refused = await ask(path, init)
    expect(refused.status).toBe(status)
    expect(refused.json()).toEqual([{ message: message || expect.any(String), errorCode }])
    expect(refused.headers.get('content-type')).toMatch(/^application\/json/)
    expect(refused.headers.get('sforce-limit-info')).toMatch(/^api-usage=/)
  })

  it.each([
    ['rate_limit', 403, 'REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.'],
    ['daily_limit', 403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'],
    ['server_unavailable', 503, 'SERVER_UNAVAILABLE', 'The server is unavailable, please try again.'],
  ])('of the fault %s are %i %s, once', async (fault, status, errorCode, message) => {
    await sandbox.setFault('salesforce', fault, {})
    const refused = await ask('/limits')
    expect([refused.status, refused.json()]).toEqual([status, [{ message, errorCode }]])
    expect((await ask('/limits')).status).toBe(200)
  })
})

describe('writing to the simulated org', () => {
  it('upserts in order, each row with its own answer, by the user of the integration at its own time', async () => {
    await sandbox.move(1)
    const id = recordId('001', 7)
    const [before, history] = [await only('Account', id), await historyOf(id)]
    const { json } = await write('PATCH', '/composite/sobjects/Account/External_Id__c', {
      allOrNone: false,
      records: [
        rowOf({ External_Id__c: 'acme-00007', Account_Status__c: 'customer', MRR__c: 12.345 }),
        rowOf({ External_Id__c: 'ACME-00008', Name: 'x'.repeat(256) }),
        rowOf({ External_Id__c: 'new-1', Name: 'New' }),
        rowOf({ External_Id__c: 'ACME-00009', OwnerId: recordId('005', 999) }),
      ],
    })
    expect(json()).toEqual([
      { id, success: true, errors: [], created: false },
      {
        id: recordId('001', 8),
        success: false,
        errors: [
          {
            statusCode: 'STRING_TOO_LONG',
            message: expect.stringMatching(/^Name: data value too large: x+ \(max length=255\)$/),
            fields: ['Name'],
          },
        ],
      },
      { id: expect.stringMatching(/^001\w{15}$/), success: true, errors: [], created: true },
      {
        id: recordId('001', 9),
        success: false,
        errors: [
          { statusCode: 'INVALID_CROSS_REFERENCE_KEY', message: 'invalid cross reference id', fields: ['OwnerId'] },
        ],
      },
    ])
    const now = (await sandbox.now()).toISOString()
    expect(await only('Account', id)).toEqual({
      ...before,
      // Matched without regard to case, and written as it was sent.
      External_Id__c: 'acme-00007',
      Account_Status__c: 'customer',
      MRR__c: '12.345',
      SystemModstamp: now,
      LastModifiedDate: now,
      LastModifiedById: recordId('005', 0),
    })
    expect((await historyOf(id)).slice(history.length)).toMatchObject([
      {
        Field: 'Account_Status__c',
        OldValue: null,
        NewValue: 'customer',
        CreatedDate: now,
        CreatedById: recordId('005', 0),
      },
    ])
  })

  it('takes back rows and history where all or none is asked for', async () => {
    const id = recordId('001', 11)
    const [before, history, count] = [
      await only('Account', id),
      await historyOf(id),
      (await sandbox.show('salesforce', 'Account')).length,
    ]
    const { json } = await write('PATCH', '/composite/sobjects/Account/External_Id__c', {
      allOrNone: true,
      records: [
        rowOf({ External_Id__c: 'ACME-00011', Account_Status__c: 'churned' }),
        rowOf({ External_Id__c: 'never-1', Name: 'Never' }),
        rowOf({ External_Id__c: 'never-2' }),
      ],
    })
    expect(json().map(({ errors }: { errors: JsonObject[] }) => errors[0]?.['statusCode'])).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'REQUIRED_FIELD_MISSING',
    ])
    expect(await only('Account', id)).toEqual(before)
    expect(await historyOf(id)).toEqual(history)
    expect(await sandbox.show('salesforce', 'Account')).toHaveLength(count)
  })

  it('gives leads to whom the org’s assignment rule names, unless the request says FALSE', async () => {
    const ownerOf = async (key: string, headers: { readonly [name: string]: string }) => {
      const body = JSON.stringify({ records: [rowOf({ LastName: 'x', Company: 'x', Person_Id__c: key }, 'Lead')] })
      const { json } = await ask('/composite/sobjects', { method: 'POST', body, headers })
      return (await only('Lead', json()[0].id))['OwnerId']
    }
    expect(await ownerOf('rule-1', {})).toBe(recordId('005', 1))
    expect(await ownerOf('rule-2', { 'sforce-auto-assign': 'true' })).toBe(recordId('005', 1))
    expect(await ownerOf('rule-3', { 'sforce-auto-assign': 'false' })).toBe(recordId('005', 0))
  })

  it('refuses a key that another record has, made in this very request too', async () => {
    const { json } = await write('POST', '/composite/sobjects', {
      records: [
        rowOf({ Name: 'a', External_Id__c: 'fresh' }),
        rowOf({ Name: 'b', External_Id__c: 'FRESH' }),
        rowOf({ Name: 'c', External_Id__c: 'ACME-00020' }),
      ],
    })
    const [made, ...twins] = json()
    expect(made).toMatchObject({ success: true })
    expect(twins).toEqual(
      [made.id, recordId('001', 20)].map((id) => ({
        success: false,
        errors: [
          {
            statusCode: 'DUPLICATE_VALUE',
            message: `duplicate value found: External_Id__c duplicates value on record with id: ${id}`,
            fields: [],
          },
        ],
      })),
    )
  })

  it('deletes into the recycle bin, once', async () => {
    const id = recordId('003', Number(createWorld(1).people.find(({ kind }) => kind === 'contact')?.number))
    const remove = async () => (await ask(`/composite/sobjects?ids=${id}`, { method: 'DELETE' })).json()
    expect(await remove()).toEqual([{ id, success: true, errors: [] }])
    expect(await remove()).toMatchObject([{ success: false, errors: [{ statusCode: 'ENTITY_IS_DELETED' }] }])
    expect((await query(`SELECT Id FROM Contact WHERE Id = '${id}'`)).json().totalSize).toBe(0)
    expect((await query(`SELECT IsDeleted FROM Contact WHERE Id = '${id}'`, 'queryAll')).json().records).toMatchObject([
      { IsDeleted: true },
    ])
  })

  it('keeps a number as it was sent, and takes no object for one', async () => {
    const url = '/composite/sobjects/Account/External_Id__c'
    const sent = `{"records":[{"attributes":{"type":"Account"},"External_Id__c":"ACME-00030","Big_Number__c":123456789012345678,"Precise__c":123456789012.345678}]}`
    expect((await ask(url, { method: 'PATCH', body: sent })).json()).toMatchObject([{ success: true }])
    const { text } = await query("SELECT Big_Number__c, Precise__c FROM Account WHERE External_Id__c = 'ACME-00030'")
    expect(text).toContain('"Big_Number__c":123456789012345678,"Precise__c":123456789012.345678}')
    // The decimals of a field hold in the pages of the org, and not for a program.
    const more = sent.replace('.345678}', '.3456789012}')
    expect((await ask(url, { method: 'PATCH', body: more })).json()).toMatchObject([{ success: true }])
    expect((await query("SELECT Precise__c FROM Account WHERE External_Id__c = 'ACME-00030'")).text).toContain(
      '"Precise__c":123456789012.3456789012}',
    )
    const refused = await write('PATCH', url, {
      records: [rowOf({ External_Id__c: 'ACME-00030', Big_Number__c: { digits: '1' } })],
    })
    expect([refused.status, refused.json()]).toMatchObject([400, [{ errorCode: 'JSON_PARSER_ERROR' }]])
  })
})
