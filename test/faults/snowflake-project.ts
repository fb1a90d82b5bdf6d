/** The small project of the other fault tests, with a warehouse in a simulated Snowflake: a target as production has it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSnowflake, type SnowflakeOptions } from '../../src/sandbox/snowflake/start.ts'
import { openSnowflakeClient, type SnowflakeClient } from '../../src/warehouse/snowflake/client/open-client.ts'
import type { TextRow } from '../../src/model/text-row.ts'
import { optionsOf } from '../warehouse/snowflake-adapter.ts'
import { makeFaultProject } from './fault-project.ts'

export type SnowflakeProject = Awaited<ReturnType<typeof makeSnowflakeProject>>

export async function makeSnowflakeProject(options: Partial<SnowflakeOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-account-'))
  const snowflake = await startSnowflake({ ...options, directory })
  const project = await makeFaultProject({
    vendors: ['stripe'],
    scale: 0.02,
    files: { 'syncs/stripe.yaml': stripeYaml },
  })
  const base = String(project.sandbox.connection('stripe')['base_url'])
  const configure = (more = keyPair) => project.file('millrace.yaml', millraceYaml(base, more))
  configure()
  rmSync(join(project.directory, 'syncs/people.yaml'))
  const { url, account, user, privateKey, role, warehouse, database } = snowflake.connection
  const admin: SnowflakeClient = await openSnowflakeClient(optionsOf(snowflake.admin))
  return {
    directory: project.directory,
    snowflake,
    /** Other keys than that of the private key, as a line of the target's warehouse. */
    configure,
    /** Writes its sync anew. */
    sync: (change: (text: string) => string) => project.edit('syncs/stripe.yaml', change),
    /** As ACCOUNTADMIN. */
    admin: async (...statements: readonly string[]) => {
      for (const sql of statements) await admin.run(sql)
    },
    rows: (sql: string): Promise<readonly TextRow[]> => admin.rows(sql),
    /** What the target's references find, when all is right. */
    env: {
      LIVE_STRIPE_KEY: 'sk_test_sandbox_of_millrace',
      SN_URL: url,
      SN_ACCOUNT: account,
      SN_USER: user,
      SN_KEY: privateKey,
      SN_ROLE: role,
      SN_WAREHOUSE: warehouse,
      SN_DATABASE: database,
      SN_TOKEN: 'none',
    },
    async close() {
      await admin.close()
      await project.close()
      await snowflake.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const millraceYaml = (stripeUrl: string, more: string) => `
project: faults
default_target: live
targets:
  live:
    warehouse:
      type: snowflake
      base_url: '\${env:SN_URL}'
      account: '\${env:SN_ACCOUNT}'
      user: '\${env:SN_USER}'
      role: '\${env:SN_ROLE}'
      warehouse: '\${env:SN_WAREHOUSE}'
      database: '\${env:SN_DATABASE}'
      ${more}
connections:
  stripe: { connector: stripe, api_key: '\${env:LIVE_STRIPE_KEY}', base_url: '${stripeUrl}' }
`

const keyPair = `private_key: '\${env:SN_KEY}'`

const stripeYaml = `
source: stripe
streams:
  customers: {}
`
