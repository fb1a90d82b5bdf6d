import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { killAt, millrace, resultOf } from '../../faults/millrace-process.ts'
import { salesforceKeys, sandboxYaml } from '../../faults/sandbox-yaml.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeFaultProject({
    alone: true,
    vendors: ['salesforce'],
    scale: 0.15,
    files: {
      'millrace.yaml': sandboxYaml('salesforce_in', {
        by_rest: { ...salesforceKeys, bulk_query_from: 'never' },
        by_jobs: { ...salesforceKeys, bulk_query_from: 1, bulk_query_page: 200 },
      }),
      'syncs/by_rest.yaml': syncOf('by_rest'),
      'syncs/by_jobs.yaml': syncOf('by_jobs'),
    },
  })
})
afterAll(() => project.close())

const tables = ['account', 'contact', 'lead', 'opportunity', 'user', 'opportunity_field_history', 'task_status']
const run = (...args: readonly string[]) => millrace(['sync', 'run', ...args], project)
const journal = async (pattern: RegExp) =>
  (await project.sandbox.journal('salesforce')).filter(({ method, path }) => pattern.test(`${method} ${path}`))

/** Rows that one way of reading brought and the other did not, value for value. */
async function differences(): Promise<{ readonly [table: string]: number }> {
  const found: Record<string, number> = {}
  for (const table of tables) {
    const rows = (schema: string) =>
      `SELECT COLUMNS(c -> c NOT IN ('_synced_at', '_read_at', '_run_id')) FROM ${schema}.${table === 'user' ? '"user"' : table}`
    const [count] = await project.rows(
      `SELECT (SELECT count(*) FROM (${rows('by_rest')} EXCEPT ALL ${rows('by_jobs')})) + (SELECT count(*) FROM (${rows('by_jobs')} EXCEPT ALL ${rows('by_rest')})) AS n`,
    )
    found[table] = Number(count?.['n'])
  }
  return found
}
const none = Object.fromEntries(tables.map((table) => [table, 0]))

/** Accounts with what CSV and JSON write differently. */
async function writeTexts(): Promise<void> {
  const { login_url, client_id, client_secret } = project.sandbox.connection('salesforce')
  const form = { grant_type: 'client_credentials', client_id: String(client_id), client_secret: String(client_secret) }
  const token = await fetch(`${login_url}/services/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
  const { access_token } = (await token.json()) as { access_token: string }
  const answer = await fetch(`${login_url}/services/data/v66.0/composite/sobjects`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      allOrNone: true,
      records: texts.map((text, index) => ({
        attributes: { type: 'Account' },
        Name: `Text ${index} ${text}`.trim(),
        Description: text,
        BillingStreet: text,
        BillingLatitude: [0.00001, 60, -1.5, 0][index % 4] ?? 0,
        BillingLongitude: JSON.parse('24.123456789012345'),
        MRR__c: 12345678.9,
      })),
    }),
  })
  expect(answer.status).toBe(200)
}
const texts = [
  'a\r\nb',
  'a\rb',
  '"',
  '""',
  'a,b',
  '"a",\n"b"',
  "\\ \\n '",
  '\t\u0001\u2028',
  'null',
  'NULL',
  '#N/A',
  '{"a":1}',
  '😀é漢',
]

it('the warehouse holds the same, to the last digit, whichever way it was read', async () => {
  await writeTexts()
  // Read up to five minutes ago, and the texts are of now.
  await project.sandbox.move(1)
  const rest = await run('by_rest')
  expect(rest.code, rest.stderr).toBe(0)
  expect(await journal(/jobs\/query/)).toEqual([])
  const jobs = await run('by_jobs')
  expect(jobs.code, jobs.stderr).toBe(0)
  // TaskStatus is refused.
  expect(await journal(/^POST .*jobs\/query$/)).toHaveLength(tables.length)
  const accounts = await project.sandbox.show('salesforce', 'Account')
  const [held] = await project.rows(
    'SELECT count(*) AS n, count(billing_address) AS a, count(employees_per_site__c) AS f FROM by_jobs.account',
  )
  expect(Number(held?.['n'])).toBe(accounts.length)
  expect(Number(held?.['a'])).toBeGreaterThan(50)
  expect(Number(held?.['f'])).toBeGreaterThan(50)
  const [read] = await project.rows(
    `SELECT count(DISTINCT description) AS n FROM by_jobs.account WHERE name LIKE 'Text %'`,
  )
  expect(Number(read?.['n'])).toBe(texts.length)
  expect(await differences()).toEqual(none)
  expect(resultOf(jobs).runs[0]?.status).toBe('ok')
}, 120_000)

it('and so it does after a day, by increments, some large and some small', async () => {
  await project.sandbox.move(1)
  for (const sync of ['by_rest', 'by_jobs']) {
    const next = await run(sync)
    expect(next.code, next.stderr).toBe(0)
  }
  expect(await differences()).toEqual(none)
}, 120_000)

it.each(['batch.extracted:Contact:2', 'cursor.committed:Contact'])(
  'a run that is killed at %s is gone on with by a job of what comes after its last checkpoint',
  async (point) => {
    await project.write('DROP SCHEMA by_jobs CASCADE', `DELETE FROM _millrace.cursors WHERE sync = 'by_jobs'`)
    await killAt(point, ['sync', 'run', 'by_jobs'], project)
    const next = await run('by_jobs')
    expect(next.code, next.stderr).toBe(0)
    expect(await differences()).toEqual(none)
  },
  120_000,
)

it('a run whose quota is used up stops with what it has, and the next one goes on there', async () => {
  await project.forgetWarehouse()
  await project.sandbox.setFault('salesforce', 'near_limit', { times: 'always', match: 'results', after: 3 })
  const stopped = await run('by_jobs')
  expect(stopped.code).toBe(1)
  expect(JSON.stringify(stopped.lines)).toContain('MR-3006')
  await project.sandbox.setFault('salesforce', 'near_limit', null)
  const before = (await journal(/^POST .*jobs\/query$/)).length
  const next = await run('by_jobs')
  expect(next.code, next.stderr).toBe(0)
  const bodies = (await journal(/^POST .*jobs\/query$/)).slice(before).map(({ body }) => String(body))
  expect(bodies.some((body) => /Id > '/.test(body))).toBe(true)
  const rest = await run('by_rest')
  expect(rest.code, rest.stderr).toBe(0)
  expect(await differences()).toEqual(none)
}, 120_000)

function syncOf(connection: string): string {
  return `
source: ${connection}
verify: strict
streams:
  Account: {}
  Contact: {}
  Lead: {}
  Opportunity: {}
  User: {}
  OpportunityFieldHistory: {}
  TaskStatus: {}
`
}
