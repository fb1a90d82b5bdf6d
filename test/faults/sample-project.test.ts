/** The repository's own sample project at its full size: everything arrives, nothing travels twice, and the next day only what changed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, resultOf, type RunLine } from './millrace-process.ts'

let project: FaultProject
const runAll = ['sync', 'run', '--all']

const optOutColumns = ['email_opt_out', 'news_opt_out']

/** Vendor, table, and what the simulator calls it. */
const tablesOfVendors: readonly (readonly [string, string, string])[] = [
  ['salesforce', 'account', 'Account'],
  ['salesforce', 'contact', 'Contact'],
  ['salesforce', 'lead', 'Lead'],
  ['salesforce', 'opportunity', 'Opportunity'],
  ['salesforce', 'opportunity_field_history_raw', 'OpportunityFieldHistory'],
  ['stripe', 'customers', 'customers'],
  ['stripe', 'subscriptions', 'subscriptions'],
  ['stripe', 'invoices', 'invoices'],
  ['stripe', 'charges', 'charges'],
]

const relations: readonly (readonly [child: string, key: string, parent: string, id: string])[] = [
  ['models.people', 'account_external_id', 'models.account_status', 'external_id'],
  ['models.account_status', 'account_id', 'salesforce.account', 'id'],
  ['salesforce.contact', 'account_id', 'salesforce.account', 'id'],
  ['salesforce.opportunity', 'account_id', 'salesforce.account', 'id'],
  ['salesforce.opportunity', 'owner_id', 'salesforce.user', 'id'],
  ['salesforce.lead', 'converted_contact_id', 'salesforce.contact', 'id'],
  ['stripe.subscriptions', 'customer', 'stripe.customers', 'id'],
  ['stripe.subscription_items', 'subscription', 'stripe.subscriptions', 'id'],
  ['stripe.invoices', 'customer', 'stripe.customers', 'id'],
  ['stripe.invoice_line_items', 'invoice', 'stripe.invoices', 'id'],
  ['stripe.charges', 'customer', 'stripe.customers', 'id'],
  [
    `(SELECT json_extract_string(metadata, '$.external_id') AS external_id FROM stripe.customers)`,
    'external_id',
    'salesforce.account',
    'external_id__c',
  ],
]

/** View, table, and which column a tracked field is. */
const histories: readonly (readonly [view: string, table: string, fields: { readonly [field: string]: string }])[] = [
  [
    'account_field_history',
    'account',
    {
      Account_Status__c: 'account_status__c',
      Industry: 'industry',
      Name: 'name',
      NumberOfEmployees: 'number_of_employees',
      Owner: 'owner_id',
      Phone: 'phone',
    },
  ],
  [
    'lead_field_history',
    'lead',
    {
      Email: 'email',
      HasOptedOutOfEmail: 'has_opted_out_of_email',
      Owner: 'owner_id',
      Rating: 'rating',
      Status: 'status',
    },
  ],
  [
    'opportunity_field_history',
    'opportunity',
    {
      Amount: 'amount',
      CloseDate: 'close_date',
      Owner: 'owner_id',
      Probability: 'probability',
      StageName: 'stage_name',
    },
  ],
]

type Runs = { readonly exit: number; readonly of: (sync: string) => RunLine }

// A run of everything takes ten seconds on two cores that have nothing else to do.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

beforeAll(async () => {
  project = await makeFaultProject({
    files: sampleFiles(),
    alone: true,
    vendors: ['salesforce', 'stripe', 'customerio'],
    scale: 1,
  })
})
afterAll(() => project.close())

it('is valid', async () => {
  const validated = await millrace(['sync', 'validate'], project)
  expect(validated.code).toBe(0)
  expect(validated.lines.at(-1)).toMatchObject({ type: 'result', exit_code: 0 })
})

describe('on the first day', () => {
  it('loads more than 20,000 rows, all that the vendors hold, and tells the other two vendors', async () => {
    const first = await runEverything()
    expect(first.exit).toBe(0)
    const read = ['salesforce', 'stripe'].map((sync) => first.of(sync).ledger['read'] ?? 0)
    expect(read.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20_000)
    for (const [vendor, table, stored] of tablesOfVendors) {
      const there = (await project.sandbox.show(vendor, stored)).length
      expect(await project.rows(`SELECT count(*) AS n FROM ${vendor}.${table}`), table).toEqual([{ n: String(there) }])
    }
    for (const sync of ['customerio_people', 'salesforce_accounts']) {
      const { ledger } = first.of(sync)
      expect(ledger['delivered'], sync).toBeGreaterThan(1000)
      expect(ledger, sync).toMatchObject({ added: ledger['model_rows'], delivered: ledger['model_rows'], rejected: 0 })
    }
    await expectOptedOut()
  })

  it('a second run loads nothing and delivers nothing', async () => {
    const sent = await requestsSent()
    const second = await runEverything()
    expect(second.exit).toBe(0)
    for (const sync of ['salesforce', 'stripe'])
      expect(second.of(sync).ledger, sync).toMatchObject({ loaded: 0, rejected: 0 })
    for (const sync of ['customerio_people', 'salesforce_accounts'])
      expect(second.of(sync).ledger, sync).toMatchObject({ added: 0, changed: 0, removed: 0, retry: 0, delivered: 0 })
    expect(await requestsSent()).toEqual(sent)
  })
})

describe('a day later', () => {
  let third: Runs
  let sent: readonly Sent[]
  let before: { readonly people: Rows; readonly accounts: Rows }
  let after: typeof before
  let outAtVendor: readonly string[]

  beforeAll(async () => {
    const outBefore = await unsubscribedAtVendor()
    const moved = await millrace(['sandbox', 'move'], project)
    expect(moved.lines[0]).toMatchObject({ type: 'day', day: 1 })
    outAtVendor = (await unsubscribedAtVendor()).filter((id) => !outBefore.includes(id))
    before = { people: await modelRows('people'), accounts: await modelRows('account_status') }
    const earlier = await requestsSent()
    third = await runEverything()
    const later = await requestsSent()
    sent = ['customerio', 'salesforce'].flatMap((vendor) => {
      const of = (all: readonly Sent[]) => all.filter((request) => request.vendor === vendor)
      return of(later).slice(of(earlier).length)
    })
    after = { people: await modelRows('people'), accounts: await modelRows('account_status') }
  })

  it('what is loaded is what changed', async () => {
    expect(third.exit).toBe(0)
    for (const sync of ['salesforce', 'stripe']) {
      const { loaded = 0, rejected } = third.of(sync).ledger
      expect({ sync, isSome: loaded > 0, isFew: loaded < 5000, rejected }).toEqual({
        sync,
        isSome: true,
        isFew: true,
        rejected: 0,
      })
    }
    for (const [vendor, table, stored] of tablesOfVendors) {
      const there = (await project.sandbox.show(vendor, stored)).length
      const [here] = await project.rows(
        `SELECT count(*) AS n, count(*) FILTER (WHERE _deleted_at IS NULL) AS living FROM ${vendor}.${table}`,
      )
      // Stripe forgets what is deleted, the warehouse does not.
      expect(vendor === 'stripe' ? here?.['living'] : here?.['n'], table).toBe(String(there))
    }
  })

  it('only rows that changed are sent, each once', () => {
    const people = sent.flatMap(({ vendor, keys }) => (vendor === 'customerio' ? keys : []))
    const accounts = sent.flatMap(({ vendor, keys }) => (vendor === 'salesforce' ? keys : []))
    expect(people.length).toBeGreaterThan(10)
    expect(accounts.length).toBeGreaterThan(0)
    expect(people.toSorted(byText)).toEqual(changedKeys(before.people, after.people))
    expect(accounts.toSorted(byText)).toEqual(changedKeys(before.accounts, after.accounts))
    expect(third.of('customerio_people').ledger['delivered']).toBe(people.length)
    expect(third.of('salesforce_accounts').ledger['delivered']).toBe(accounts.length)
  })

  it('who has opted out since stands first in the first request', () => {
    const turned = [...after.people].flatMap(([id, row]) =>
      optOutColumns.some((column) => row[column] === 'true' && before.people.get(id)?.[column] !== 'true') ? [id] : [],
    )
    expect(turned.length).toBeGreaterThan(5)
    const [first] = sent.filter(({ vendor }) => vendor === 'customerio')
    expect(first?.keys.slice(0, turned.length).toSorted(byText)).toEqual(turned.toSorted(byText))
    for (const { body } of sent) {
      expect(body).not.toContain('"unsubscribed":false')
      expect(body).not.toContain('"cio_subscription_preferences.topics.topic_3":true')
    }
  })

  it('everyone who opted out is out at Customer.io, and whoever did so there stays out', async () => {
    await expectOptedOut()
    expect(outAtVendor.length).toBeGreaterThan(0)
    const now = await unsubscribedAtVendor()
    for (const id of outAtVendor) expect(now).toContain(id)
    // At least one of them is nobody whom the CRM knows to have opted out: millrace alone could put them back.
    expect(outAtVendor.some((id) => optOutColumns.every((column) => after.people.get(id)?.[column] !== 'true'))).toBe(
      true,
    )
  })

  it('relations hold across the vendors', async () => {
    for (const [child, key, parent, id] of relations)
      expect(
        await project.rows(
          `SELECT c.* FROM ${child} c WHERE c.${key} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE p.${id} = c.${key}) LIMIT 3`,
        ),
        `${child}.${key}`,
      ).toEqual([])
    const [joined] = await project.rows(
      `SELECT count(*) AS n, count(*) FILTER (WHERE a.subscription_state <> 'none') AS paying FROM models.people p JOIN models.account_status a ON a.external_id = p.account_external_id`,
    )
    const [people] = await project.rows('SELECT count(account_external_id) AS n FROM models.people')
    expect(joined?.['n']).toBe(people?.['n'])
    expect(Number(joined?.['paying'])).toBeGreaterThan(1000)
    for (const model of ['people', 'account_status']) {
      const key = model === 'people' ? 'person_id' : 'external_id'
      expect(await project.rows(`SELECT count(*) - count(DISTINCT ${key}) AS twice FROM models.${model}`)).toEqual([
        { twice: '0' },
      ])
    }
  })

  it.each(histories)('intervals of %s do not overlap and leave no gap', async (view, table) => {
    const broken = await project.rows(
      `SELECT * FROM (SELECT *, lead(valid_from) OVER w AS next_from, row_number() OVER w AS nth FROM salesforce.${view} ` +
        `WINDOW w AS (PARTITION BY record_id, field, kind ORDER BY valid_from, coalesce(valid_to, TIMESTAMP 'infinity'))) ` +
        `WHERE valid_to < valid_from OR valid_to IS DISTINCT FROM next_from OR is_current <> (valid_to IS NULL) LIMIT 3`,
    )
    expect(broken).toEqual([])
    const orphans = await project.rows(
      `SELECT record_id FROM salesforce.${view} WHERE record_id NOT IN (SELECT id FROM salesforce.${table}) LIMIT 3`,
    )
    expect(orphans).toEqual([])
  })

  it.each(histories)('the current values of %s are those of the record', async (view, table, fields) => {
    const tracked = await project.rows(
      `SELECT DISTINCT field FROM salesforce.${view} WHERE field NOT IN ('created', 'leadConverted') ORDER BY 1`,
    )
    expect(tracked.map((row) => row['field'])).toEqual(Object.keys(fields))
    for (const [field, column] of Object.entries(fields)) {
      // Numbers of a history have as many decimals as they need; an owner's other row holds the name.
      const number = (text: string) => `coalesce(TRY_CAST(${text} AS DECIMAL(38, 6))::VARCHAR, ${text})`
      const [compared] = await project.rows(
        `SELECT (SELECT count(*) FROM salesforce.${table}) AS records, count(*) AS current, ` +
          `count(*) FILTER (WHERE ${number('h.to_value')} IS DISTINCT FROM ${number(`r.${column}::VARCHAR`)}) AS differing ` +
          `FROM salesforce.${view} h JOIN salesforce.${table} r ON r.id = h.record_id ` +
          `WHERE h.field = '${field}' AND h.is_current AND NOT (h.field = 'Owner' AND h.kind = 'Text')`,
      )
      expect({ field, ...compared }).toEqual({
        field,
        records: compared?.['records'],
        current: compared?.['records'],
        differing: '0',
      })
    }
  })

  it.each(histories)(
    'whole records beside %s: one after the other, at each change what the fields say',
    async (view, table, fields) => {
      const records = `salesforce.${table}_history_scd2`
      expect(
        await project.rows(
          `SELECT * FROM (SELECT *, lead(valid_from) OVER (PARTITION BY record_id ORDER BY valid_from) AS next_from FROM ${records}) ` +
            `WHERE valid_to <= valid_from OR valid_to IS DISTINCT FROM next_from OR is_current <> (valid_to IS NULL) LIMIT 3`,
        ),
      ).toEqual([])
      const [counted] = await project.rows(
        `SELECT (SELECT count(*) FROM salesforce.${table}) = count(*) FILTER (WHERE is_current) AS one_each, count(*) > count(DISTINCT record_id) AS some FROM ${records}`,
      )
      expect(counted).toEqual({ one_each: 'true', some: 'true' })
      for (const [field, column] of Object.entries(fields)) {
        const [compared] = await project.rows(
          `SELECT count(*) = (SELECT count(*) FROM ${records}) AS every, count(*) FILTER (WHERE r.${column} IS DISTINCT FROM h.to_value) AS differing ` +
            `FROM ${records} r JOIN salesforce.${view} h ON h.record_id = r.record_id AND h.field = '${field}' AND NOT (h.field = 'Owner' AND h.kind = 'Text') ` +
            `AND h.valid_from <= r.valid_from AND (h.valid_to > r.valid_from OR h.valid_to IS NULL)`,
        )
        expect({ field, ...compared }).toEqual({ field, every: 'true', differing: '0' })
      }
    },
  )

  it('a further run finds nothing left to do', async () => {
    const sentBefore = await requestsSent()
    const last = await runEverything()
    expect(last.exit).toBe(0)
    for (const sync of ['salesforce', 'stripe']) expect(last.of(sync).ledger, sync).toMatchObject({ loaded: 0 })
    expect(await requestsSent()).toEqual(sentBefore)
    expect(await project.rows('SELECT * FROM _millrace.intents')).toEqual([])
    expect(await project.rows(`SELECT * FROM _millrace.rejects WHERE state <> 'settled'`)).toEqual([])
  })
})

async function runEverything(): Promise<Runs> {
  // Chunks of the usual size: this is the project as people run it.
  const usual = { MILLRACE_CHUNK_ROWS: '100000', MILLRACE_ACKNOWLEDGE_ROWS: '10000' }
  const result = resultOf(await millrace(runAll, { ...project, env: usual }))
  expect(result.runs.map(({ sync }) => sync).toSorted(byText)).toEqual([
    'customerio_people',
    'salesforce',
    'salesforce_accounts',
    'stripe',
  ])
  return {
    exit: result.exit_code,
    of(sync) {
      const found = result.runs.find((run) => run.sync === sync)
      if (!found) throw new Error(`${sync} was not run`)
      return found
    },
  }
}

type Sent = { readonly vendor: string; readonly keys: readonly string[]; readonly body: string }

/** What the vendors were told to write, as they received it. */
async function requestsSent(): Promise<readonly Sent[]> {
  const [customerio, salesforce] = await Promise.all(
    ['customerio', 'salesforce'].map((vendor) => project.sandbox.journal(vendor)),
  )
  const keysOf = (body: string, pattern: RegExp) => [...body.matchAll(pattern)].map((match) => match[1] ?? '')
  return [
    ...(customerio ?? [])
      .filter(({ path }) => path.endsWith('/batch'))
      .map(({ body }) => ({
        vendor: 'customerio',
        keys: keysOf(body ?? '', /"identifiers":\{"id":"([^"]+)"/g),
        body: body ?? '',
      })),
    ...(salesforce ?? [])
      .filter(({ method }) => method === 'PATCH')
      .map(({ body }) => ({
        vendor: 'salesforce',
        keys: keysOf(body ?? '', /"id":"(001[^"]+)"/g),
        body: body ?? '',
      })),
  ]
}

type Rows = ReadonlyMap<string, { readonly [column: string]: string | null }>

/** What a sync sends of a model; accounts under their Id, by which an update finds them. */
async function modelRows(model: 'people' | 'account_status'): Promise<Rows> {
  const [key, columns] =
    model === 'people'
      ? (['person_id', 'email, account_status, subscription_state, email_opt_out, news_opt_out'] as const)
      : (['account_id', 'account_status, subscription_state, mrr'] as const)
  const rows = await project.rows(`SELECT ${key} AS key, ${columns} FROM models.${model}`)
  return new Map(rows.map(({ key: name, ...row }) => [name ?? '', row]))
}

const changedKeys = (before: Rows, after: Rows): readonly string[] =>
  [...after]
    .flatMap(([key, row]) => (JSON.stringify(row) === JSON.stringify(before.get(key)) ? [] : [key]))
    .toSorted(byText)

async function unsubscribedAtVendor(): Promise<readonly string[]> {
  const everybody = await project.sandbox.show('customerio', 'person')
  return everybody.flatMap(({ id, unsubscribed }) => (unsubscribed === true ? [String(id)] : []))
}

/** As the model has it, on both channels that the vendor is told of. */
async function expectOptedOut(): Promise<void> {
  const everybody = new Map(
    (await project.sandbox.show('customerio', 'person')).map((person) => [person['id'], person]),
  )
  const people = await modelRows('people')
  const wrong = [...people].filter(([id, row]) => {
    const person = everybody.get(id)
    const topic = Object(Object(person?.['cio_subscription_preferences'])['topics'])['topic_3']
    return (
      (row['email_opt_out'] === 'true' && person?.['unsubscribed'] !== true) ||
      (row['news_opt_out'] === 'true' && topic !== false)
    )
  })
  expect(wrong).toEqual([])
  expect([...people.values()].filter((row) => row['email_opt_out'] === 'true').length).toBeGreaterThan(100)
}

function sampleFiles(): { readonly [path: string]: string } {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const paths = [
    'millrace.yaml',
    'schedules.yaml',
    ...['syncs', 'models'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))),
  ]
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

const byText = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)
