/** `sync plan` and `sync preview` leave no trace, and the vendor then gets what they showed, byte for byte. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFaultProject, type FaultProject } from '../faults/fault-project.ts'
import { millrace, resultOf } from '../faults/millrace-process.ts'

let project: FaultProject

const cases = [
  { sync: 'people', vendor: 'customerio', objects: ['person'] },
  { sync: 'contacts', vendor: 'hubspot', objects: ['contact'] },
  { sync: 'accounts', vendor: 'salesforce', objects: ['Account'] },
] as const

beforeAll(async () => {
  project = await makeFaultProject({
    alone: true,
    vendors: ['stripe', 'customerio', 'hubspot', 'salesforce'],
    scale: 0.02,
    files,
  })
  await project.write('CREATE SCHEMA raw', people)
  for (const { sync } of cases) {
    const { code, stderr } = await millrace(['sync', 'run', sync], project)
    expect([
      code,
      stderr,
      code === 0 || (await project.rows('SELECT sync, key, code, message FROM _millrace.rejects LIMIT 2')),
    ]).toEqual([0, '', true])
  }
  // Added, changed, removed, turned to opted out, turned back (withheld), a value that cannot be sent, and unchanged ones.
  await project.write(
    `INSERT INTO raw.people VALUES ('q1', 'q1@people.example', 'active', 1.50, false), ('q2', 'q2@people.example', 'trialing', NULL, true)`,
    `UPDATE raw.people SET plan = 'active', score = 12345678901234.25 WHERE id IN ('p3', 'p4')`,
    `UPDATE raw.people SET opted_out = true WHERE id = 'p5'`,
    `UPDATE raw.people SET opted_out = false WHERE id = 'p0'`,
    `UPDATE raw.people SET id = NULL WHERE id = 'p9'`,
    `DELETE FROM raw.people WHERE id IN ('p6', 'p7')`,
  )
}, 120_000)

afterAll(() => project.close())

test.each(cases)(
  '$vendor: nothing is written by looking, and what was shown is what goes',
  async ({ sync, vendor, objects }) => {
    const before = await everything(vendor, objects)
    const read = (await project.sandbox.journal(vendor)).length

    const plan = await millrace(['sync', 'plan', sync], project)
    expect([plan.code, plan.stderr]).toEqual([0, ''])
    const preview = await millrace(['sync', 'preview', sync, '--limit', '1000'], project)
    expect([preview.code, preview.stderr]).toEqual([0, expect.stringContaining('nothing was sent')])
    expect(await everything(vendor, objects)).toEqual(before)
    const asked = (await project.sandbox.journal(vendor)).slice(read)
    expect(asked.filter(writes).map(({ method, path }) => `${method} ${path}`)).toEqual([])

    const sent = (await project.sandbox.journal(vendor)).length
    const run = await millrace(['sync', 'run', sync], project)
    const { ledger } = resultOf(run).runs[0] ?? {}
    const planned = plan.lines[0]
    expect(ledger).toMatchObject({ added: 2, removed: 3, invalid: 1, unknown: 0, absent: 0 })
    expect(planned).toMatchObject({
      added: ledger?.['added'],
      removed: ledger?.['removed'],
      changed: ledger?.['changed'],
    })

    const got = (await project.sandbox.journal(vendor)).slice(sent).filter(writes)
    const shown = preview.lines
      .flatMap(({ type, method, path, body }) =>
        type === 'request' ? [{ method: String(method), path: String(path), body }] : [],
      )
      .filter(writes)
    expect(shown.length).toBeGreaterThan(0)
    expect(JSON.stringify(shown)).not.toContain('@people.example')
    expect(shown.map((request) => filledIn(request.body, got))).toEqual(got.map(({ body }) => body))
    expect(shown.map(({ method, path }) => `${method} ${path}`)).toEqual(
      got.map(({ method, path }) => `${method} ${path}`),
    )
  },
  60_000,
)

/** The request's body with the vendor's own values where it has stars: whatever is left must be equal to the byte. */
function filledIn(body: unknown, got: readonly { readonly body: string | null }[]): string {
  const matches = got.map(({ body: text }) => JSON.stringify(fill(body, JSON.parse(text ?? 'null'))))
  return matches.find((text) => got.some((entry) => entry.body === text)) ?? JSON.stringify(body)
}

function fill(shown: unknown, actual: unknown): unknown {
  // Which Id a record has, is asked when it is sent.
  if (shown === '***' || (typeof shown === 'string' && shown.startsWith('<Id of '))) return actual
  if (Array.isArray(shown)) return shown.map((item, index) => fill(item, Array.isArray(actual) ? actual[index] : null))
  if (typeof shown !== 'object' || shown === null) return shown
  const other: { readonly [name: string]: unknown } = Object(actual)
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, fill(value, other[name])]))
}

/** What changes something at a vendor: not a sign-in, nor a search. */
const writes = ({ method, path }: { readonly method: string; readonly path: string }) =>
  method !== 'GET' && !/oauth|\/search|batch\/read/.test(path)

/** Every file of `.millrace` by its bytes, every table by its rows, and what the vendor holds. */
async function everything(vendor: string, objects: readonly string[]): Promise<unknown> {
  const root = join(project.directory, '.millrace')
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
    // The simulators write down that they were asked; what they hold is compared below.
    .filter((name) => !name.startsWith('sandbox/') && statSync(join(root, name)).isFile())
    .toSorted()
  const files = found
    .filter((name) => !name.startsWith('control.sqlite'))
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(root, name)))
          .digest('hex')}`,
    )
  const held = []
  for (const object of objects) held.push(await project.sandbox.show(vendor, object))
  return {
    files,
    tables: await project.contents({ history: true }),
    control: controlStore(join(root, 'control.sqlite')),
    held,
  }
}

/** Tickets number themselves on: whoever looks takes one, too. */
function controlStore(path: string): unknown {
  expect(existsSync(path)).toBe(true)
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const names = db
      .prepare(
        `select name from sqlite_schema where type = 'table' and name not in ('tickets', 'sqlite_sequence', 'daemons')`,
      )
      .all()
    return names.map(({ name }) => [name, db.prepare(`select * from "${String(name)}"`).all()])
  } finally {
    db.close()
  }
}

const people = `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 'trialing' AS plan,
  (n + 0.25)::DECIMAL(18,2) AS score, n = 0 AS opted_out FROM range(20) r(n)`

const limits = `limits: { max_added: 100%, max_changed: 100%, max_removed: 100% }
on_invalid_keys: skip`

const files = {
  'millrace.yaml': `
project: look
targets:
  sandbox: { sandbox: true }
connections:
  stripe: { connector: stripe, api_key: '\${env:STRIPE_API_KEY}' }
  customerio: { connector: customerio, site_id: '\${env:CIO_SITE_ID}', api_key: '\${env:CIO_API_KEY}', region: eu }
  hubspot: { connector: hubspot, access_token: '\${env:HUBSPOT_TOKEN}' }
  salesforce:
    connector: salesforce
    login_url: https://acme.my.salesforce.com
    client_id: '\${env:SF_CLIENT_ID}'
    client_secret: '\${env:SF_CLIENT_SECRET}'
`,
  // Says that an e-mail address is personal.
  'syncs/stripe.yaml': `
source: stripe
streams:
  customers: { pii: [email] }
`,
  'models/people.sql': 'select * from raw.people\n',
  'syncs/people.yaml': `
model: people
primary_key: id
destination: customerio
object: person
match: id
map:
  id: id
  email: email
  plan: plan
  score: score
  source: { value: warehouse }
  unsubscribed: { opt_out: opted_out }
on_removed: { set: { plan: gone } }
${limits}
`,
  'syncs/contacts.yaml': `
model: people
primary_key: id
destination: hubspot
object: contact
match: person_id
map:
  person_id: id
  email: email
  account_status: plan
on_removed: { set: { account_status: canceled } }
${limits}
`,
  'syncs/accounts.yaml': `
model: people
primary_key: id
destination: salesforce
object: Account
match: External_Id__c
map:
  External_Id__c: id
  Name: email
  Account_Status__c: plan
  MRR__c: score
on_removed: { set: { Account_Status__c: removed } }
${limits}
`,
}
