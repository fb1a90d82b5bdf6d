/** The sample project on DuckDB and on the simulated Snowflake: the same YAML, the same rows in the same types, the same told to the vendors. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { isMeta, type Table } from '../../src/model/table.ts'
import type { TextRow } from '../../src/model/text-row.ts'
import type { Warehouse } from '../../src/warehouse/port.ts'
import { openDuckDBWarehouse } from '../../src/warehouse/duckdb/warehouse.ts'
import { openSnowflakeWarehouse } from '../../src/warehouse/snowflake/warehouse.ts'
import { optionsOf } from '../warehouse/snowflake-adapter.ts'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, resultOf } from './millrace-process.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

type Side = { readonly project: FaultProject; readonly target: string; readonly warehouse: Warehouse }

let duckdb: Side
let snowflake: Side

beforeAll(async () => {
  duckdb = await openSide('sandbox')
  snowflake = await openSide('sandbox_snowflake')
})
afterAll(async () => {
  for (const { project, warehouse } of [duckdb, snowflake]) {
    await warehouse.close()
    await project.close()
  }
})

test.each(['the first run', 'a day later', 'and with nothing new'] as const)(
  '%s: the same counts, rows and deliveries',
  async (when) => {
    const [one, other] = await Promise.all(
      [duckdb, snowflake].map((side) => play(side, when === 'a day later' ? 1 : 0)),
    )
    expect(other?.ledgers).toEqual(one?.ledgers)
    for (const [table, rows] of Object.entries(one?.tables ?? {})) expect(other?.tables[table], table).toEqual(rows)
    expect(other?.vendors).toEqual(one?.vendors)
    if (when === 'the first run') expect(Object.values(one?.tables ?? {}).flat().length).toBeGreaterThan(3000)
  },
)

async function play({ project, target, warehouse }: Side, days: number) {
  for (let day = 0; day < days; day++) await project.sandbox.move(1)
  const result = resultOf(
    await millrace(['sync', 'run', '--all', '--first-run', '--target', target], { ...project, env: wholeChunks }),
  )
  expect(result.exit_code).toBe(0)
  return {
    ledgers: Object.fromEntries(result.runs.map(({ sync, ledger, status }) => [sync, { status, ...ledger }])),
    tables: await contents(warehouse),
    vendors: {
      people: await project.sandbox.show('customerio', 'person'),
      accounts: (await project.sandbox.show('salesforce', 'Account')).map(
        ({ LastModifiedDate: _, SystemModstamp: __, ...rest }) => rest,
      ),
    },
  }
}

/** Every table and model of the project: its own columns, what is gone, and what they are of. */
async function contents(warehouse: Warehouse): Promise<{ readonly [table: string]: readonly TextRow[] }> {
  const found: { [table: string]: readonly TextRow[] } = {}
  await warehouse.session({ runId: 'test', purpose: 'compare' }, async (session) => {
    for (const [schema, name] of relations) {
      const table = await session.introspect(schema, name)
      if (!table) throw new Error(`${schema}.${name} is not there`)
      const rows: TextRow[] = []
      for await (const chunk of session.query(`SELECT * FROM ${warehouse.quote(schema)}.${warehouse.quote(name)}`))
        rows.push(...chunk.map((row) => comparable(row, table)))
      const types = table.columns.map((column) => `${column.name} ${schema === 'models' ? '' : column.type}`)
      found[`${schema}.${name}`] = [
        { types: types.sort().join(', ') },
        ...rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      ]
    }
  })
  return found
}

/** Our own clock is another in each run; JSON is the same in any order of its keys, a double in any spelling. */
function comparable(row: TextRow, { columns }: Table): TextRow {
  const cells = columns.flatMap(({ name, type }): readonly (readonly [string, string | null])[] => {
    const value = row[name] ?? null
    if (name === '_deleted_at') return [[name, value === null ? null : 'gone']]
    if (isMeta(name)) return []
    if (value === null) return [[name, null]]
    if (type === 'json') return [[name, JSON.stringify(sorted(JSON.parse(value)))]]
    if (type === 'double') return [[name, String(Number(value))]]
    // What a model computes may have more digits on one of them: zeros.
    return [[name, /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, '') : value]]
  })
  return Object.fromEntries(cells.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .map(([key, each]) => [key, sorted(each)] as const)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : value

async function openSide(target: 'sandbox' | 'sandbox_snowflake'): Promise<Side> {
  const project = await makeFaultProject({
    files: sampleFiles(),
    alone: true,
    vendors: ['salesforce', 'stripe', 'customerio'],
    scale: 0.06,
    target,
  })
  const warehouse =
    target === 'sandbox'
      ? openDuckDBWarehouse({ path: project.warehouse, memoryLimit: '500MB', threads: 1, inTurn: (_, work) => work() })
      : openSnowflakeWarehouse({ place: 'test', connection: async () => optionsOf(await project.sandbox.snowflake()) })
  return { project, target, warehouse }
}

function sampleFiles(): { readonly [path: string]: string } {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const names = [
    'millrace.yaml',
    ...['syncs', 'models'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)),
  ]
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]))
}

/** As a user has them. */
const wholeChunks = { MILLRACE_CHUNK_ROWS: '', MILLRACE_ACKNOWLEDGE_ROWS: '' }

const relations = [
  ['salesforce', 'account'],
  ['salesforce', 'contact'],
  ['salesforce', 'lead'],
  ['salesforce', 'opportunity'],
  ['salesforce', 'account_history'],
  ['salesforce', 'account_field_history'],
  ['salesforce', 'account_history_scd2'],
  ['stripe', 'customers'],
  ['stripe', 'subscriptions'],
  ['stripe', 'subscription_items'],
  ['stripe', 'invoices'],
  ['stripe', 'invoice_line_items'],
  ['stripe', 'charges'],
  ['stripe', 'charges_decimal'],
  ['models', 'people'],
  ['models', 'account_status'],
] as const
