/** What a vendor takes in part, refuses as a whole, or never answers: the right row is blamed, and no row is lost (promise 4). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, resultOf, type RunLine } from './millrace-process.ts'

let project: FaultProject

beforeAll(async () => {
  project = await makeFaultProject({ files, vendors: ['salesforce', 'stripe', 'customerio'] })
}, 60_000)
afterAll(() => project.close())

describe('Customer.io', () => {
  const run = ['sync', 'run', 'people']
  const batches = async (since: number) =>
    (await project.sandbox.journal('customerio', { since })).filter(({ path }) => path.endsWith('/batch'))
  let since = 0

  beforeEach(async () => {
    await project.sandbox.reset()
    await project.forgetWarehouse()
    await project.write('CREATE SCHEMA raw', people(20))
    since = (await project.sandbox.journal('customerio')).at(-1)?.sequence ?? 0
  })

  it('a 207 blames the right row; the others are delivered, and it is tried every run until its data are right', async () => {
    await project.sandbox.setFault('customerio', 'bad_items', { ids: ['p7'], times: 'always' })
    const first = await runOnce(run, 5)
    expect(first).toMatchObject({ status: 'partial', ledger: { added: 20, delivered: 19, rejected: 1 } })
    expect(await batches(since)).toMatchObject([{ status: 207 }])
    expect(await held()).toEqual(ids(20).filter((id) => id !== 'p7'))
    expect(await accepted('people')).toEqual(ids(20).filter((id) => id !== 'p7'))
    const [reject] = await rejects('people')
    expect(reject).toMatchObject({ key: 'p7', code: 'invalid', attempts: '1', state: 'open' })
    expect(reject?.['message']).toContain('refused by the fault bad_items')

    const second = await runOnce(run, 5)
    expect(second.ledger).toMatchObject({ unchanged: 19, retry: 1, rejected: 1, delivered: 0 })
    expect(await rejects('people')).toMatchObject([{ key: 'p7', attempts: '2', first_at: reject?.['first_at'] }])

    await project.sandbox.setFault('customerio', 'bad_items', null)
    await project.write(`UPDATE raw.people SET plan = 'mended' WHERE id = 'p7'`)
    const third = await runOnce(run, 0)
    expect(third.ledger).toMatchObject({ unchanged: 19, retry: 1, delivered: 1 })
    expect(await rejects('people')).toMatchObject([{ key: 'p7', state: 'settled' }])
    expect(await accepted('people')).toEqual(ids(20))
    expect(await attributeOf('p7', 'plan')).toBe('mended')
    expect((await runOnce(run, 0)).ledger).toMatchObject({ unchanged: 20, retry: 0, delivered: 0 })
  })

  it('what cannot be a person is refused before it is sent, and blamed by its key', async () => {
    await project.write(`UPDATE raw.people SET email = 'nobody at home' WHERE id = 'p3'`)
    expect((await runOnce(run, 5)).ledger).toMatchObject({ delivered: 19, rejected: 1 })
    expect(await rejects('people')).toMatchObject([{ key: 'p3', code: 'MR-5005' }])
    expect((await batches(since)).some(({ body }) => body?.includes('nobody at home'))).toBe(false)
  })

  it('a batch that is refused as a whole is split until the bad row stands alone', async () => {
    await project.sandbox.setFault('customerio', 'bad_items', { ids: ['p7'], whole: true, times: 'always' })
    expect((await runOnce(run, 5)).ledger).toMatchObject({ delivered: 19, rejected: 1, unknown: 0 })
    expect(await held()).toEqual(ids(20).filter((id) => id !== 'p7'))
    expect(await rejects('people')).toMatchObject([{ key: 'p7', state: 'open' }])
    const sent = await batches(since)
    // Halves of halves: twice the depth of the tree, and one for its root.
    expect(sent.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(20)) + 1)
    const taken = sent.filter(({ status }) => status === 200).flatMap(({ body }) => idsIn(body))
    expect(taken.toSorted()).toEqual(
      ids(20)
        .filter((id) => id !== 'p7')
        .toSorted(),
    )
  })

  it.each([
    ['an empty body', 'status', { status: 200, body: '' }],
    ['an error in disguise', 'error_200', {}],
    ['no content', 'status', { status: 204, body: '' }],
  ])('a 2xx with %s is not success', async (_what, fault, spec) => {
    await project.sandbox.setFault('customerio', fault, { ...spec, match: '/batch', times: 'always' })
    const failed = await runOnce(run, 1)
    expect(failed).toMatchObject({ error: { code: 'MR-3005' }, ledger: { delivered: 0, rejected: 0, unknown: 20 } })
    expect(await accepted('people')).toEqual([])
    await project.sandbox.setFault('customerio', fault, null)
    expect((await runOnce(run, 0)).ledger).toMatchObject({ retry: 20, delivered: 20 })
    expect(await held()).toEqual(ids(20))
  })

  it('an answer that never comes is unknown: what was answered counts, and only the rest is sent again, as it is then', async () => {
    await project.write('DROP TABLE raw.people', people(1500))
    await project.sandbox.setFault('customerio', 'reset_after', { match: '/batch', after: 1, times: 'always' })
    const lost = await runOnce(run, 1)
    expect(lost).toMatchObject({ error: { code: 'MR-3002' }, ledger: { added: 1500 } })
    const { delivered = 0, unknown = 0 } = lost.ledger
    expect([delivered, unknown].toSorted(byNumber)).toEqual([500, 1000])
    const waiting = await project.rows('SELECT key FROM _millrace.intents ORDER BY key')
    expect(waiting).toHaveLength(unknown)
    expect(await accepted('people')).toHaveLength(delivered)
    expect(await held()).toEqual(ids(1500))
    await project.sandbox.setFault('customerio', 'reset_after', null)
    const [one] = waiting.map((row) => row['key'] ?? '')
    await project.write(`UPDATE raw.people SET plan = 'later' WHERE id = '${one}'`)
    const before = (await project.sandbox.journal('customerio')).at(-1)?.sequence ?? 0
    expect((await runOnce(run, 0)).ledger).toMatchObject({ unchanged: delivered, retry: unknown, delivered: unknown })
    const again = (await batches(before)).flatMap(({ body }) => idsIn(body))
    expect(again.toSorted()).toEqual(waiting.map((row) => row['key'] ?? '').toSorted())
    expect(await attributeOf(one ?? '', 'plan')).toBe('later')
    expect(await accepted('people')).toEqual(ids(1500))
  })
})

describe('Salesforce', () => {
  const run = ['sync', 'run', 'accounts']
  let since = 0
  const writes = async () =>
    (await project.sandbox.journal('salesforce', { since })).filter(({ method }) => method === 'PATCH')

  beforeEach(async () => {
    await project.sandbox.reset()
    await project.forgetWarehouse()
    await project.write('CREATE SCHEMA raw', accounts(30))
    since = (await project.sandbox.journal('salesforce')).at(-1)?.sequence ?? 0
  })

  it.each(['accounts', 'accounts_upserted'])(
    '%s: one row of a collection is refused, the others are written',
    async (sync) => {
      await project.write(`UPDATE raw.accounts SET mrr = 1e30 WHERE external_id = 'ACME-00004'`)
      const first = await runOnce(['sync', 'run', sync], 5)
      expect(first.ledger).toMatchObject({ added: 30, delivered: 29, rejected: 1 })
      expect(await writes()).toHaveLength(1)
      expect(await rejects(sync)).toMatchObject([
        { key: keyed('ACME-00004'), code: 'NUMBER_OUTSIDE_VALID_RANGE', retryable: 'false' },
      ])
      expect(await accountState('ACME-00003')).toBe('active')
      expect(await accountState('ACME-00004')).toBeNull()
      await project.write(`UPDATE raw.accounts SET state = 'short', mrr = 1 WHERE external_id = 'ACME-00004'`)
      expect((await runOnce(['sync', 'run', sync], 0)).ledger).toMatchObject({ unchanged: 29, retry: 1, delivered: 1 })
      expect(await accountState('ACME-00004')).toBe('short')
    },
  )

  it('rows that somebody has locked are tried once more in the run, and else in the next', async () => {
    await project.sandbox.setFault('salesforce', 'lock_rows', { match: 'PATCH' })
    expect((await runOnce(run, 0)).ledger).toMatchObject({ delivered: 30, rejected: 0 })
    expect(await writes()).toHaveLength(2)
    await project.write(`UPDATE raw.accounts SET state = 'past_due' WHERE external_id = 'ACME-00001'`)
    await project.sandbox.setFault('salesforce', 'lock_rows', { match: 'PATCH', times: 'always' })
    expect((await runOnce(run, 5)).ledger).toMatchObject({ changed: 1, rejected: 1 })
    expect(await rejects('accounts')).toMatchObject([{ code: 'UNABLE_TO_LOCK_ROW', retryable: 'true' }])
    await project.sandbox.setFault('salesforce', 'lock_rows', null)
    expect((await runOnce(run, 0)).ledger).toMatchObject({ retry: 1, delivered: 1 })
    expect(await accountState('ACME-00001')).toBe('past_due')
  })

  it('an upsert whose answer was lost, sent twice, is one record', async () => {
    await project.write(
      `DELETE FROM raw.accounts`,
      `INSERT INTO raw.accounts SELECT 'NEW-' || n, 'New ' || n, 'trialing', 1 FROM range(5) r(n)`,
    )
    const before = (await project.sandbox.show('salesforce', 'Account')).length
    // What was not answered cannot be read back either.
    await project.sandbox.setFault('salesforce', 'reset_after', { match: 'PATCH|query', times: 'always' })
    const upsert = ['sync', 'run', 'accounts_upserted']
    expect((await runOnce(upsert, 1)).ledger).toMatchObject({ added: 5, unknown: 5 })
    await project.sandbox.setFault('salesforce', 'reset_after', null)
    expect((await runOnce(upsert, 0)).ledger).toMatchObject({ retry: 5, delivered: 5 })
    const after = await project.sandbox.show('salesforce', 'Account')
    expect(after).toHaveLength(before + 5)
    expect(after.filter((account) => account['External_Id__c'] === 'NEW-3')).toHaveLength(1)
  })

  it('accounts that are not there are never made by an update, stay out of the snapshot, and are tried again', async () => {
    await project.write(`INSERT INTO raw.accounts VALUES ('NEW-1', 'New 1', 'trialing', 1)`)
    const before = (await project.sandbox.show('salesforce', 'Account')).length
    expect((await runOnce(run, 5)).ledger).toMatchObject({ added: 31, delivered: 30, absent: 1 })
    expect(await accepted('accounts')).not.toContain(keyed('NEW-1'))
    expect((await runOnce(run, 5)).ledger).toMatchObject({ unchanged: 30, retry: 1, absent: 1 })
    expect(await project.sandbox.show('salesforce', 'Account')).toHaveLength(before)
    // Somebody makes it.
    await runOnce(['sync', 'run', 'accounts_upserted'], 0)
    expect((await runOnce(run, 0)).ledger).toMatchObject({ unchanged: 30, retry: 1, delivered: 1 })
    expect(await rejects('accounts')).toMatchObject([{ key: keyed('NEW-1'), state: 'settled' }])
    expect(await accepted('accounts')).toContain(keyed('NEW-1'))
  })

  it('an answer with fewer results than rows is not success', async () => {
    await project.sandbox.setFault('salesforce', 'status', { status: 200, body: '[]', match: 'PATCH', times: 'always' })
    expect(await runOnce(run, 1)).toMatchObject({ error: { code: 'MR-3005' }, ledger: { unknown: 30, delivered: 0 } })
    await project.sandbox.setFault('salesforce', 'status', null)
    expect((await runOnce(run, 0)).ledger).toMatchObject({ retry: 30, delivered: 30 })
  })
})

async function runOnce(args: readonly string[], exit: number): Promise<RunLine> {
  const result = resultOf(await millrace(args, project))
  expect(result.exit_code).toBe(exit)
  const [run] = result.runs
  if (!run) throw new Error('nothing was run')
  return run
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => `p${n}`).toSorted()

const byNumber = (left: number, right: number) => left - right

/** Each once: an opt-out beside a new email goes by itself, too. */
const idsIn = (body: string | null) => [
  ...new Set([...(body ?? '').matchAll(/"identifiers":\{"id":"([^"]+)"/g)].map((match) => match[1] ?? '')),
]

/** Ids of ours that the vendor holds. */
async function held(): Promise<readonly string[]> {
  const everybody = await project.sandbox.show('customerio', 'person')
  return everybody.flatMap(({ id }) => (typeof id === 'string' && /^p\d/.test(id) ? [id] : [])).toSorted()
}

async function attributeOf(id: string, name: string): Promise<unknown> {
  const [person] = await project.sandbox.show('customerio', 'person', id)
  return Object(person?.['attributes'])[name]
}

async function accountState(externalId: string): Promise<unknown> {
  const all = await project.sandbox.show('salesforce', 'Account')
  return all.find((account) => account['External_Id__c'] === externalId)?.['Subscription_State__c']
}

const accepted = async (sync: string) =>
  (await project.rows(`SELECT key FROM _millrace.snapshot_${sync} WHERE state = 'accepted'`))
    .map((row) => row['key'] ?? '')
    .toSorted()

const rejects = (sync: string) => project.rows(`SELECT * FROM _millrace.rejects WHERE sync = '${sync}' ORDER BY key`)

/** External ids are compared without case at Salesforce. */
const keyed = (externalId: string) => externalId.toLowerCase()

const people = (count: number) =>
  `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 'free' AS plan, n = 5 AS email_opt_out FROM range(${count}) r(n)`

const accounts = (count: number) =>
  `CREATE TABLE raw.accounts AS SELECT 'ACME-' || lpad(n::varchar, 5, '0') AS external_id, 'Name ' || n AS name, 'active' AS state, 12.5::DECIMAL(38,2) AS mrr FROM range(1, ${count + 1}) r(n)`

const accountsSync = (mode: string) => `
model: accounts
primary_key: external_id
destination: salesforce
object: Account
match: External_Id__c
mode: ${mode}
map: { External_Id__c: external_id, Name: name, Subscription_State__c: state, MRR__c: mrr }
limits: { max_added: 100%, max_changed: 100% }
`

const files = {
  'millrace.yaml': `
project: partial
targets:
  sandbox: { sandbox: true }
connections:
  salesforce: { connector: salesforce, login_url: 'https://acme.my.salesforce.com', client_id: '\${env:SF_ID}', client_secret: '\${env:SF_SECRET}' }
  stripe: { connector: stripe, api_key: '\${env:STRIPE_API_KEY}' }
  customerio: { connector: customerio, site_id: '\${env:CIO_SITE_ID}', api_key: '\${env:CIO_API_KEY}', region: eu }
`,
  'syncs/accounts.yaml': accountsSync('update'),
  'syncs/accounts_upserted.yaml': accountsSync('upsert'),
  'models/accounts.sql': 'select * from raw.accounts\n',
}
