/** A warehouse file, a model that the test edits, a vendor, and runs over them. Every run's ledger must balance. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Mapping, ReverseSync } from '../../src/config/project.ts'
import type { Context } from '../../src/connector/context.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { reverseImbalance, type ReverseLedger } from '../../src/model/ledger.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { runReverse, type ReverseRequest } from '../../src/reverse-etl/run-reverse.ts'
import type { ReverseContext } from '../../src/reverse-etl/context.ts'
import { keepOpen } from './kept-open.ts'
import { openDuckDBWarehouse } from '../../src/warehouse/duckdb/warehouse.ts'
import type { TextRow, Warehouse } from '../../src/warehouse/port.ts'
import { makeVendor, type Vendor } from './vendor.ts'

export type Cell = string | number | boolean | null

export type Person = { readonly id: string | null; readonly [column: string]: Cell }

export type World = {
  readonly warehouse: Warehouse
  vendor: Vendor
  readonly spoolDir: string
  sync: ReverseSync
  /** The model's columns, as SQL types. */
  columns: { [column: string]: string }
  /** The model's rows. */
  people: readonly Person[]
  runs: number
}

export type RunOptions = Partial<Pick<ReverseRequest, 'limit' | 'rejectedOnly' | 'account' | 'model'>> & {
  readonly permission?: Partial<ReverseRequest['permission']>
  readonly context?: Partial<ReverseContext>
}

export type Ran = {
  readonly runId: string
  readonly ledger: ReverseLedger
  readonly error: MillraceError | undefined
  readonly events: readonly EngineEvent[]
}

export const column = (field: string, from = field): Mapping => ({
  kind: 'column',
  field,
  column: from,
  values: null,
  place,
})

export const optOut = (field: string, from: string, allowOptIn = false): Mapping => ({
  kind: 'opt_out',
  field,
  column: from,
  out: true,
  in: false,
  allowOptIn,
  place,
})

export function makeWorld(
  parts: { readonly warehouse?: Warehouse; readonly sync?: Partial<ReverseSync>; readonly vendor?: Vendor } = {},
): World {
  const directory = mkdtempSync(join(tmpdir(), 'reverse-'))
  return {
    warehouse: parts.warehouse ?? (shared ??= keepOpen(join(directory, 'warehouse.duckdb'))),
    vendor: parts.vendor ?? makeVendor(),
    spoolDir: join(directory, 'spool'),
    // Worlds share a warehouse, and every sync has its own state in it.
    sync: { ...defaultSync, name: `people${++worlds}`, ...parts.sync },
    columns: { id: 'VARCHAR', name: 'VARCHAR', plan: 'VARCHAR', opted_out: 'BOOLEAN' },
    people: [],
    runs: 0,
  }
}

/** As a run opens it: anew for every session. */
export const openWarehouse = (directory = mkdtempSync(join(tmpdir(), 'reverse-'))): Warehouse =>
  openDuckDBWarehouse({
    path: join(directory, 'warehouse.duckdb'),
    memoryLimit: '500MB',
    threads: 1,
    inTurn: (_request, work) => work(),
  })

let shared: Warehouse | undefined
let worlds = 0

/** One run to its end. Throws what runReverse throws. */
export async function run(world: World, options: RunOptions = {}): Promise<Ran> {
  const events: EngineEvent[] = []
  const runId = `${world.sync.name}-${++world.runs}`
  const context: ReverseContext = {
    runId,
    warehouse: world.warehouse,
    emit: (event) => events.push(event),
    clock: { now: () => new Date('2026-11-20T09:55:00.123Z') },
    spoolDir: world.spoolDir,
    signal: new AbortController().signal,
    isStopping: () => false,
    // The vendor of these tests makes no requests: it needs neither http nor host.
    callContext: (signal) => ({ signal }) as Context,
    holdsLease: () => Promise.resolve(true),
    acknowledgeRows: 10_000,
    ...options.context,
  }
  const { ledger, error } = await runReverse(context, requestOf(world, options))
  expect(reverseImbalance(ledger)).toBeUndefined()
  return { runId, ledger, error, events }
}

export const requestOf = (world: World, options: RunOptions = {}): ReverseRequest => ({
  sync: world.sync,
  object: world.vendor.object,
  account: options.account ?? 'account-1',
  model: options.model ?? modelOf(world),
  personal: { columns: new Set(), isRead: false },
  permission: { firstRun: false, baseline: false, isSandbox: true, deliveredBefore: false, ...options.permission },
  limit: options.limit ?? null,
  rejectedOnly: options.rejectedOnly ?? false,
})

/** A run that must stop with an error of this code. */
export async function runRefused(world: World, code: string, options: RunOptions = {}): Promise<MillraceError> {
  const refusal = await run(world, options).then(
    ({ error }) => error,
    (error: unknown) => error,
  )
  expect(refusal).toBeInstanceOf(MillraceError)
  expect(refusal).toMatchObject({ code })
  return refusal as MillraceError // as the line above demands
}

/**
 * A run that dies where `arrange` lets it: whatever awaits `die()` waits for ever, and nothing of the run goes on, no
 * `finally` either, as after kill -9.
 */
export async function runUntilKilled(
  world: World,
  arrange: (die: () => Promise<never>) => RunOptions | void,
): Promise<void> {
  let died: () => void = () => undefined
  const dead = new Promise<'dead'>((resolve) => (died = () => resolve('dead')))
  const die = () => {
    died()
    return waitForEver()
  }
  world.vendor.die = die
  const end = await Promise.race([run(world, arrange(die) ?? {}), dead])
  expect(end).toBe('dead')
}

/** Remembered, so that no garbage collector closes the files of the dead. */
export const waitForEver = () => new Promise<never>((resolve) => graves.push(resolve))

const graves: unknown[] = []

/** A warehouse whose process dies around the sessions of a purpose: before they begin, or after their work is committed. */
export function dyingWarehouse(
  warehouse: Warehouse,
  at: { readonly purpose: string; readonly when: 'before' | 'after' },
  die: () => Promise<never>,
): Warehouse {
  return {
    ...warehouse,
    async session(request, work) {
      if (!request.purpose.startsWith(at.purpose)) return warehouse.session(request, work)
      if (at.when === 'before') return die()
      await warehouse.session(request, work)
      return die()
    },
  }
}

export async function rows(world: World, sql: string): Promise<readonly TextRow[]> {
  return world.warehouse.session({ runId: 'test', purpose: 'look' }, async (session) => {
    const found: TextRow[] = []
    for await (const chunk of session.query(sql)) found.push(...chunk)
    return found
  })
}

/** key → state of the snapshot and the name in it. */
export async function snapshot(world: World): Promise<{ [key: string]: string }> {
  const found = await rows(world, `SELECT key, state, v_name FROM _millrace.snapshot_${world.sync.name} ORDER BY key`)
  return Object.fromEntries(found.map((row) => [row['key'] ?? '', `${row['state']} ${row['v_name']}`]))
}

export const intents = async (world: World): Promise<readonly string[]> =>
  (
    await rows(
      world,
      `SELECT key || ' ' || op AS intent FROM _millrace.intents WHERE sync = '${world.sync.name}' ORDER BY 1`,
    )
  ).map((row) => row['intent'] ?? '')

export const openRejects = async (world: World): Promise<readonly string[]> =>
  (
    await rows(
      world,
      `SELECT key || ' ' || attempts AS reject FROM _millrace.rejects WHERE sync = '${world.sync.name}' AND state = 'open' ORDER BY 1`,
    )
  ).map((row) => row['reject'] ?? '')

/** The model as a query. */
export function modelOf({ columns, people }: Pick<World, 'columns' | 'people'>): string {
  const names = Object.keys(columns)
  const cells = people.map(
    (person) => `(${names.map((name) => `CAST(${literal(person[name] ?? null)} AS ${columns[name]})`).join(', ')})`,
  )
  const list = names.map((name) => `"${name}"`).join(', ')
  if (cells.length === 0)
    return `SELECT ${names.map((name) => `CAST(NULL AS ${columns[name]}) AS "${name}"`).join(', ')} WHERE false`
  return `SELECT * FROM (VALUES ${cells.join(', ')}) v(${list})`
}

const literal = (value: Cell) => (value === null ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`)

const place = { file: 'syncs/people.yaml', line: 1, column: 1 }

const everything = { fraction: 100 }

export const defaultSync: ReverseSync = {
  kind: 'reverse_etl',
  name: 'people',
  place,
  tags: [],
  model: 'people',
  primaryKey: ['id'],
  destination: 'vendor',
  object: 'person',
  match: 'id',
  mode: 'upsert',
  after: [],
  freshness: {},
  map: [column('id'), column('name'), optOut('unsubscribed', 'opted_out')],
  onRemoved: { kind: 'ignore' },
  limits: { maxAdded: everything, maxChanged: everything, maxRemoved: everything, onEmpty: 'proceed' },
  optOutRemoval: false,
  refreshEveryMs: null,
  parkAfter: 10,
  verifyOptOuts: false,
  options: {},
  onInvalidKeys: 'stop',
  changesRetentionMs: null,
}
