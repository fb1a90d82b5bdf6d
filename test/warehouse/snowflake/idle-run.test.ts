/** What a run costs that finds nothing to do: every statement of it, through the real program, as the account's journal has them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startSnowflake, type RunningSnowflake } from '../../../src/sandbox/snowflake/start.ts'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { millrace, resultOf } from '../../faults/millrace-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let directory: string
let snowflake: RunningSnowflake
let project: FaultProject

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-account-'))
  snowflake = await startSnowflake({ directory })
  project = await makeFaultProject({
    scale: 0.02,
    files: {
      'syncs/stripe.yaml': 'source: stripe\nstreams:\n  customers: {}\n',
      'models/people.sql': `select id, email, id as plan, false as email_opt_out from {{ source('stripe', 'customers') }}\n`,
    },
  })
  const address = (vendor: string) => String(project.sandbox.connection(vendor)['base_url'])
  project.file(
    'millrace.yaml',
    `
project: idle
default_target: live
targets:
  live:
    deliver: true
    warehouse:
      type: snowflake
      base_url: '\${env:SN_URL}'
      account: '\${env:SN_ACCOUNT}'
      user: '\${env:SN_USER}'
      private_key: '\${env:SN_KEY}'
      role: '\${env:SN_ROLE}'
      warehouse: '\${env:SN_WAREHOUSE}'
      database: '\${env:SN_DATABASE}'
connections:
  stripe: { connector: stripe, api_key: '\${env:LIVE_STRIPE_KEY}', base_url: '${address('stripe')}' }
  customerio: { connector: customerio, site_id: '\${env:LIVE_SITE}', api_key: '\${env:LIVE_KEY}', region: eu, base_url: '${address('customerio')}' }
`,
  )
})
afterAll(async () => {
  await project.close()
  await snowflake.close()
  rmSync(directory, { recursive: true, force: true })
})

async function run(...args: readonly string[]): Promise<readonly string[]> {
  const { url, account, user, privateKey, role, warehouse, database } = snowflake.connection
  const { site_id: site, api_key: key } = project.sandbox.connection('customerio')
  const began = snowflake.journal().length
  const finished = await millrace(['sync', 'run', ...args], {
    directory: project.directory,
    env: {
      SN_URL: url,
      SN_ACCOUNT: account,
      SN_USER: user,
      SN_KEY: privateKey,
      SN_ROLE: role,
      SN_WAREHOUSE: warehouse,
      SN_DATABASE: database,
      LIVE_STRIPE_KEY: String(project.sandbox.connection('stripe')['api_key']),
      LIVE_SITE: String(site),
      LIVE_KEY: String(key),
    },
  })
  expect(resultOf(finished), finished.stderr).toMatchObject({ exit_code: 0 })
  return snowflake
    .journal()
    .slice(began)
    .map(({ sql }) => sql)
}

/** What a statement is, and of which table: enough to see which one came or went. */
const shown = (sql: string): string => {
  const [verb = ''] = /^(EXECUTE IMMEDIATE|CREATE OR REPLACE TEMP TABLE|BEGIN|ALTER SESSION|\w+)/.exec(sql) ?? []
  const tables = sql.matchAll(/(?:FROM|INTO|UPDATE|TABLE) "?(\w+)"?(?:\."?(\w+)"?)?/gi)
  const [[, first = '', second = first] = []] = [...tables]
  return verb === 'ALTER SESSION' ? verb : `${verb} ${second.toLowerCase()}`.trim()
}

test('a load that finds nothing new takes 16 statements', async () => {
  await run('stripe')
  await run('people', '--first-run')
  // Models read what is loaded, and their views are made once.
  await run('stripe', 'people')
  expect((await run('stripe')).map(shown)).toEqual([
    'ALTER SESSION',
    // Do the tables of millrace stand?
    'SELECT columns',
    'BEGIN',
    'EXECUTE IMMEDIATE fences',
    'COMMIT',
    'SELECT cursors',
    // Does the stream's?
    'SELECT columns',
    'BEGIN',
    'EXECUTE IMMEDIATE fences',
    'INSERT commits',
    'MERGE cursors',
    'COMMIT',
    // Are the views as they were?
    'SELECT columns',
    'SELECT views',
    'SELECT views',
    'MERGE runs',
  ])
})

test('a delivery that finds nothing changed takes 16 statements, and opens no transaction but that of its fence', async () => {
  expect((await run('people')).map(shown)).toEqual([
    'ALTER SESSION',
    'SELECT columns',
    'SELECT views',
    // Whose the snapshot is; jobs that an earlier run has left; the model's columns, which is not run for them; the snapshot.
    'SELECT snapshots',
    'SELECT intents',
    'SELECT people',
    'SELECT columns',
    'BEGIN',
    'EXECUTE IMMEDIATE fences',
    'COMMIT',
    'SELECT intents',
    'SELECT intents',
    'CREATE OR REPLACE TEMP TABLE _diff',
    'SELECT people',
    'MERGE runs',
    'DELETE changes',
  ])
})
