/** A small project on the sandbox: Stripe into the warehouse, a table of people out to Customer.io. */
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase, type TextRow } from '../../src/duckdb/open-database.ts'
import { openSandbox } from '../../src/sandbox/process.ts'

export type FaultProject = Awaited<ReturnType<typeof makeFaultProject>>

export async function makeFaultProject() {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-faults-'))
  mkdirSync(join(directory, 'syncs'))
  mkdirSync(join(directory, 'models'))
  writeFileSync(join(directory, 'millrace.yaml'), millraceYaml)
  writeFileSync(join(directory, 'syncs', 'stripe.yaml'), stripeYaml)
  writeFileSync(join(directory, 'syncs', 'people.yaml'), peopleYaml)
  writeFileSync(join(directory, 'models', 'people.sql'), 'select * from raw.people\n')
  const simulators = ['stripe', 'customerio'].map((name) => ({
    name,
    path: fileURLToPath(new URL(`../../connectors/${name}/sandbox.ts`, import.meta.url)),
  }))
  const sandbox = await openSandbox({ projectDir: directory, simulators, seed: 7, scale: 0.06 })
  const warehouse = join(directory, '.millrace', 'sandbox.duckdb')
  const inWarehouse = async <T>(work: (db: Awaited<ReturnType<typeof openDatabase>>) => Promise<T>): Promise<T> => {
    const db = await openDatabase({ path: warehouse, memoryLimit: '500MB', spillDirectory: tmpdir(), threads: 1 })
    try {
      return await work(db)
    } finally {
      db.close()
    }
  }
  return {
    directory,
    sandbox,
    rows: (sql: string): Promise<readonly TextRow[]> => inWarehouse((db) => db.rows(sql)),
    write: (...statements: readonly string[]) =>
      inWarehouse(async (db) => {
        for (const statement of statements) await db.run(statement)
      }),
    /** Everything that millrace keeps, the vendors' world aside. */
    async forgetWarehouse() {
      for (const name of ['sandbox.duckdb', 'sandbox.duckdb.wal', 'control.sqlite', 'control.sqlite-wal', 'control.sqlite-shm', 'spool'])
        await rm(join(directory, '.millrace', name), { recursive: true, force: true })
    },
    /** Keeps the warehouse as it is now; `restore` brings it back. */
    keep(name: string) {
      cpSync(warehouse, `${warehouse}.${name}`)
      return () => cpSync(`${warehouse}.${name}`, warehouse)
    },
    async close() {
      await sandbox.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const millraceYaml = `
project: faults
default_target: sandbox
targets:
  sandbox:
    sandbox: true
    warehouse: { type: duckdb, path: .millrace/sandbox.duckdb }
connections:
  stripe: { connector: stripe, api_key: '\${env:STRIPE_API_KEY}' }
  customerio: { connector: customerio, site_id: '\${env:CIO_SITE_ID}', api_key: '\${env:CIO_API_KEY}', region: eu }
`

const stripeYaml = `
source: stripe
streams:
  customers: {}
  subscriptions: {}
  subscription_items: {}
  charges: {}
`

const peopleYaml = `
model: people
primary_key: id
destination: customerio
object: person
match: id
map:
  id: id
  email: email
  plan: plan
  unsubscribed: { opt_out: email_opt_out }
on_removed: { set: { plan: gone } }
limits: { max_removed: 100%, max_changed: 100% }
`
