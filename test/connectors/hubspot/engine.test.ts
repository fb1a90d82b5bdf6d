/** The real program, a warehouse and the simulator: what a sync to HubSpot does from end to end. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { killAt, millrace, resultOf, type RunLine } from '../../faults/millrace-process.ts'
import { mergeContacts } from './merge-contacts.ts'

let project: FaultProject

beforeAll(async () => {
  project = await makeFaultProject({ files, alone: true, vendors: ['hubspot'], scale: 0.02 })
}, 60_000)
afterAll(() => project.close())
beforeEach(async () => {
  await project.sandbox.reset()
  await project.forgetWarehouse()
  await project.write('CREATE SCHEMA raw', people, statuses)
})

describe('a sync to HubSpot', () => {
  it('delivers people with their company, is balanced, and has nothing to do the second time', async () => {
    expect(await run('people', 0)).toMatchObject({ status: 'ok', ledger: { added: 250, delivered: 250 } })
    const contacts = await held()
    expect(contacts.get('p7')).toMatchObject({ email: 'p7@people.example', account_status: 'trialing', score: '7' })
    expect(await project.sandbox.show('hubspot', 'association')).toHaveLength(250)
    const sent = (await project.sandbox.journal('hubspot')).filter(({ path }) => path.endsWith('/batch/upsert'))
    expect(sent.map(({ body }) => JSON.parse(body ?? '').inputs.length)).toEqual([100, 100, 50])
    expect(await run('people', 0)).toMatchObject({ ledger: { unchanged: 250, delivered: 0 } })
  })

  it('has the bad row stand alone where HubSpot refuses the whole batch for it', async () => {
    await project.sandbox.setFault('hubspot', 'all_or_nothing', { times: 'always' })
    await project.write(`UPDATE raw.people SET email = 'nobody' WHERE id = 'p7'`)
    expect(await run('people', 5)).toMatchObject({
      status: 'partial',
      ledger: { delivered: 249, rejected: 1, unknown: 0 },
    })
    const rejects = await project.rows(`SELECT key, code, message FROM _millrace.rejects`)
    expect(rejects).toMatchObject([{ key: 'p7', code: 'INVALID_EMAIL' }])
    expect((await held()).has('p7')).toBe(false)
    expect((await held()).has('p8')).toBe(true)

    await project.sandbox.setFault('hubspot', 'all_or_nothing', null)
    await project.write(`UPDATE raw.people SET email = 'p7@people.example' WHERE id = 'p7'`)
    expect(await run('people', 0)).toMatchObject({ ledger: { unchanged: 249, retry: 1, delivered: 1 } })
  })

  it('does not count what a 200 with empty results did not take, and sends it again', async () => {
    await project.sandbox.setFault('hubspot', 'empty_results', { times: 1, match: 'upsert' })
    const first = await run('people', 5)
    expect(first.ledger).toMatchObject({ unknown: 100, delivered: 150 })
    expect(await run('people', 0)).toMatchObject({ ledger: { retry: 100, delivered: 100, unchanged: 150 } })
    expect((await held()).size).toBe(250)
  })

  it('is killed after it sent, and the next run sends the truth', async () => {
    await killAt('batch.sent', ['sync', 'run', 'people'], project)
    await project.write(`UPDATE raw.people SET status = 'active'`)
    await run('people', 0)
    const contacts = await held()
    expect(contacts.size).toBe(250)
    expect([...contacts.values()].every(({ account_status }) => account_status === 'active')).toBe(true)
  })

  it('updates only who is there', async () => {
    const ledger = { delivered: 0, absent: 250 }
    expect(await run('updates', 5)).toMatchObject({ ledger })
    expect((await held()).size).toBe(0)
  })

  it('plans what it would refuse: a read-only property, an opt-out that is not mapped as one', async () => {
    const refused = async (map: string) => {
      const restore = project.edit('syncs/people.yaml', (text) => text.replace('score: score', map))
      const { code, lines, stderr } = await millrace(['sync', 'plan', 'people'], project)
      restore()
      return `${code} ${JSON.stringify(lines)} ${stderr}`
    }
    expect(await refused('hs_email_optout: opted_out')).toMatch(/MR-1209.*contact has no field hs_email_optout/)
    expect(await refused('sms_opt_out: opted_out')).toMatch(/MR-1209.*map it with \{ opt_out: column \}/)
  })
})

describe('a value of a pii column', () => {
  it('is not told where the connector itself refuses it, neither in events nor in the rejects', async () => {
    await project.write(`DELETE FROM raw.people WHERE id <> 'p1'`, `UPDATE raw.people SET status = 'Widowed1987'`)
    const { code, lines } = await millrace(['sync', 'run', 'titles'], project)
    expect(code).toBe(5)
    const rejects = await project.rows(`SELECT message FROM _millrace.rejects`)
    expect(rejects).toMatchObject([{ message: expect.stringContaining('is not one of its options') }])
    expect(JSON.stringify([lines, rejects])).not.toContain('1987')
  })
})

describe('opt-outs of contacts', () => {
  it('go alone where HubSpot refuses their rows without saying which it means', async () => {
    await project.write(`DELETE FROM raw.people WHERE id NOT IN ('p1', 'p2')`)
    await run('people', 0)
    const add = project.edit('syncs/people.yaml', (text) =>
      text.replace('score: score', 'score: score\n  sms_opt_out: { opt_out: opted_out }'),
    )
    await project.sandbox.setFault('hubspot', 'unnamed_errors', { times: 'always' })
    await project.write(`UPDATE raw.people SET email = 'nobody' || id, opted_out = true`)
    expect(await run('people', 5)).toMatchObject({ ledger: { changed: 2, rejected: 2 } })
    const contacts = await held()
    expect(['p1', 'p2'].map((id) => contacts.get(id)?.['sms_opt_out'])).toEqual(['true', 'true'])
    await project.sandbox.setFault('hubspot', 'unnamed_errors', null)
    add()
  })
})

describe('a lifecycle stage that HubSpot keeps', () => {
  it('has its row rejected, which went once with its opt-out, and goes once in every run', async () => {
    await project.write(`CREATE TABLE raw.stages AS SELECT 'p1' AS id, 'customer' AS stage, false AS opted_out`)
    await run('stages', 0)
    await project.write(`UPDATE raw.stages SET stage = 'lead', opted_out = true`)
    const upserts = async () =>
      (await project.sandbox.journal('hubspot')).filter(({ path }) => path.endsWith('/batch/upsert')).length
    for (const sent of [2, 3]) {
      expect(await run('stages', 5)).toMatchObject({ ledger: { rejected: 1, parked: 0 } })
      expect(await upserts()).toBe(sent)
    }
    expect((await held()).get('p1')).toMatchObject({ lifecyclestage: 'customer', sms_opt_out: 'true' })
    const [reject] = await project.rows(`SELECT message FROM _millrace.rejects WHERE state = 'open'`)
    expect(reject?.['message']).toMatch(/the other properties of the row are written \(correlation id [^)]+\)$/)
  })
})

describe('people whose records were merged', () => {
  const recordOf = async (id: string) =>
    (await project.sandbox.show('hubspot', 'contact', id))[0]?.['properties'] as { readonly [name: string]: unknown } // as the simulator's records are
  const merge = (primary: string, other: string) => mergeContacts(project.sandbox, primary, other)

  it('stay opted out as long as one of their rows says so', async () => {
    await project.write(
      `CREATE TABLE raw.merged AS SELECT * FROM (VALUES ('50001', 'CTO', true), ('50002', 'CEO', true)) r(id, title, opted_out)`,
    )
    expect(await run('merged', 0)).toMatchObject({ ledger: { delivered: 2 } })
    const id = await merge('50001', '50002')
    await project.write(`UPDATE raw.merged SET opted_out = false, title = 'CFO' WHERE id = '50002'`)
    expect(await run('merged', 5)).toMatchObject({ ledger: { unchanged: 1, changed: 1, rejected: 1 } })
    expect(await recordOf(id)).toMatchObject({ jobtitle: 'CTO', sms_opt_out: 'true' })
    expect(await run('merged', 0)).toMatchObject({ ledger: { unchanged: 1, retry: 1, delivered: 1 } })
    expect(await recordOf(id)).toMatchObject({ jobtitle: 'CFO', sms_opt_out: 'true' })
    expect(await run('merged', 0)).toMatchObject({ ledger: { unchanged: 2 } })
  })
})

describe('a row that comes to name its record by another value', () => {
  const propertiesOf = async (object: string, id: string) =>
    (await project.sandbox.show('hubspot', object, id))[0]?.['properties'] as { readonly [name: string]: unknown } // as the simulator's records are
  const rejects = async () => project.rows(`SELECT key, code FROM _millrace.rejects WHERE state = 'open'`)

  it.each([
    { mode: 'upsert', last: { exit: 5, ledger: { unchanged: 1, removed: 1, rejected: 1 } } },
    { mode: 'update', last: { exit: 0, ledger: { retry: 1, delivered: 1, removed: 0 } } },
  ])('keeps what it says, in another case, though the row that left clears: $mode', async ({ mode, last }) => {
    const restore = project.edit('syncs/firms.yaml', (text) => text.replace('mode: upsert', `mode: ${mode}`))
    await project.write(`CREATE TABLE raw.firms AS SELECT 'A-000002' AS ref, 'Abc' AS name, 'Oulu' AS city`)
    await run('firms', 0)
    await project.write(`UPDATE raw.firms SET ref = 'a-000002'`)
    await run('firms', 5)
    expect(await run('firms', last.exit)).toMatchObject({ ledger: last.ledger })
    restore()
    expect(await propertiesOf('company', '50002')).toMatchObject({ name: 'Abc', city: 'Oulu' })
  })

  it('keeps what it says, by its other address, though the row that left clears', async () => {
    const addressOf = async (id: string) => String((await propertiesOf('contact', id))['email'])
    const [home, work] = [await addressOf('50001'), await addressOf('50002')]
    const id = await mergeContacts(project.sandbox, '50001', '50002')
    await project.write(`CREATE TABLE raw.addresses AS SELECT '${home}' AS email, 'CTO' AS title`)
    await run('addresses', 0)
    await project.write(`UPDATE raw.addresses SET email = '${work}'`)
    for (let runs = 0; runs < 2; runs++) {
      expect(await run('addresses', 5)).toMatchObject({ ledger: { removed: 1, rejected: 1 } })
      expect(await propertiesOf('contact', id)).toMatchObject({ jobtitle: 'CTO' })
    }
    expect(await rejects()).toEqual([{ key: home, code: 'MERGED' }])
    // Once no row says it any more, nothing is left to clear.
    await project.write(`UPDATE raw.addresses SET title = NULL`)
    await run('addresses', 5)
    expect(await run('addresses', 0)).toMatchObject({ ledger: { unchanged: 1, removed: 1, delivered: 1 } })
  })

  it('is done where the advice of its reject is followed, though the row that left is parked', async () => {
    const restore = project.edit('syncs/addresses.yaml', (text) => `${text}park_after: 2\n`)
    const addressOf = async (of: string) => String((await propertiesOf('contact', of))['email'])
    const [home, other] = [await addressOf('50001'), await addressOf('50003')]
    const id = await mergeContacts(project.sandbox, '50001', '50002')
    await project.write(
      `CREATE TABLE raw.addresses AS SELECT * FROM (VALUES ('${home}', 'CTO'), ('${other}', 'CEO')) r(email, title)`,
    )
    await run('addresses', 0)
    await project.write(`DELETE FROM raw.addresses WHERE email = '${home}'`)
    for (let runs = 0; runs < 2; runs++) await run('addresses', 5)
    expect(await run('addresses', 5)).toMatchObject({ ledger: { parked: 1 } })
    const [reject] = await project.rows(`SELECT message FROM _millrace.rejects WHERE key = '${home}'`)
    expect(reject?.['message']).toContain(
      'take it away at HubSpot;  millrace sync run NAME --rejected-only  looks again',
    )
    const { access_token, base_url } = project.sandbox.connection('hubspot')
    const cleared = await fetch(`${String(base_url)}/crm/v3/objects/contacts/batch/update`, {
      method: 'POST',
      headers: { authorization: `Bearer ${String(access_token)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: [{ id, properties: { jobtitle: '' } }] }),
    })
    expect(cleared.status).toBe(200)
    expect(await run('addresses', 0, '--rejected-only')).toMatchObject({ ledger: { delivered: 1, parked: 0 } })
    restore()
  })
})

describe('opt-outs', () => {
  const statusOf = async (email: string) =>
    (await project.sandbox.show('hubspot', 'subscription', `${email}/301`))[0]?.['status']
  const said = async () =>
    (await project.sandbox.journal('hubspot'))
      .map(({ body }) => body ?? '')
      .filter((body) => body.includes('statusState'))

  it('arrive, and nobody is opted in by a first run, a retry or a value that turned off', async () => {
    expect(await run('statuses', 0)).toMatchObject({ status: 'ok' })
    expect(await statusOf('p1@people.example')).toBe('UNSUBSCRIBED')
    expect(await statusOf('p2@people.example')).toBeUndefined()

    await project.write(`UPDATE raw.statuses SET opted_out = false WHERE id = 'p1'`)
    await run('statuses', 0)
    expect(await statusOf('p1@people.example')).toBe('UNSUBSCRIBED')
    expect((await said()).join('')).not.toContain('"SUBSCRIBED"')
  })

  it('arrive on a plan whose token cannot have the scope of the batch', async () => {
    const scopes = ['communication_preferences.statuses.batch.write']
    await project.sandbox.setFault('hubspot', 'missing_scopes', { times: 'always', scopes })
    await project.write(`UPDATE raw.statuses SET opted_out = true WHERE id IN ('p3', 'p4')`)
    expect(await run('statuses', 0)).toMatchObject({ ledger: { added: 5, delivered: 3 } })
    expect(await run('statuses', 0)).toMatchObject({ ledger: { unchanged: 5 } })
    await project.sandbox.setFault('hubspot', 'missing_scopes', null)
    for (const id of ['p1', 'p3', 'p4']) expect(await statusOf(`${id}@people.example`)).toBe('UNSUBSCRIBED')
  })

  it('arrive though HubSpot has nobody like one of them, one by one', async () => {
    const scopes = ['communication_preferences.statuses.batch.write']
    await project.sandbox.setFault('hubspot', 'missing_scopes', { times: 'always', scopes })
    const body = { status: 'error', message: 'resource not found', correlationId: 'c-1' }
    const nobody = { status: 404, times: 'always' as const, match: 'statuses/p0(@|%40)', body }
    await project.sandbox.setFault('hubspot', 'status', nobody)
    await project.write(`UPDATE raw.statuses SET opted_out = true`)
    expect(await run('statuses', 5)).toMatchObject({ ledger: { delivered: 4, rejected: 1, unknown: 0 } })
    await project.sandbox.setFault('hubspot', 'status', null)
    expect(await run('statuses', 0)).toMatchObject({ ledger: { unchanged: 4, delivered: 1 } })
    await project.sandbox.setFault('hubspot', 'missing_scopes', null)
    for (const n of [0, 1, 2, 3, 4]) expect(await statusOf(`p${n}@people.example`)).toBe('UNSUBSCRIBED')
  })

  it('keep nobody from being opted in where a proxy refuses the only one of them, one by one', async () => {
    const restore = project.edit('syncs/statuses.yaml', (text) => text.replace('} }', '}, allow_opt_in: true }'))
    const scopes = ['communication_preferences.statuses.batch.write']
    await project.sandbox.setFault('hubspot', 'missing_scopes', { times: 'always', scopes })
    await run('statuses', 0)
    expect(await statusOf('p1@people.example')).toBe('UNSUBSCRIBED')
    const proxy = { status: 403, times: 'always' as const, match: 'statuses/p0(@|%40)', body: '<html>no</html>' }
    await project.sandbox.setFault('hubspot', 'status', proxy)
    await project.write(`UPDATE raw.statuses SET opted_out = id = 'p0'`)
    expect(await run('statuses', 5)).toMatchObject({ ledger: { changed: 2, delivered: 1, unknown: 1 } })
    expect(await statusOf('p1@people.example')).toBe('SUBSCRIBED')
    await project.sandbox.setFault('hubspot', 'status', null)
    expect(await run('statuses', 0)).toMatchObject({ ledger: { retry: 1, delivered: 1 } })
    expect(await statusOf('p0@people.example')).toBe('UNSUBSCRIBED')
    await project.sandbox.setFault('hubspot', 'missing_scopes', null)
    restore()
  })

  it('are refused with a slip in their options before any is intended, and go once it is mended', async () => {
    const restore = project.edit('syncs/statuses.yaml', (text) => text.replace('legal_basis:', 'legal_bases:'))
    for (const command of ['plan', 'run']) {
      const { code, lines, stderr } = await millrace(['sync', command, 'statuses'], project)
      expect([code, `${JSON.stringify(lines)} ${stderr}`]).toEqual([
        2,
        expect.stringMatching(/MR-1203.*Did you mean `legal_basis`\?/s),
      ])
    }
    restore()
    expect(await said()).toEqual([])
    expect(await run('statuses', 0)).toMatchObject({ ledger: { added: 5, retry: 0 } })
  })

  it('are taken back only where the sync allows it', async () => {
    await run('statuses', 0)
    await project.write(`UPDATE raw.statuses SET opted_out = false WHERE id = 'p1'`)
    const restore = project.edit('syncs/statuses.yaml', (text) => text.replace('} }', '}, allow_opt_in: true }'))
    await run('statuses', 0)
    restore()
    expect(await statusOf('p1@people.example')).toBe('SUBSCRIBED')
  })
})

async function run(sync: string, exit: number, ...more: readonly string[]): Promise<RunLine> {
  const result = resultOf(await millrace(['sync', 'run', sync, ...more], project))
  const [line] = result.runs
  expect([result.exit_code, line?.error]).toEqual([exit, undefined])
  if (!line) throw new Error('nothing was run')
  return line
}

/** The contacts that the sync made, by their key. */
async function held() {
  const contacts = await project.sandbox.show('hubspot', 'contact')
  return new Map(
    contacts.flatMap(({ properties }): [string, { readonly [name: string]: unknown }][] => {
      const own = properties as { readonly [name: string]: unknown } // as the simulator's records are
      return /^p\d/.test(String(own['person_id'])) ? [[String(own['person_id']), own]] : []
    }),
  )
}

const people = `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 'trialing' AS status, n AS score, false AS opted_out, 'A-000001' AS account FROM range(250) r(n)`
const statuses = `CREATE TABLE raw.statuses AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 301 AS type, n = 1 AS opted_out FROM range(5) r(n)`

const peopleSync = (mode: string) => `
model: people
primary_key: id
destination: hubspot
object: contact
match: person_id
mode: ${mode}
map:
  person_id: id
  email: email
  account_status: status
  score: score
  associations.company.account_ref: account
limits: { max_added: 100%, max_changed: 100% }
`

const files = {
  'millrace.yaml': `
project: hubspot
targets:
  sandbox: { sandbox: true }
connections:
  hubspot: { connector: hubspot, access_token: '\${env:HUBSPOT_TOKEN}', requests_per_10_seconds: 10000 }
`,
  'syncs/people.yaml': peopleSync('upsert'),
  'syncs/updates.yaml': peopleSync('update'),
  'syncs/crm.yaml': 'source: hubspot\nstreams: { contacts: { pii: [jobtitle] } }\n',
  'models/titles.sql': 'select id, status as jobtitle from raw.people\n',
  'syncs/titles.yaml':
    'model: titles\nprimary_key: id\ndestination: hubspot\nobject: contact\nmatch: person_id\nmap: { person_id: id, account_status: jobtitle }\n',
  'syncs/statuses.yaml': `
model: statuses
primary_key: [id, type]
destination: hubspot
object: subscription
match: email
options: { legal_basis: LEGITIMATE_INTEREST_CLIENT }
map:
  email: email
  subscription_id: type
  status: { opt_out: opted_out, values: { true: UNSUBSCRIBED, false: SUBSCRIBED } }
`,
  'syncs/stages.yaml': `
model: stages
primary_key: id
destination: hubspot
object: contact
match: person_id
map:
  person_id: id
  lifecyclestage: stage
  sms_opt_out: { opt_out: opted_out }
limits: { max_added: 100%, max_changed: 100% }
`,
  'syncs/merged.yaml': `
model: merged
primary_key: id
destination: hubspot
object: contact
match: hs_object_id
mode: update
map:
  hs_object_id: id
  jobtitle: title
  sms_opt_out: { opt_out: opted_out, allow_opt_in: true }
limits: { max_added: 100%, max_changed: 100% }
`,
  'syncs/firms.yaml': `
model: firms
primary_key: ref
destination: hubspot
object: company
match: account_ref
mode: upsert
on_removed: { clear: [city] }
map:
  account_ref: ref
  name: name
  city: city
limits: { max_added: 100%, max_changed: 100%, max_removed: 100% }
`,
  'syncs/addresses.yaml': `
model: addresses
primary_key: email
destination: hubspot
object: contact
match: email
mode: update
on_removed: { clear: [jobtitle] }
map:
  email: email
  jobtitle: title
limits: { max_added: 100%, max_changed: 100%, max_removed: 100% }
`,
  'models/firms.sql': 'select * from raw.firms\n',
  'models/addresses.sql': 'select * from raw.addresses\n',
  'models/stages.sql': 'select * from raw.stages\n',
  'models/merged.sql': 'select * from raw.merged\n',
  'models/people.sql': 'select * from raw.people\n',
  'models/statuses.sql': 'select * from raw.statuses\n',
}
