/**
 * One simulated account for the tests of a file, and as many warehouses on it as a test asks for. Each test has a table and
 * a scope of its own, so that nothing of another one's is in its way.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { openDatabase, type Database } from '../../../src/duckdb/open-database.ts'
import type { FaultSpec } from '../../../src/sandbox/fault.ts'
import type { EtlLedger } from '../../../src/model/ledger.ts'
import {
  startSnowflake,
  type RunningSnowflake,
  type SnowflakeOptions as AccountOptions,
} from '../../../src/sandbox/snowflake/start.ts'
import type { Fence, Scope, TextRow } from '../../../src/warehouse/port.ts'
import type { SnowflakeOptions } from '../../../src/warehouse/snowflake/client/options.ts'
import { openSnowflakeWarehouse } from '../../../src/warehouse/snowflake/warehouse.ts'
import { optionsOf } from '../snowflake-adapter.ts'
import { writeParquet } from '../parquet.ts'
import { at, openWorkbench, people, type Columns, type Load, type Row, type Workbench } from '../workbench.ts'

export type Runner = Workbench & {
  readonly close: () => Promise<void>
  readonly take: (runId?: string) => Promise<Fence>
  /** A commit into the test's own table and scope. */
  readonly commit: (load: Omit<Load, 'table'> & { readonly fence: Fence }) => Promise<EtlLedger>
}

export type Account = {
  readonly snowflake: RunningSnowflake
  readonly open: (over?: Partial<SnowflakeOptions>) => Runner
  readonly scope: Scope
  readonly table: string
  /** As it stands in SQL. */
  readonly target: string
  readonly fault: (name: string, spec: FaultSpec) => void
  /** Rows as staging would write them: the file's path. */
  readonly stage: (rows: readonly Row[], columns?: Columns) => Promise<string>
  /** Statements since the test began. */
  readonly statements: () => readonly string[]
  /** All that a commit of this test can change. */
  readonly state: (reader?: Runner) => Promise<Held>
}

export type Held = { readonly [part: string]: readonly TextRow[] }

export function useAccount(options: Partial<AccountOptions> = {}): () => Account {
  let snowflake: RunningSnowflake
  let files: Database
  let directory: string
  let current: Account
  let number = 0
  let benches: Runner[] = []
  let faults: string[] = []
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-account-'))
    snowflake = await startSnowflake({ directory: join(directory, 'account'), ...options })
    files = await openDatabase({ path: ':memory:', memoryLimit: '500MB', spillDirectory: tmpdir(), threads: 1 })
  })
  beforeEach(() => {
    const scope: Scope = { sync: `s${++number}`, stream: 'people', partition: '' }
    const table = `t${number}`
    const began = snowflake.journal().length
    const open = (over: Partial<SnowflakeOptions> = {}): Runner => {
      const bench = openWorkbench((location) => {
        // For a process of its own that opens the same account.
        writeFileSync(join(location, 'snowflake.json'), JSON.stringify(snowflake.connection))
        const warehouse = openSnowflakeWarehouse({
          place: 'the simulated Snowflake',
          connection: () => Promise.resolve({ ...optionsOf(snowflake.connection), retryTimeoutMs: 0, ...over }),
        })
        return { warehouse, close: () => warehouse.close() }
      }, files)
      const runner: Runner = {
        ...bench,
        close: async () => {
          await bench.close()
          rmSync(bench.location, { recursive: true, force: true })
        },
        take: async (runId = 'run-1') => {
          const own = `${scope.sync}-${runId}`
          const { previous: _previous, ...fence } = await bench.session(({ state }) => state.takeFence(scope, own))
          return fence
        },
        commit: (load) => bench.load({ table, ...load }),
      }
      benches.push(runner)
      return runner
    }
    current = {
      snowflake,
      scope,
      table,
      target: `"CRM"."${table.toUpperCase()}"`,
      open,
      fault: (name, spec) => {
        faults.push(name)
        snowflake.fault(name, spec)
      },
      stage: async (rows, columns = people) => {
        const path = join(directory, `${randomUUID()}.parquet`)
        const instants = ['_read_at', '_version', '_deleted_at'].map((name) => [name, 'timestamp'] as const)
        const cells = rows.map((each) => ({
          ...each,
          ...Object.fromEntries(
            instants.map(([name]) => [name, typeof each[name] === 'number' ? at(Number(each[name])) : null]),
          ),
        }))
        const all: Columns = { ...columns, ...Object.fromEntries(instants) }
        await writeParquet(files, path, { columns: all, rows: cells, json: 'text' })
        return path
      },
      statements: () =>
        snowflake
          .journal()
          .slice(began)
          .map(({ sql }) => sql),
      state: async (reader = open()) => heldBy(reader, current),
    }
  })
  afterEach(async () => {
    for (const name of faults) snowflake.fault(name, null)
    faults = []
    await Promise.all(benches.map((bench) => bench.close()))
    benches = []
  })
  afterAll(async () => {
    files.close()
    await snowflake.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return () => current
}

async function heldBy(reader: Runner, { scope, target, table }: Account): Promise<Held> {
  const of = `WHERE sync = '${scope.sync}'`
  const queries = {
    table: `SELECT * FROM ${target} ORDER BY ALL`,
    fence: `SELECT epoch, owner FROM _millrace.fences ${of}`,
    cursor: `SELECT * EXCLUDE updated_at FROM _millrace.cursors ${of}`,
    commits: `SELECT run_id, stream, sequence, epoch FROM _millrace.commits WHERE STARTSWITH(run_id, '${scope.sync}-') ORDER BY ALL`,
    rejects: `SELECT * FROM _millrace.rejects ${of} ORDER BY ALL`,
    intents: `SELECT * EXCLUDE opened_at FROM _millrace.intents ${of} ORDER BY key`,
    restatements: `SELECT * EXCLUDE recorded_at FROM _millrace.restatements ${of} ORDER BY ALL`,
    generations: `SELECT sync, name, scan, "ROWS" FROM _millrace.generations ${of} AND name = '${table}'`,
  }
  const held: Record<string, readonly TextRow[]> = {}
  for (const [part, sql] of Object.entries(queries))
    held[part] = await reader.rows(sql).catch((error: unknown) => {
      if (/does not exist/.test(String(error))) return []
      throw error
    })
  return held
}

export const row = (id: number, name: string, version = 1): Row => ({ id, name, _version: version, _read_at: version })
