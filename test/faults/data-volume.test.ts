/** Data that are hard to carry, and volumes that are not what they were (promises 6, 7, 8). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, resultOf, type RunLine } from './millrace-process.ts'

// On as many threads as there are cores, as for a user.
delete process.env['MILLRACE_THREADS']

let project: FaultProject

beforeAll(async () => {
  project = await makeFaultProject({ files, vendors: ['salesforce', 'stripe', 'customerio'], scale: 0.03 })
}, 60_000)
afterAll(() => project.close())

describe('numbers that no double holds, and text of all kinds', () => {
  it('arrive exactly, go out exactly, and come back exactly', async () => {
    await runOnce(['crm'], 0)
    expect(await inWarehouse()).toEqual(await atSalesforce())

    const described = await project.rows('SELECT id, name, description FROM crm.account ORDER BY id')
    const accounts = (await project.sandbox.show('salesforce', 'Account')).toSorted(by('Id'))
    expect(described).toEqual(
      accounts.map(({ Id, Name, Description }) => ({ id: Id, name: Name, description: Description ?? null })),
    )
    expect(JSON.stringify(described)).toContain('二行目 🌊')

    // Odd numbers past 2^53, eighteen digits of both kinds, and money.
    await project.write(
      'CREATE SCHEMA IF NOT EXISTS raw',
      `CREATE TABLE raw.numbers AS SELECT external_id__c AS external_id, (999999999999999999 - 2 * row_number() OVER (ORDER BY external_id__c))::BIGINT AS big, ` +
        `(precise__c + 0.000001)::DECIMAL(18, 6) AS precise, (9999999999999999.99 - row_number() OVER (ORDER BY external_id__c))::DECIMAL(18, 2) AS mrr FROM crm.account WHERE _deleted_at IS NULL AND external_id__c IS NOT NULL`,
    )
    const sent = await runOnce(['numbers'], 0)
    expect(sent.ledger['delivered']).toBeGreaterThan(20)
    const wanted = await project.rows(
      `SELECT external_id AS key, big::VARCHAR AS big, rtrim(rtrim(precise::VARCHAR, '0'), '.') AS precise, mrr::VARCHAR AS mrr FROM raw.numbers ORDER BY 1`,
    )
    expect(wanted[0]).toMatchObject({ big: '999999999999999997', mrr: '9999999999999998.99' })
    expect(await atSalesforce()).toMatchObject(wanted.map(({ key, ...numbers }) => ({ key, numbers })))

    await project.sandbox.move()
    await runOnce(['crm'], 0)
    expect(await inWarehouse()).toEqual(await atSalesforce())
    expect((await runOnce(['numbers'], 0)).ledger).toMatchObject({ delivered: 0, changed: 0 })
  })

  it('and reach Customer.io as JSON with all their digits', async () => {
    await startAnew(`SELECT 'p1' AS id, 'p1@people.example' AS email, 9007199254740993 AS plan, false AS email_opt_out`)
    await runOnce(['people'], 0)
    expect((await batches()).at(-1)?.body).toContain('"plan":9007199254740993')
    await project.write(
      'DROP TABLE raw.people',
      `CREATE TABLE raw.people AS SELECT 'p1' AS id, 'p1@people.example' AS email, 123456789012.345678 AS plan, false AS email_opt_out`,
    )
    await runOnce(['people'], 0)
    expect((await batches()).at(-1)?.body).toContain('"plan":123456789012.345678')
  })

  it('names in any script arrive and go out letter by letter', async () => {
    const names = [
      'Zoë 🌊👩‍👩‍👧',
      '山田 太郎',
      'محمد',
      'O\'Brien; DROP TABLE "x" --',
      'line\u2028sep\u2029',
      'e\u0301 is not é',
      '\\u0000 as text',
      ' tab\tand  spaces',
    ]
    const rows = names.map((name, n) => `('p${n}', 'p${n}@people.example', '${name.replaceAll("'", "''")}', false)`)
    await startAnew(`SELECT * FROM (VALUES ${rows.join(', ')}) v(id, email, plan, email_opt_out)`)
    await runOnce(['people'], 0)
    const held = await Promise.all(names.map((_, n) => attributeOf(`p${n}`, 'plan')))
    expect(held).toEqual(names)
  })

  it('what no destination could take is a reject with its key; the others go', async () => {
    await startAnew(
      `SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, CASE n WHEN 1 THEN 'NaN'::DOUBLE WHEN 2 THEN 'Infinity'::DOUBLE ELSE 1.5 END AS plan, false AS email_opt_out FROM range(5) r(n)`,
    )
    expect((await runOnce(['people'], 5)).ledger).toMatchObject({ delivered: 3, rejected: 2 })
    const rejects = await project.rows('SELECT key, code, message FROM _millrace.rejects ORDER BY key')
    expect(rejects).toMatchObject([
      { key: 'p1', code: 'MR-5005', message: expect.stringContaining('nan') },
      { key: 'p2', code: 'MR-5005', message: expect.stringContaining('inf') },
    ])
  })
})

describe('a source that shrinks', () => {
  const alive = async () =>
    Number((await project.rows('SELECT count(*) AS n FROM billing.customers WHERE _deleted_at IS NULL'))[0]?.['n'])
  const cursor = () => project.rows(`SELECT watermark, scan FROM _millrace.cursors WHERE sync = 'billing'`)

  it('by nine tenths: stops before anything is deleted; the flag that it names allows it, and what comes back lives again', async () => {
    const keep = 0.1
    await project.forgetWarehouse()
    await runOnce(['billing'], 0)
    const all = await alive()
    expect(all).toBeGreaterThan(20)
    const before = await cursor()
    await project.sandbox.setFault('stripe', 'emptied', { keep, times: 'always', match: '/v1/customers' })
    const left = Math.floor(all * keep)
    const stopped = await runOnce(['billing', '--full-refresh'], 4)
    expect(stopped.error).toMatchObject({
      code: 'MR-4105',
      message: expect.stringContaining(`${all - left} of ${all} rows`),
    })
    expect(await alive()).toBe(all)
    expect(await cursor()).toEqual(before)
    // An ordinary run reads events and deletes nothing.
    expect((await runOnce(['billing'], 0)).ledger).toMatchObject({ loaded: 0, swept: 0 })
    const allowed = await runOnce(['billing', '--full-refresh', '--max-shrink', '100%'], 0)
    expect(allowed.ledger).toMatchObject({ swept: all - left })
    expect(await alive()).toBe(left)
    await project.sandbox.setFault('stripe', 'emptied', null)
    await runOnce(['billing', '--full-refresh'], 0)
    expect(await alive()).toBe(all)
  })
})

describe('a model that is not what it was', () => {
  beforeEach(() => startAnew(people))

  it('empty, and that is right: everybody is removed as the sync says, and whoever comes back is sent again', async () => {
    await runOnce(['people'], 0)
    await project.write(
      'ALTER TABLE raw.people RENAME TO everybody',
      'CREATE TABLE raw.people AS SELECT * FROM raw.everybody LIMIT 0',
    )
    expect((await runOnce(['people'], 4)).error).toMatchObject({ code: 'MR-4104' })
    const emptied = await runOnce(['people', '--on-empty', 'proceed'], 0)
    expect(emptied.ledger).toMatchObject({ model_rows: 0, removed: 30, delivered: 30 })
    expect(await attributeOf('p1', 'plan')).toBe('gone')
    expect((await runOnce(['people', '--on-empty', 'proceed'], 0)).ledger).toMatchObject({ removed: 0, delivered: 0 })
    await project.write('INSERT INTO raw.people SELECT * FROM raw.everybody')
    expect((await runOnce(['people'], 0)).ledger).toMatchObject({ added: 30, delivered: 30 })
    expect(await attributeOf('p1', 'plan')).toBe('1')
  })

  it('a mapped column is dropped: nothing is sent, and it says which; one that nobody maps is not missed', async () => {
    await runOnce(['people'], 0)
    const sent = (await batches()).length
    await project.write('ALTER TABLE raw.people ADD COLUMN other INTEGER', 'ALTER TABLE raw.people DROP COLUMN other')
    expect((await runOnce(['people'], 0)).ledger).toMatchObject({ unchanged: 30 })
    await project.write('ALTER TABLE raw.people RENAME COLUMN plan TO plans')
    const stopped = await runOnce(['people'], 2)
    expect(stopped.error).toEqual({
      code: 'MR-2103',
      message: 'people: the model people has no column plan; did you mean plans?',
    })
    expect(await batches()).toHaveLength(sent)
    expect(await project.rows(`SELECT count(*) AS n FROM _millrace.snapshot_people WHERE v_plan = '1'`)).toEqual([
      { n: '1' },
    ])
  })

  it('a column changes its type: what is the same value is not sent, what is another one is', async () => {
    const retype = (type: string) => project.write(`ALTER TABLE raw.people ALTER plan TYPE ${type}`)
    await retype('INTEGER')
    await runOnce(['people'], 0)
    expect(await attributeOf('p1', 'plan')).toBe(1)
    await retype('DECIMAL(20, 3)')
    expect((await runOnce(['people'], 0)).ledger).toMatchObject({ changed: 30, coalesced: 30, delivered: 0 })
    expect((await runOnce(['people'], 0)).ledger).toMatchObject({ unchanged: 30, coalesced: 0 })
    // 1.000 is 1 as a number, and '1.000' as a text.
    await retype('VARCHAR')
    const texts = await runOnce(['people', '--max-changed', '100%'], 0)
    expect(texts.ledger).toMatchObject({ changed: 30, delivered: 30 })
    expect(await attributeOf('p1', 'plan')).toBe('1.000')
    await retype('INTEGER USING plan::DECIMAL::INTEGER')
    expect((await runOnce(['people'], 0)).ledger).toMatchObject({ changed: 30, delivered: 30 })
    expect(await attributeOf('p1', 'plan')).toBe(1)
    expect((await runOnce(['people'], 0)).ledger).toMatchObject({ unchanged: 30, delivered: 0 })
  })

  it('keys that differ only by case are one record where the vendor takes them for one', async () => {
    expect((await runOnce(['by_email'], 0)).ledger).toMatchObject({ added: 30, delivered: 30 })
    await project.write(`UPDATE raw.people SET email = upper(email) WHERE id = 'p3'`)
    expect((await runOnce(['by_email'], 0)).ledger).toMatchObject({ added: 0, removed: 0, changed: 1 })
    const ann = (await project.sandbox.show('customerio', 'person')).filter(
      ({ email }) => String(email).toLowerCase() === 'p3@people.example',
    )
    expect(ann).toHaveLength(1)
    await project.write(`INSERT INTO raw.people VALUES ('p99', 'p3@PEOPLE.example', '1', false)`)
    const sent = (await batches()).length
    const stopped = await runOnce(['by_email'], 4)
    expect(stopped.error).toMatchObject({ code: 'MR-4106', message: expect.stringContaining('(p3@people.example)') })
    expect(await batches()).toHaveLength(sent)
    // By id they are two people, and the same model is all right.
    expect((await runOnce(['people'], 0)).ledger).toMatchObject({ invalid: 0, model_rows: 31 })
  })

  it('a thousand columns: those that are mapped go, and one that changes is one row', async () => {
    expect((await runOnce(['wide'], 0)).ledger).toMatchObject({ added: 30, delivered: 30 })
    expect(await attributeOf('p4', 'c250')).toBe(254)
    await project.write(`UPDATE raw.people SET plan = '77' WHERE id = 'p4'`)
    expect((await runOnce(['wide'], 0)).ledger).toMatchObject({ unchanged: 29, changed: 1, delivered: 1 })
    expect(await attributeOf('p4', 'c250')).toBe(327)
    const tooWide = await runOnce(['too_wide'], 5)
    expect(tooWide.ledger).toMatchObject({ rejected: 30, delivered: 0 })
    const [reject] = await project.rows(`SELECT code, message FROM _millrace.rejects WHERE sync = 'too_wide' LIMIT 1`)
    expect(reject).toEqual({ code: 'MR-5005', message: '1000 attributes in one row; Customer.io takes 300' })
  })
})

describe('a person who opted out at the vendor since the last pull', () => {
  it('stays out through changes, retries, a new mapping and a snapshot that is begun anew', async () => {
    await startAnew(people)
    await runOnce(['people'], 0)
    await optOutAtVendor('p2')
    const sent = (await batches()).length

    await project.write(`UPDATE raw.people SET plan = 'pro' WHERE id IN ('p1', 'p2')`)
    expect((await runOnce(['people'], 0)).ledger).toMatchObject({ changed: 2, delivered: 2 })
    await project.sandbox.setFault('customerio', 'reset_after', { match: '/batch', times: 'always' })
    await project.write(`UPDATE raw.people SET plan = 'max' WHERE id = 'p2'`)
    await runOnce(['people'], 1)
    await project.sandbox.setFault('customerio', 'reset_after', null)
    expect((await runOnce(['people'], 0)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    const undo = project.edit('syncs/people.yaml', (text) =>
      text.replace('  plan: plan', '  plan: plan\n  source: { value: warehouse }'),
    )
    expect((await runOnce(['people', '--max-changed', '100%'], 0)).ledger).toMatchObject({ delivered: 30 })
    const reset = ['sync', 'state', 'reset', 'people', '--yes', '--reason', 'to begin anew']
    expect((await millrace(reset, project)).code).toBe(0)
    expect((await runOnce(['people', '--first-run'], 0)).ledger).toMatchObject({ added: 30, delivered: 30 })
    undo()

    const [person] = await project.sandbox.show('customerio', 'person', 'p2')
    expect(person).toMatchObject({
      unsubscribed: true,
      attributes: { plan: 'max', unsubscribed: true, source: 'warehouse' },
    })
    for (const { body } of (await batches()).slice(sent)) expect(body).not.toContain('"unsubscribed":false')
  })
})

async function runOnce([sync = '', ...flags]: readonly string[], exit: number): Promise<RunLine> {
  const result = resultOf(await millrace(['sync', 'run', sync, ...flags], project))
  const [run] = result.runs
  if (!run) throw new Error('nothing was run')
  expect({ exit: result.exit_code, error: exit === 0 ? run.error : undefined }).toEqual({ exit, error: undefined })
  return run
}

/** A vendor that knows nobody of ours, a warehouse without state, and the model's rows. */
async function startAnew(select: string): Promise<void> {
  await project.sandbox.reset()
  await project.forgetWarehouse()
  await project.write('CREATE SCHEMA raw', `CREATE TABLE raw.people AS ${select}`)
}

type Numbers = {
  readonly key: string
  readonly numbers: { readonly big: unknown; readonly precise: unknown; readonly mrr: unknown }
}

const plain = (digits: unknown) =>
  typeof digits === 'string' && digits.includes('.') ? digits.replace(/0+$/, '').replace(/\.$/, '') : digits

/** As text: the simulator keeps the digits that it was sent. */
async function atSalesforce(): Promise<readonly Numbers[]> {
  const accounts = await project.sandbox.show('salesforce', 'Account')
  return accounts
    .filter((account) => account['IsDeleted'] !== true && account['External_Id__c'])
    .map(({ External_Id__c: key, Big_Number__c: big = null, Precise__c: precise = null, MRR__c: mrr = null }) => ({
      key: String(key),
      numbers: { big, precise: plain(precise), mrr: plain(mrr) },
    }))
    .toSorted(by('key'))
}

async function inWarehouse(): Promise<readonly Numbers[]> {
  const trimmed = (column: string) => `rtrim(rtrim(${column}::VARCHAR, '0'), '.')`
  const rows = await project.rows(
    `SELECT external_id__c AS key, big_number__c::VARCHAR AS big, ${trimmed('precise__c')} AS precise, ${trimmed('mrr__c')} AS mrr ` +
      `FROM crm.account WHERE _deleted_at IS NULL AND external_id__c IS NOT NULL ORDER BY 1`,
  )
  return rows.map(({ key, big, precise, mrr }) => ({ key: key ?? '', numbers: { big, precise, mrr } }))
}

const by =
  (name: string) =>
  (left: { readonly [name: string]: unknown }, right: { readonly [name: string]: unknown }): number =>
    String(left[name]) < String(right[name]) ? -1 : 1

const batches = async () => (await project.sandbox.journal('customerio')).filter(({ path }) => path.endsWith('/batch'))

async function attributeOf(id: string, name: string): Promise<unknown> {
  const [person] = await project.sandbox.show('customerio', 'person', id)
  return Object(person?.['attributes'])[name]
}

/** As the person's own click does, through the vendor's API and past millrace. */
async function optOutAtVendor(id: string): Promise<void> {
  const { base_url, site_id, api_key } = project.sandbox.connection('customerio')
  const response = await fetch(`${base_url}/api/v2/entity`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${site_id}:${api_key}`)}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      type: 'person',
      action: 'identify',
      identifiers: { id },
      attributes: { unsubscribed: true },
    }),
  })
  expect(response.status).toBe(200)
}

const people = `SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, n::VARCHAR AS plan, false AS email_opt_out FROM range(30) r(n)`

const columns = Array.from({ length: 1000 }, (_, n) => `c${n}`)

const peopleSync = (map: string, { model = 'people', match = 'id' } = {}) => `
model: ${model}
primary_key: ${match}
destination: customerio
object: person
match: ${match}
map: { ${match}: ${match}, ${map} }
limits: { max_removed: 100%, max_changed: 100% }
`

const files = {
  'millrace.yaml': `
project: data_and_volume
targets:
  sandbox: { sandbox: true }
connections:
  salesforce: { connector: salesforce, login_url: 'https://acme.my.salesforce.com', client_id: '\${env:SF_ID}', client_secret: '\${env:SF_SECRET}' }
  stripe: { connector: stripe, api_key: '\${env:STRIPE_API_KEY}' }
  customerio: { connector: customerio, site_id: '\${env:CIO_SITE_ID}', api_key: '\${env:CIO_API_KEY}', region: eu }
`,
  'syncs/crm.yaml': 'source: salesforce\nstreams:\n  Account: {}\n',
  'syncs/billing.yaml': 'source: stripe\nstreams:\n  customers: {}\n',
  'syncs/numbers.yaml': `
model: numbers
primary_key: external_id
destination: salesforce
object: Account
match: External_Id__c
mode: update
map: { External_Id__c: external_id, Big_Number__c: big, Precise__c: precise, MRR__c: mrr }
`,
  'models/numbers.sql': 'select * from raw.numbers\n',
  'syncs/by_email.yaml': peopleSync('plan: plan', { match: 'email' }),
  'syncs/wide.yaml': peopleSync(
    columns
      .slice(150, 440)
      .map((name) => `${name}: ${name}`)
      .join(', '),
    { model: 'wide' },
  ),
  'syncs/too_wide.yaml': peopleSync(columns.map((name) => `${name}: ${name}`).join(', '), { model: 'wide' }),
  'models/wide.sql': `select id, ${columns.map((name, n) => `plan::integer + ${n} as ${name}`).join(', ')} from raw.people\n`,
}
