/** A small project on the sandbox: Stripe into the warehouse, a table of people out to Customer.io. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../../src/duckdb/open-database.ts'
import type { TextRow } from '../../src/model/text-row.ts'
import { openSandbox } from '../../src/sandbox/process.ts'

export type FaultProject = Awaited<ReturnType<typeof makeFaultProject>>

export type FaultProjectOptions = {
  /** Path in the project → text: over the project's own files, or beside them. */
  readonly files?: { readonly [path: string]: string }
  /** Nothing but `files`. @default false */
  readonly alone?: boolean
  /** Simulators that run. @default stripe and customerio, which the project's own syncs use */
  readonly vendors?: readonly string[]
  /** 1 is about 1,500 companies. @default 0.06 */
  readonly scale?: number
  /** Whose warehouse is looked at. @default sandbox */
  readonly target?: string
}

export async function makeFaultProject({
  files = {},
  alone = false,
  vendors = ['stripe', 'customerio'],
  scale = 0.06,
  target = 'sandbox',
}: FaultProjectOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-faults-'))
  const pathOf = (name: string) => join(directory, name)
  const file = (name: string, text: string) => {
    mkdirSync(dirname(pathOf(name)), { recursive: true })
    writeFileSync(pathOf(name), text)
  }
  const own = {
    'millrace.yaml': millraceYaml,
    'syncs/stripe.yaml': stripeYaml,
    'syncs/people.yaml': peopleYaml,
    'models/people.sql': 'select * from raw.people\n',
  }
  for (const [name, text] of Object.entries({ ...(alone ? {} : own), ...files })) file(name, text)
  const simulators = vendors.map((name) => ({
    name,
    path: fileURLToPath(new URL(`../../connectors/${name}/sandbox.ts`, import.meta.url)),
  }))
  const sandbox = await openSandbox({ projectDir: directory, simulators, seed: 7, scale })
  const warehouse = join(directory, '.millrace', `${target}.duckdb`)
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
    /** The path of the warehouse file. */
    warehouse,
    rows: (sql: string): Promise<readonly TextRow[]> => inWarehouse((db) => db.rows(sql)),
    write: (...statements: readonly string[]) =>
      inWarehouse(async (db) => {
        for (const statement of statements) await db.run(statement)
      }),
    /** Writes a file of the project; answers how to bring back what was there. */
    edit(name: string, change: (text: string) => string): () => void {
      const before = readFileSync(pathOf(name), 'utf8')
      file(name, change(before))
      return () => file(name, before)
    },
    file,
    /**
     * Every row of every table. The history of runs, the fences, and who last wrote a cursor and when, are left out unless asked for:
     * a run that is stopped is written down, has taken its fence, and has given up the scan that it had begun.
     */
    contents: ({ history = false } = {}): Promise<{ readonly [table: string]: readonly TextRow[] }> =>
      inWarehouse(async (db) => {
        const tables = await db.rows(
          `SELECT schema_name || '.' || table_name AS name, '"' || schema_name || '"."' || table_name || '"' AS quoted FROM duckdb_tables() WHERE ${history} OR NOT (schema_name = '_millrace' AND table_name IN ('runs', 'fences')) ORDER BY 1`,
        )
        const all: Record<string, readonly TextRow[]> = {}
        for (const { name, quoted } of tables) {
          const ofCursors = `* EXCLUDE (updated_by, updated_at) REPLACE (json_merge_patch(marks, '{"committed_at":null}') AS marks)`
          const columns = name === '_millrace.cursors' && !history ? ofCursors : '*'
          all[name ?? ''] = await db.rows(`SELECT ${columns} FROM ${quoted} ORDER BY ALL`)
        }
        return all
      }),
    /** Everything that millrace keeps, the vendors' world aside. */
    async forgetWarehouse() {
      for (const name of [
        'sandbox.duckdb',
        'sandbox.duckdb.wal',
        'control.sqlite',
        'control.sqlite-wal',
        'control.sqlite-shm',
        'spool',
      ])
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

/** What the project's own sync of Stripe loads. */
export const stripeTables = ['customers', 'subscriptions', 'subscription_items', 'charges']

/** Full rows of them without what differs from run to run; which event told of a row depends on when it was read. */
export async function stripeContents(project: FaultProject) {
  const all: Record<string, readonly TextRow[]> = {}
  for (const table of stripeTables)
    all[table] = await project.rows(
      `SELECT COLUMNS(c -> c NOT IN ('_synced_at', '_read_at', '_version', '_run_id', '_event_id', '_event_type')) FROM stripe.${table} ORDER BY id`,
    )
  return all
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
