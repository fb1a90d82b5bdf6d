import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Change } from '../../../src/model/change.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { exact } from '../exact-number.ts'
import { change, openHubspot, type OpenedHubspot } from './open-hubspot.ts'
import { mergeContacts } from './merge-contacts.ts'

let vendor: OpenedHubspot
beforeEach(async () => {
  vendor = await openHubspot()
})
afterEach(() => vendor[Symbol.asyncDispose]())

const ok = { outcome: 'ok' }
const textOf = (record: JsonObject | undefined, property: string) =>
  String((record?.['properties'] as JsonObject | undefined)?.[property]) // all records have them
const contacts = (changes: readonly Change[], match = 'person_id') => vendor.write('contact', match, changes)
const propertiesOf = async (key: string) => (await vendor.held('contact', 'person_id', key))?.['properties']

const merge = (primary: string, other: string) => mergeContacts(vendor.sandbox, primary, other)

describe('upserting', () => {
  it('creates and updates in one request, with every value as text and every digit of it', async () => {
    const fields = {
      email: 'Ada@X.example',
      score: exact('12345678901234567890.50'),
      mrr: 0,
      is_customer: true,
      trial_ends_on: '2026-12-01',
      last_seen_at: '2026-11-20T09:55:00.123456Z',
      interests: ['chocolate', 'vanilla'],
    }
    expect(
      await contacts([change('person_id', 'A-1', fields), change('person_id', 'P-000001', { jobtitle: 'CTO' })]),
    ).toEqual([ok, ok])
    expect(await vendor.asked()).toEqual(['POST /crm/v3/objects/contacts/batch/upsert'])
    expect(await propertiesOf('A-1')).toMatchObject({
      email: 'ada@x.example',
      score: '12345678901234567890.50',
      mrr: '0',
      is_customer: 'true',
      trial_ends_on: '2026-12-01',
      last_seen_at: '2026-11-20T09:55:00.123Z',
      interests: 'chocolate;vanilla',
    })
    expect(await propertiesOf('P-000001')).toMatchObject({ jobtitle: 'CTO', firstname: expect.any(String) })
  })

  it('takes a value away with null', async () => {
    await contacts([change('person_id', 'A-1', { jobtitle: 'CTO', website: 'x.example' })])
    await contacts([change('person_id', 'A-1', { jobtitle: null })])
    expect(await propertiesOf('A-1')).not.toHaveProperty('jobtitle')
    expect(await propertiesOf('A-1')).toHaveProperty('website')
  })

  it('finds people by email whatever its case, and custom objects by their type id', async () => {
    await vendor.write('contact', 'email', [change('email', 'new@x.example', { firstname: 'A' })])
    await vendor.write('contact', 'email', [
      { ...change('email', 'new@x.example', { firstname: 'B' }), fields: { email: 'NEW@x.example', firstname: 'B' } },
    ])
    const all = (await vendor.sandbox.show('hubspot', 'contact')).filter(
      ({ properties }) => JSON.stringify(properties).includes('new@x.example'), // one of them is enough to know
    )
    expect(all).toHaveLength(1)
    expect(await vendor.write('2-7001', 'serial_number', [change('serial_number', 'M-9', { model: 'x' })])).toEqual([
      ok,
    ])
    expect(await vendor.held('machine', 'serial_number', 'M-9')).toBeDefined()
  })

  it('is refused by ids that HubSpot makes, and by a domain that it does not hold unique', async () => {
    await expect(contacts([change('hs_object_id', '50001')], 'hs_object_id')).rejects.toMatchObject({
      code: 'MR-1209',
      message: expect.stringContaining('HubSpot makes record ids itself'),
    })
    await expect(vendor.write('company', 'domain', [change('domain', 'x.example')])).rejects.toMatchObject({
      code: 'MR-1209',
      message: expect.stringContaining('would make a second company'),
    })
    expect(await vendor.asked()).toEqual([])
  })
})

describe('what is refused before it is sent', () => {
  it.each([
    ['an option that there is not', { account_status: 'rich' }, 'account_status: rich is not one of its options'],
    ['one of several options', { interests: 'vanilla;mud' }, 'interests: mud is not one'],
    ['a boolean in other words', { is_customer: 'yes' }, 'is_customer must be true or false'],
    ['an opt-out that is null', { sms_opt_out: null }, 'sms_opt_out must be true or false, and was null'],
    ['an object as a text', { firstname: { first: 'A' } }, 'firstname takes text, and was an object'],
    ['half of a character', { firstname: 'a\ud800' }, 'a lone surrogate'],
    ['a text beyond the limit', { firstname: 'x'.repeat(65_537) }, 'HubSpot takes 65536'],
    ['a read-only property', { hs_email_optout: true }, 'no property hs_email_optout that can be written'],
    ['a name where an id belongs', { 'associations.company': 'ACME' }, 'ACME is not the id of a record'],
  ])('is %s', async (_what, fields, message) => {
    expect(await contacts([change('person_id', 'A-1', fields), change('person_id', 'A-2')])).toMatchObject([
      { outcome: 'rejected', code: 'MR-5005', message: expect.stringContaining(message) },
      ok,
    ])
    expect((await vendor.requests())[0]?.body).not.toContain('A-1')
  })

  it('read-only and calculated properties are no fields; unique ones and the email find records', async () => {
    const { fields, match } = await vendor.object('contact')
    expect(Object.keys(fields)).not.toEqual(expect.arrayContaining(['hs_email_domain']))
    expect(fields).not.toHaveProperty('hs_email_optout')
    expect(fields['sms_opt_out']).toMatchObject({ type: 'boolean', optOut: true, nullable: false })
    expect((await vendor.object('company')).match).toMatchObject({ domain: { unique: false } })
    expect(match).toEqual({
      email: { normalise: 'lower' },
      person_id: { normalise: 'trim' },
      hs_object_id: { normalise: 'trim', operations: ['update', 'clear', 'set'] },
    })
  })
})

describe('the answer of each row', () => {
  const three = [
    change('person_id', 'A-1'),
    change('person_id', 'A-2', { email: 'nobody' }),
    change('person_id', 'A-3'),
  ]

  it('a 207 blames the row that it names, in the vendor’s words and with the correlation id', async () => {
    expect(await contacts(three)).toEqual([
      ok,
      {
        outcome: 'rejected',
        code: 'INVALID_EMAIL',
        message: expect.stringMatching(/^Email address nobody is invalid \(correlation id [0-9a-f-]{36}\)$/),
        retryable: false,
      },
      ok,
    ])
  })

  const bad = change('person_id', 'A-4', { email: 'nobody else' })

  it('errors that name nobody deny the rows that are not among the results: each goes once more, and gets its own answer', async () => {
    await vendor.fault('unnamed_errors', { times: 'always' })
    const later = change('person_id', 'A-5', { email: 'a5@x.example' })
    await vendor.fault('bad_items', { times: 1, ids: ['A-5'] })
    expect(await contacts([...three, bad, later])).toMatchObject([
      ok,
      {
        outcome: 'rejected',
        code: 'INVALID_EMAIL',
        retryable: false,
        message: expect.stringMatching(/^Email address nobody is/),
      },
      ok,
      { outcome: 'rejected', code: 'INVALID_EMAIL', retryable: false, message: expect.stringContaining('nobody else') },
      ok,
    ])
    const sizes = (await vendor.requests()).map(({ body }) => JSON.parse(body ?? '').inputs.length)
    expect(sizes).toEqual([5, 1, 1, 1])
  })

  it('errors that name nobody leave open what became of a row whose own request is lost', async () => {
    await vendor.fault('unnamed_errors', { times: 'always' })
    await vendor.fault('reset_after', { times: 1, after: 1, match: 'upsert' })
    expect(await contacts([...three, bad])).toMatchObject([
      ok,
      { outcome: 'unknown', failure: { code: 'MR-3002' } },
      ok,
      { outcome: 'rejected', retryable: true, message: expect.stringContaining('one of 2 rows') },
    ])
  })

  it('errors that name nobody say that it is not known whose they are where somebody opts in: that goes once', async () => {
    await vendor.fault('unnamed_errors')
    const optIn = { ...change('person_id', 'A-1', { sms_opt_out: false }), optsIn: true as const }
    expect(await contacts([optIn, ...three.slice(1), bad])).toMatchObject([
      ok,
      { outcome: 'rejected', retryable: true, message: expect.stringContaining('one of 2 rows') },
      ok,
      { outcome: 'rejected', retryable: true },
    ])
  })

  it('a refusal of the whole batch throws, so that the engine sends its halves, and a row alone is rejected', async () => {
    await vendor.fault('all_or_nothing', { times: 'always' })
    await expect(contacts(three)).rejects.toMatchObject({
      code: 'MR-3004',
      message: expect.stringMatching(/request 00000000-.*INVALID_EMAIL: Email address nobody is invalid/),
    })
    expect(await propertiesOf('A-1')).toBeUndefined()
    expect(await contacts(three.slice(1, 2))).toMatchObject([{ outcome: 'rejected', code: 'INVALID_EMAIL' }])
  })

  it('a 200 with empty results is no delivery: of rows that are not there nothing is known', async () => {
    await vendor.fault('empty_results')
    const rows = [change('person_id', 'A-1', { jobtitle: 'CTO' }), change('person_id', 'A-2', { jobtitle: 'CEO' })]
    expect(await contacts(rows)).toMatchObject([
      { outcome: 'unknown', message: expect.stringContaining('neither among its results nor among its errors') },
      { outcome: 'unknown' },
    ])
    expect(await vendor.asked()).toEqual([
      'POST /crm/v3/objects/contacts/batch/upsert',
      'POST /crm/v3/objects/contacts/batch/read',
    ])
  })

  it('a 200 with empty results, though everything was done, is settled by reading the records back', async () => {
    await vendor.fault('empty_results', { applied: true })
    expect(await contacts([change('person_id', 'A-1', { jobtitle: 'CTO' })])).toEqual([ok])
  })

  it('two keys that HubSpot takes for one are refused whole, and taken apart', async () => {
    await expect(contacts([change('person_id', 'A-1'), change('person_id', 'a-1')])).rejects.toMatchObject({
      code: 'MR-3004',
      message: expect.stringContaining('Duplicate IDs'),
    })
  })

  it.each(['update', 'clear', 'insert'] as const)(
    'what was taken stays taken where the look-up behind it gets no answer: %s',
    async (op) => {
      await vendor.fault('status', { status: 503, times: 'always', match: 'batch/read' })
      const behind = { ...change('person_id', 'P-000001', { jobtitle: null }), op }
      expect(await contacts([change('person_id', 'A-1', { jobtitle: 'CTO' }), behind])).toMatchObject([
        ok,
        { outcome: 'unknown', failure: { code: 'MR-3003' } },
      ])
      expect(await propertiesOf('A-1')).toMatchObject({ jobtitle: 'CTO' })
    },
  )

  it('what a look-up says of rows stays said where the request of the others is refused', async () => {
    await vendor.fault('status', { status: 403, match: 'batch/update' })
    const rows = ['P-000001', 'X-9'].map((key) => change('person_id', key, { jobtitle: 'CTO' }))
    const updates = rows.map((row) => ({ ...row, op: 'update' as const }))
    expect(await contacts([change('person_id', 'A-1'), ...updates])).toMatchObject([
      ok,
      { outcome: 'unknown', failure: { code: 'MR-3001' } },
      { outcome: 'absent' },
    ])
  })

  const refused = {
    status: 400,
    body: { status: 'error', category: 'VALIDATION_ERROR', message: 'this value is none of ours' },
    match: 'batch/read',
    times: 'always',
  }

  it.each(['update', 'clear', 'insert'] as const)(
    'a row whose look-up is refused is a reject, beside others that were taken: %s',
    async (op) => {
      await vendor.fault('status', refused)
      const behind = ['P-000001', 'P-000002'].map((key) => ({ ...change('person_id', key, { jobtitle: null }), op }))
      const reject = { outcome: 'rejected', code: 'MR-3004', message: expect.stringContaining('none of ours') }
      expect(await contacts([change('person_id', 'A-1', { jobtitle: 'CTO' }), ...behind])).toMatchObject([
        ok,
        reject,
        reject,
      ])
    },
  )

  it.each([302, 404, 405, 410])('a %i blames no row: it ends the delivery, and says where to look', async (status) => {
    await vendor.fault('status', { status, times: 'always', body: '<html>Sign in</html>', match: 'batch' })
    for (const op of ['upsert', 'update'] as const)
      await expect(contacts([change('person_id', 'A-1', { jobtitle: 'CTO' }, op)])).rejects.toMatchObject({
        code: 'MR-3001',
        message: expect.stringMatching(new RegExp(`answered ${status}.*base_url may not be the one of the API`)),
      })
  })

  it('a 404 in HubSpot’s own words is about what was asked: a row alone is rejected', async () => {
    const body = { status: 'error', message: 'resource not found', correlationId: 'c-1' }
    await vendor.fault('status', { status: 404, times: 'always', body, match: 'batch/upsert' })
    await expect(contacts(three)).rejects.toMatchObject({ code: 'MR-3004' })
    expect(await contacts(three.slice(0, 1))).toMatchObject([
      { outcome: 'rejected', message: 'resource not found (correlation id c-1)' },
    ])
  })

  it('an opt-in of which a part was taken is not sent again where the look-up of another is refused', async () => {
    await contacts([change('person_id', 'A-1', { lifecyclestage: 'customer' })])
    await vendor.fault('status', { ...refused, after: 1 })
    const optIn = (key: string, fields: Change['fields'], op: Change['op']) => ({
      ...change('person_id', key, { ...fields, sms_opt_out: false }, op),
      optsIn: true as const,
    })
    expect(
      await contacts([optIn('A-1', { lifecyclestage: 'lead' }, 'upsert'), optIn('P-000001', {}, 'update')]),
    ).toMatchObject([
      { outcome: 'rejected', code: 'LIFECYCLE_STAGE_KEPT', maybeTaken: true },
      { outcome: 'rejected', code: 'MR-3004' },
    ])
    expect((await vendor.asked()).filter((path) => path.endsWith('upsert'))).toHaveLength(1)
  })

  it.each([
    [503, 'upsert', 'MR-3003'],
    [403, 'upsert', 'MR-3001'],
    [503, 'insert', 'MR-3003'],
    [400, 'insert', 'MR-3004'],
  ] as const)(
    'a look-up of rows that were not named says nothing of those that were: %i, %s',
    async (status, op, code) => {
      await vendor.fault('empty_results', { keep: 2, match: 'batch/(upsert|create)' })
      // An insert looks first.
      await vendor.fault('status', { ...refused, status, after: op === 'insert' ? 1 : 0 })
      const rows = ['A-1', 'A-2', 'A-3'].map((key) => change('person_id', key, { jobtitle: key }, op))
      expect(await contacts(rows)).toMatchObject([ok, ok, { outcome: 'unknown', failure: { code } }])
    },
  )

  it('a 504 after the fact is asked again, and is the same as once', async () => {
    await using patient = await openHubspot({ retry: {} })
    await patient.fault('gateway_timeout', { times: 1, match: 'upsert' })
    expect(await patient.write('contact', 'person_id', [change('person_id', 'A-1')])).toEqual([ok])
    expect((await patient.requests()).map(({ status }) => status)).toEqual([504, 200])
  })

  it('an answer with bytes that are not UTF-8 is asked for again, and not read as other text', async () => {
    await using patient = await openHubspot({ retry: {} })
    await patient.fault('bad_utf8', { times: 1, match: 'upsert' })
    expect(await patient.write('contact', 'person_id', [change('person_id', 'A-1')])).toEqual([ok])
    expect(await patient.requests()).toHaveLength(2)
  })
})

describe('a lifecycle stage', () => {
  const stage = (key: string, lifecyclestage: string | null, op: Change['op'] = 'upsert') =>
    change('person_id', key, { lifecyclestage, jobtitle: `title of ${lifecyclestage}` }, op)

  it.each(['upsert', 'update'] as const)(
    'that HubSpot does not take back has its row rejected in words, with the rest of it written: %s',
    async (op) => {
      await contacts([stage('A-1', 'customer'), stage('A-2', 'lead')])
      const back = change(
        'person_id',
        'A-1',
        { lifecyclestage: 'lead', jobtitle: 'CTO', 'associations.company': '50001' },
        op,
      )
      expect(await contacts([back, stage('A-2', 'customer', op)])).toMatchObject([
        {
          outcome: 'rejected',
          code: 'LIFECYCLE_STAGE_KEPT',
          retryable: true,
          maybeTaken: true,
          message: expect.stringContaining('HubSpot kept the lifecyclestage customer and did not take lead'),
        },
        ok,
      ])
      expect(await propertiesOf('A-1')).toMatchObject({ lifecyclestage: 'customer', jobtitle: 'CTO' })
      expect(await vendor.sandbox.show('hubspot', 'association')).toHaveLength(1)
    },
  )

  it('goes back once it was cleared', async () => {
    await contacts([stage('A-1', 'customer')])
    expect(await contacts([stage('A-1', null)])).toEqual([ok])
    expect(await contacts([stage('A-1', 'lead')])).toEqual([ok])
    expect(await propertiesOf('A-1')).toMatchObject({ lifecyclestage: 'lead' })
  })
})

describe('an opt-in', () => {
  it.each([
    ['gateway_timeout', {}],
    ['reset_after', {}],
    ['status', { status: 429 }],
  ])('is not sent again after %s', async (name, spec) => {
    await using patient = await openHubspot({ retry: {} })
    await patient.fault(name, { ...spec, times: 1, match: 'upsert' })
    const optIn = { ...change('person_id', 'A-1', { jobtitle: 'CTO' }), optsIn: true as const }
    await expect(patient.write('contact', 'person_id', [optIn])).rejects.toMatchObject({ retry: 'later' })
    expect((await patient.asked()).filter((path) => path.endsWith('upsert'))).toHaveLength(1)
  })
})

describe('updating', () => {
  it.each(['update', 'clear', 'set'] as const)(
    '%s looks records up, changes those that are there, and makes none',
    async (op) => {
      const value = op === 'clear' ? null : 'CTO'
      const changes = [
        change('person_id', 'P-000001', { jobtitle: value }, op),
        change('person_id', 'nobody', { jobtitle: value }, op),
      ]
      expect(await contacts(changes)).toEqual([ok, { outcome: 'absent' }])
      expect(await vendor.asked()).toEqual([
        'POST /crm/v3/objects/contacts/batch/read',
        'POST /crm/v3/objects/contacts/batch/update',
      ])
      expect(await propertiesOf('nobody')).toBeUndefined()
      const properties = await propertiesOf('P-000001')
      expect(properties).toEqual(
        op === 'clear'
          ? expect.not.objectContaining({ jobtitle: expect.anything() })
          : expect.objectContaining({ jobtitle: 'CTO' }),
      )
    },
  )

  it('goes by record id, by email, and by a company’s domain', async () => {
    const [person] = await vendor.sandbox.show('hubspot', 'contact')
    const id = String(person?.['id'])
    expect(await contacts([change('hs_object_id', id, { jobtitle: 'A' }, 'update')], 'hs_object_id')).toEqual([ok])
    const email = textOf(person, 'email')
    expect(await contacts([change('email', email.toLowerCase(), { jobtitle: 'B' }, 'update')], 'email')).toEqual([ok])
    const [company] = await vendor.sandbox.show('hubspot', 'company')
    const domain = textOf(company, 'domain')
    expect(await vendor.write('company', 'domain', [change('domain', domain, { arr: 7 }, 'update')])).toEqual([ok])
    expect(await vendor.asked()).toEqual([
      'POST /crm/v3/objects/companies/search',
      'POST /crm/v3/objects/companies/batch/update',
    ])
    expect((await vendor.held('company', 'domain', domain))?.['properties']).toMatchObject({ arr: '7' })
  })

  it('refuses what is no record id, and a domain that two companies have', async () => {
    expect(await contacts([change('hs_object_id', 'Ada', {}, 'update')], 'hs_object_id')).toMatchObject([
      { outcome: 'rejected', message: 'Ada is not the id of a record' },
    ])
    const twins = ['T-1', 'T-2'].map((ref) => change('account_ref', ref, { domain: 'twins.example' }))
    await vendor.write('company', 'account_ref', twins)
    expect(
      await vendor.write('company', 'domain', [change('domain', 'twins.example', { arr: 1 }, 'update')]),
    ).toMatchObject([{ outcome: 'rejected', code: 'AMBIGUOUS', message: 'domain names 2 records' }])
  })
})

describe('records that were merged', () => {
  const byId = (key: string, fields: Change['fields'], op: Change['op'] = 'update') =>
    change('hs_object_id', key, fields, op)
  const held = async (id: string) => (await vendor.held('contact', 'hs_object_id', id))?.['properties']
  const write = (...changes: readonly Change[]) => contacts(changes, 'hs_object_id')

  it('are updated by each id that they had, also after a second merge', async () => {
    const once = await merge('50001', '50002')
    expect(await write(byId('50002', { jobtitle: 'CTO' }))).toEqual([ok])
    const twice = await merge(once, '50003')
    expect(await write(byId('50001', { website: 'x.example' }))).toEqual([ok])
    expect(await write(byId('50003', { score: 7 }), byId('50009', { score: 9 }))).toEqual([ok, ok])
    expect(await held(twice)).toMatchObject({ jobtitle: 'CTO', website: 'x.example', score: '7' })
    expect((await held('50009')) ?? {}).toMatchObject({ score: '9' })
  })

  it('take one row: the other that has come to mean the same is rejected in words', async () => {
    const id = await merge('50001', '50002')
    expect(await write(byId('50001', { jobtitle: 'CTO' }), byId('50002', { jobtitle: 'CEO' }))).toMatchObject([
      ok,
      {
        outcome: 'rejected',
        code: 'MERGED',
        message: `record 50002 is now record ${id}, for which the row 50001 stands, too`,
      },
    ])
    expect(await held(id)).toMatchObject({ jobtitle: 'CTO' })
  })

  it('take the row that says that somebody opted out, and one that stands before one that left', async () => {
    await merge('50001', '50002')
    const rows = [byId('50001', { jobtitle: null }, 'clear'), byId('50002', { jobtitle: 'CEO' })]
    expect(await write(...rows)).toMatchObject([{ outcome: 'rejected', code: 'MERGED' }, ok])
    const out = [byId('50001', { jobtitle: 'CTO' }), byId('50002', { sms_opt_out: true }, 'set')]
    expect(await write(...out)).toMatchObject([{ outcome: 'rejected', code: 'MERGED' }, ok])
  })

  it('lose nothing for a row that left, which another may stand for, and say so; an opt-out arrives', async () => {
    const id = await merge('50001', '50002')
    await write(byId(id, { jobtitle: 'CTO' }))
    expect(await write(byId('50002', { jobtitle: null }, 'clear'))).toMatchObject([
      { outcome: 'rejected', code: 'MERGED', message: expect.stringContaining(`was merged into ${id}`) },
    ])
    expect(await write(byId('50002', { sms_opt_out: true }, 'set'))).toEqual([ok])
    expect(await held(id)).toMatchObject({ jobtitle: 'CTO', sms_opt_out: 'true' })
    // By the id that is left, too: which of them the model names may have changed.
    expect(await write(byId(id, { jobtitle: null }, 'clear'))).toMatchObject([
      { outcome: 'rejected', code: 'MERGED', message: expect.stringContaining(`were merged into record ${id}: what`) },
    ])
    expect(await held(id)).toMatchObject({ jobtitle: 'CTO' })
  })

  it.each(['an old id', 'its own id'])('opt nobody in by %s, since another row may say otherwise', async (by) => {
    await write(byId('50001', { sms_opt_out: true }))
    const id = await merge('50001', '50002')
    const fields = { jobtitle: 'CTO', sms_opt_out: false }
    const optIn = { ...byId(by === 'an old id' ? '50002' : id, fields), optsIn: true as const }
    expect(await write(optIn, byId('50009', { jobtitle: 'CEO' }))).toMatchObject([
      { outcome: 'rejected', code: 'MERGED', retryable: false, message: expect.stringContaining(`record ${id}`) },
      ok,
    ])
    expect(await held(id)).toMatchObject({ sms_opt_out: 'true' })
  })

  it('are named where a row goes to a record of another id', async () => {
    const id = await merge('50003', '50004')
    expect(await write(byId(id, { jobtitle: 'CFO' }), byId('50009', { jobtitle: 'CEO' }))).toEqual([ok, ok])
    expect(await write(byId('50004', { jobtitle: null }, 'clear'))).toMatchObject([{ outcome: 'rejected' }])
    expect(vendor.warnings()).toEqual([])
    expect(await write(byId('50004', { jobtitle: 'CTO' }), byId('50009', { jobtitle: 'CEO' }))).toEqual([ok, ok])
    expect(vendor.warnings()).toEqual([expect.stringContaining(`50004 → ${id}`)])
  })
})

describe('a contact with several addresses', () => {
  const [home, work] = ['home@x.example', 'work@x.example']
  const write = (...changes: readonly Change[]) => contacts(changes, 'email')
  const by = (email: string, fields: Change['fields'], op: Change['op'] = 'update') =>
    change('email', email, fields, op)
  const held = async () => (await vendor.held('contact', 'email', home))?.['properties']

  beforeEach(async () => {
    await write(by(home, { firstname: 'Ada' }, 'upsert'), by(work, { firstname: 'A.' }, 'upsert'))
    const [one, other] = await Promise.all([home, work].map((email) => vendor.held('contact', 'email', email)))
    await merge(String(one?.['id']), String(other?.['id']))
  })

  it('is found by each of them', async () => {
    const before = (await vendor.sandbox.show('hubspot', 'contact')).length
    expect(await write(by(work, { jobtitle: 'CTO' }, 'upsert'))).toEqual([ok])
    expect(await write(by(work, { website: 'x.example' }))).toEqual([ok])
    expect(await write(by(home, { score: 7 }))).toEqual([ok])
    expect(await held()).toMatchObject({ firstname: 'Ada', jobtitle: 'CTO', website: 'x.example', score: '7' })
    expect(await write(by(work, { jobtitle: 'CTO' }, 'insert'))).toEqual([ok])
    expect(await write(by(work, { jobtitle: 'CEO' }, 'insert'))).toMatchObject([{ code: 'CONFLICT' }])
    expect(await vendor.sandbox.show('hubspot', 'contact')).toHaveLength(before)
    const company = change('account_ref', 'A-000002', { 'associations.contact.email': work })
    expect(await vendor.write('company', 'account_ref', [company])).toEqual([ok])
    expect(await vendor.sandbox.show('hubspot', 'association')).toHaveLength(1)
  })

  it('keeps what only another row may take away, and says so; an opt-out arrives', async () => {
    expect(await write(by(work, { firstname: null }, 'clear'))).toMatchObject([
      {
        outcome: 'rejected',
        code: 'MERGED',
        message: expect.stringContaining(`${work} is another address of contact`),
      },
    ])
    expect(await held()).toMatchObject({ firstname: 'Ada' })
    expect(await write(by(work, { sms_opt_out: true }, 'set'))).toEqual([ok])
    expect(await held()).toMatchObject({ sms_opt_out: 'true' })
    expect(await write(by(home, { firstname: null }, 'clear'))).toMatchObject([
      {
        outcome: 'rejected',
        code: 'MERGED',
        message: expect.stringMatching(
          /^contact \d+ has several addresses: what .* take it away at HubSpot; {2}millrace sync run NAME --rejected-only {2}looks again$/,
        ),
      },
    ])
    expect(await held()).toMatchObject({ firstname: 'Ada' })
  })

  it('is done with a row that left where nothing is there to take away', async () => {
    await write(by(home, { firstname: null }))
    const left = [by(work, { firstname: null }, 'clear'), by('nobody@x.example', { firstname: null }, 'clear')]
    await vendor.requests()
    expect(await write(...left)).toEqual([ok, { outcome: 'absent' }])
    expect(await vendor.asked()).toEqual(Array(2).fill('POST /crm/v3/objects/contacts/batch/read'))
    expect(await write(by(home, { firstname: null }, 'clear'))).toEqual([ok])
  })

  it.each(['upsert', 'update'] as const)(
    'keeps its values where the model comes to name it by another: %s',
    async (op) => {
      await write(by(home, { jobtitle: 'CTO' }, op))
      const left = by(home, { jobtitle: null }, 'clear')
      expect(await write(by(work, { jobtitle: 'CTO' }, op), left)).toMatchObject([ok, { code: 'MERGED' }])
      expect(await write(left)).toMatchObject([{ code: 'MERGED' }])
      expect(await held()).toMatchObject({ jobtitle: 'CTO' })
    },
  )

  it('takes one row of a batch, and no opt-in, which another row may deny', async () => {
    expect(await write(by(home, { jobtitle: 'CTO' }), by(work, { jobtitle: 'CEO' }))).toMatchObject([
      ok,
      { outcome: 'rejected', code: 'MERGED', message: expect.stringContaining(`for which the row ${home} stands`) },
    ])
    for (const email of [home, work])
      expect(await write({ ...by(email, { sms_opt_out: false }), optsIn: true })).toMatchObject([
        { outcome: 'rejected', code: 'MERGED', message: expect.stringContaining('has several addresses') },
      ])
  })

  it('is not opted in by an upsert of one of its addresses, while another row may say that it opted out', async () => {
    for (const email of [home, work]) expect(await write(by(email, { sms_opt_out: true }, 'upsert'))).toEqual([ok])
    const optIn = (email: string) => ({ ...by(email, { sms_opt_out: false }, 'upsert'), optsIn: true as const })
    expect(await write(optIn(work), optIn('new@x.example'))).toMatchObject([
      { outcome: 'rejected', code: 'MERGED' },
      ok,
    ])
    expect(await held()).toMatchObject({ sms_opt_out: 'true' })
    // Nothing is asked for those that opt nobody in.
    await vendor.requests()
    expect(await write(by(work, { sms_opt_out: true }, 'upsert'))).toEqual([ok])
    expect(await vendor.asked()).toEqual(['POST /crm/v3/objects/contacts/batch/upsert'])
  })
})

describe('a unique value in another case', () => {
  const company = (ref: string, fields: Change['fields'], op: Change['op'] = 'upsert') =>
    change('account_ref', ref, fields, op)
  const write = (...changes: readonly Change[]) => vendor.write('company', 'account_ref', changes)

  const held = async () => (await vendor.held('company', 'account_ref', 'ABC-1'))?.['properties']
  const person = (id: string, fields: Change['fields'], op: Change['op'] = 'update') =>
    change('person_id', id, fields, op)

  it.each(['update', 'insert'] as const)('finds the record that HubSpot finds by it: %s', async (op) => {
    await write(company('ABC-1', { name: 'Abc', city: 'Oulu' }))
    expect(await write(company('abc-1', { name: 'Abc' }, op))).toEqual([ok])
  })

  it('takes nothing away that the row of the other case may say, and says so, until nothing is left of it', async () => {
    await write(company('abc-1', { name: 'Abc', city: 'Oulu' }))
    const left = company('abc-1', { city: null }, 'clear')
    const reject = {
      outcome: 'rejected',
      code: 'MERGED',
      message: expect.stringContaining('account_ref is ABC-1: what'),
    }
    expect(await write(company('ABC-1', { city: 'Espoo' }), left)).toMatchObject([ok, reject])
    expect(await write(company('ABC-1', { name: 'ABC' }, 'update'))).toEqual([ok])
    expect(await write(left)).toMatchObject([reject])
    expect(await held()).toMatchObject({ name: 'ABC', city: 'Espoo' })
    await write(company('ABC-1', { city: null }))
    expect(await write(left)).toEqual([ok])
  })

  it('opts nobody in, whose other row may say that they opted out; an opt-out arrives', async () => {
    await contacts([person('A-1', { sms_opt_out: false }, 'upsert')])
    expect(await contacts([person('a-1', { sms_opt_out: true }, 'set')])).toEqual([ok])
    const optIn = { ...person('a-1', { sms_opt_out: false }), optsIn: true as const }
    for (const op of ['update', 'upsert'] as const)
      expect(await contacts([{ ...optIn, op }])).toMatchObject([
        {
          outcome: 'rejected',
          code: 'MERGED',
          message: expect.stringMatching(/in another case, A-1, and another row/),
        },
      ])
    expect(await propertiesOf('A-1')).toMatchObject({ sms_opt_out: 'true' })
  })

  it('takes one row of a batch: who opts out, or the one that has it to the letter, or one', async () => {
    await write(company('ABC-1', { name: 'Abc' }))
    const reject = (key: string, owner: string) => ({
      outcome: 'rejected',
      code: 'MERGED',
      message: expect.stringMatching(
        new RegExp(`^${key} is record .* is ABC-1, for which the row ${owner} stands, too$`),
      ),
    })
    const update = (ref: string, city: string) => company(ref, { city }, 'update')
    expect(await write(update('abc-1', 'A'), update('Abc-1', 'B'))).toMatchObject([ok, reject('Abc-1', 'abc-1')])
    expect(await write(update('abc-1', 'C'), update('ABC-1', 'D'))).toMatchObject([reject('abc-1', 'ABC-1'), ok])
    expect(await held()).toMatchObject({ city: 'D' })
    // It takes away first, and with the next run the other says all of its own again.
    const left = company('ABC-1', { city: null }, 'clear')
    expect(await write(update('abc-1', 'E'), left)).toMatchObject([reject('abc-1', 'ABC-1'), ok])
    expect(await held()).not.toHaveProperty('city')
    await contacts([person('A-1', {}, 'upsert')])
    const out = person('a-1', { sms_opt_out: true }, 'set')
    expect(await contacts([person('A-1', { jobtitle: 'CTO' }), out])).toMatchObject([{ code: 'MERGED' }, ok])
    expect(await propertiesOf('A-1')).toMatchObject({ sms_opt_out: 'true' })
  })

  it('is asked for alone where another row has it to the letter: HubSpot may tell them apart', async () => {
    await write(company('ABC-1', { name: 'Abc' }))
    const apart = {
      status: 'COMPLETE',
      results: [],
      errors: [{ status: 'error', category: 'OBJECT_NOT_FOUND', message: 'no', context: { ids: ['abc-1'] } }],
    }
    await vendor.fault('error_200', { body: apart, match: 'batch/read', after: 1, times: 1 })
    const rows = [company('abc-1', { city: 'Oulu' }, 'update'), company('ABC-1', { city: 'Espoo' }, 'update')]
    expect(await write(...rows)).toEqual([{ outcome: 'absent' }, ok])
    expect(await held()).toMatchObject({ city: 'Espoo' })
  })
})

describe('inserting', () => {
  it('makes what is not there, and refuses what is there with other values', async () => {
    const changes = [
      change('person_id', 'A-1', { jobtitle: 'CTO' }, 'insert'),
      change('person_id', 'P-000001', { jobtitle: 'CTO' }, 'insert'),
    ]
    expect(await contacts(changes)).toMatchObject([ok, { outcome: 'rejected', code: 'CONFLICT' }])
    expect(await propertiesOf('A-1')).toMatchObject({ jobtitle: 'CTO' })
    expect(await propertiesOf('P-000001')).not.toMatchObject({ jobtitle: 'CTO' })
  })

  it('is not sent twice where no answer came: the records are looked up', async () => {
    await using patient = await openHubspot({ retry: {} })
    await patient.fault('gateway_timeout', { times: 1, match: 'batch/create' })
    const insert = change('serial_number', 'M-2', { model: 'x' }, 'insert')
    expect(await patient.write('machine', 'serial_number', [insert])).toEqual([ok])
    expect(await patient.asked()).toEqual([
      'POST /crm/v3/objects/machine/batch/read',
      'POST /crm/v3/objects/machine/batch/create',
      'POST /crm/v3/objects/machine/batch/read',
    ])
    // A run that was killed in between sends it again.
    expect(await patient.write('machine', 'serial_number', [insert])).toEqual([ok])
    const machines = await patient.sandbox.show('hubspot', 'machine')
    expect(machines.filter(({ properties }) => JSON.stringify(properties).includes('M-2'))).toHaveLength(1)
  })

  it('takes for its own what HubSpot writes in another way, and only that', async () => {
    const own = {
      email: 'Ada@X.example',
      score: exact('12345678901234567890.50'),
      mrr: exact('1e3'),
      last_seen_at: '2026-11-20T09:55:00Z',
      interests: ['vanilla', 'chocolate'],
    }
    const insert = (fields: Change['fields']) => contacts([change('person_id', 'A-1', { ...own, ...fields }, 'insert')])
    expect(
      await insert({ score: exact('12345678901234567890.5'), mrr: 1000, interests: ['chocolate', 'vanilla'] }),
    ).toEqual([ok])
    expect((await propertiesOf('A-1')) ?? {}).toMatchObject({
      email: 'ada@x.example',
      last_seen_at: '2026-11-20T09:55:00Z',
    })
    const company = { 'associations.company': '50001' }
    expect(await insert(company)).toEqual([ok])
    expect(await insert({ interests: ';vanilla' })).toEqual([ok])
    expect(await vendor.sandbox.show('hubspot', 'association')).toHaveLength(1)
    const others: readonly Change['fields'][] = [
      { score: exact('12345678901234567890.51') },
      { score: exact('-12345678901234567890.5') },
      { mrr: 100 },
      { last_seen_at: '2026-11-20T09:55:00.001Z' },
      { interests: ['vanilla'] },
      { interests: ';strawberry' },
      { jobtitle: 'CTO' },
      { mrr: null },
    ]
    for (const other of others) expect(await insert(other)).toMatchObject([{ outcome: 'rejected', code: 'CONFLICT' }])
  })

  it('stays unknown where nothing was made', async () => {
    await vendor.fault('reset_before', { times: 1, match: 'batch/create' })
    expect(await contacts([change('person_id', 'A-1', {}, 'insert')])).toMatchObject([{ outcome: 'unknown' }])
  })
})

describe('associations', () => {
  const pairs = async () =>
    (await vendor.sandbox.show('hubspot', 'association')).map(
      ({ from_id, to_type, to_id }) => `${from_id} ${to_type} ${to_id}`,
    )

  it('are made by id or by a property of the other record, once its record is there', async () => {
    const company = await vendor.held('company', 'account_ref', 'A-000002')
    const domain = textOf(company, 'domain')
    expect(
      await contacts([
        change('person_id', 'A-1', { 'associations.company': '50001' }),
        change('person_id', 'A-2', { 'associations.company.account_ref': 'A-000002' }),
        change('person_id', 'A-3', { 'associations.company.domain': domain }),
        change('person_id', 'A-4', { 'associations.company.account_ref': null }),
      ]),
    ).toEqual([ok, ok, ok, ok])
    const ids = await Promise.all(
      ['A-1', 'A-2', 'A-3'].map(async (key) => (await vendor.held('contact', 'person_id', key))?.['id']),
    )
    expect(await pairs()).toEqual([`${ids[0]} company 50001`, `${ids[1]} company 50002`, `${ids[2]} company 50002`])
    expect(await vendor.asked()).toEqual([
      'POST /crm/v3/objects/contacts/batch/upsert',
      'POST /crm/v3/objects/companies/batch/read',
      'POST /crm/v3/objects/companies/search',
      'POST /crm/v4/associations/contacts/companies/batch/associate/default',
    ])
  })

  it('are made of those that are found where HubSpot does not let search by one of their values', async () => {
    const [first = '', second = ''] = (await vendor.sandbox.show('hubspot', 'company')).map((each) =>
      textOf(each, 'domain'),
    )
    // As of a domain that more companies have than a search shows.
    await vendor.fault('status', { times: 2, status: 400, match: '/companies/search' })
    const results = await contacts(
      [first, second].map((domain, at) => change('person_id', `A-${at}`, { 'associations.company.domain': domain })),
    )
    expect(results).toMatchObject([{ outcome: 'rejected', retryable: true, maybeTaken: true }, ok])
    expect(await pairs()).toHaveLength(1)
  })

  it('cannot be searched for behind 10,000 results, as the simulator has it, too', async () => {
    const { base_url, access_token } = vendor.sandbox.connection('hubspot')
    const filterGroups = [{ filters: [{ propertyName: 'domain', operator: 'IN', values: ['x.example'] }] }]
    const search = async (after: string) =>
      fetch(`${base_url}/crm/v3/objects/companies/search`, {
        method: 'POST',
        headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ filterGroups, limit: 200, after }),
      })
    expect([(await search('9800')).status, (await search('10000')).status]).toEqual([200, 400])
  })

  it('by domains are searched in bodies that HubSpot takes, and no faster than it lets them', async () => {
    const domains = Array.from({ length: 100 }, (_, at) => `${String(at).padStart(3, '0')}${'x'.repeat(150)}.example`)
    const made = domains.map((domain, at) => change('account_ref', `L-${at}`, { domain }))
    expect(await vendor.write('company', 'account_ref', made)).toEqual(Array(100).fill(ok))
    const people = domains.map((domain, at) =>
      change('person_id', `A-${at}`, { 'associations.company.domain': domain }),
    )
    expect(await contacts(people)).toEqual(Array(100).fill(ok))
    const searches = (await vendor.requests()).filter(({ path }) => path.endsWith('/search'))
    expect(new Set(searches.map(({ status }) => status))).toEqual(new Set([200]))
    expect(searches.length).toBeGreaterThan(5)
    const [update] = domains.map((domain) => change('domain', domain, { city: 'Oulu', name: 'x' }, 'update'))
    await vendor.fault('empty_results', { applied: true })
    if (update) expect(await vendor.write('company', 'domain', [update])).toEqual([ok])
    expect((await vendor.asked()).map((path) => path.replace('POST /crm/v3/objects/companies/', ''))).toEqual([
      'search',
      'batch/update',
      'search',
      'batch/read',
    ])
  })

  it('by a domain that no search can hold refuse their own row alone', async () => {
    const long = 'x'.repeat(3_000)
    const domain = textOf(await vendor.held('company', 'account_ref', 'A-000002'), 'domain')
    const rows = [domain, long, domain].map((each, at) =>
      change('person_id', `A-${at}`, { 'associations.company.domain': each }),
    )
    expect(await contacts(rows)).toMatchObject([
      ok,
      { outcome: 'rejected', code: 'ASSOCIATION_TARGET_NOT_FOUND', retryable: true, maybeTaken: true },
      ok,
    ])
    const updates = [long, domain].map((each) => change('domain', each, { arr: 7 }, 'update'))
    expect(await vendor.write('company', 'domain', updates)).toEqual([{ outcome: 'absent' }, ok])
    expect(new Set((await vendor.requests()).map(({ status }) => status))).toEqual(new Set([200]))
  })

  it('that have nobody to point to leave their row undone, to come again', async () => {
    expect(
      await contacts([
        change('person_id', 'A-1', { 'associations.company.account_ref': 'A-999999' }),
        change('person_id', 'A-2', { 'associations.company': '99' }),
        change('person_id', 'A-3', { 'associations.company': '50001' }),
      ]),
    ).toMatchObject([
      { outcome: 'rejected', code: 'ASSOCIATION_TARGET_NOT_FOUND', retryable: true, maybeTaken: true },
      {
        outcome: 'rejected',
        code: 'OBJECT_NOT_FOUND',
        message: expect.stringContaining('No object found: 0-2-99'),
        maybeTaken: true,
      },
      ok,
    ])
    expect(await propertiesOf('A-1')).toBeDefined()
  })

  it('that get no answer leave their row unknown, though its record was written', async () => {
    await vendor.fault('reset_before', { times: 1, match: 'associate' })
    expect(
      await contacts([change('person_id', 'A-1', { 'associations.company': '50001' }), change('person_id', 'A-2')]),
    ).toMatchObject([{ outcome: 'unknown', failure: { code: 'MR-3002' } }, ok])
  })

  it('that are refused whole are sent in halves: their records are written already', async () => {
    await vendor.fault('status', {
      status: 400,
      times: 1,
      match: 'associate',
      body: { category: 'VALIDATION_ERROR', message: 'no' },
    })
    const rows = ['A-1', 'A-2', 'A-3'].map((key) => change('person_id', key, { 'associations.company': '50001' }))
    expect(await contacts(rows)).toEqual([ok, ok, ok])
    expect((await vendor.asked()).filter((path) => path.includes('associate'))).toHaveLength(3)
  })

  it('alone update nothing else', async () => {
    expect(await contacts([change('person_id', 'P-000001', { 'associations.company': '50001' }, 'update')])).toEqual([
      ok,
    ])
    expect(await vendor.asked()).toEqual([
      'POST /crm/v3/objects/contacts/batch/read',
      'POST /crm/v4/associations/contacts/companies/batch/associate/default',
    ])
  })

  it('are previewed with what is looked up left open', async () => {
    const contact = await vendor.object('contact')
    const changes = [
      change('person_id', 'A-1', { jobtitle: 'x', 'associations.company.account_ref': 'A-000002' }),
      change('person_id', 'A-2', { jobtitle: 'x' }, 'update'),
    ]
    const optIn = { ...change('person_id', 'A-3', { sms_opt_out: false }), optsIn: true as const }
    expect(contact.preview([optIn], { match: 'person_id' }).map(({ path }) => path)).toEqual([
      '/crm/v3/objects/contacts/batch/read',
      '/crm/v3/objects/contacts/batch/upsert',
    ])
    const previewed = contact.preview(changes, { match: 'person_id' })
    expect(previewed.map(({ path }) => path)).toEqual([
      '/crm/v3/objects/contacts/batch/upsert',
      '/crm/v3/objects/contacts/batch/read',
      '/crm/v3/objects/contacts/batch/update',
      '/crm/v3/objects/companies/batch/read',
      '/crm/v4/associations/contacts/companies/batch/associate/default',
    ])
    expect(previewed[2]?.body).toMatchObject({ inputs: [{ id: '<id of A-2>' }] })
    expect(previewed[4]?.body).toEqual({ inputs: [{ from: { id: '<id of A-1>' }, to: { id: '<id of A-000002>' } }] })
  })
})
