/** What the conformance tests of a warehouse work with: a warehouse of their own, staged files, and one call to load rows. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { openDatabase, type Database } from '../../src/duckdb/open-database.ts'
import type { Cursor } from '../../src/model/cursor.ts'
import { intervalColumns } from '../../src/model/interval-columns.ts'
import type { EtlLedger } from '../../src/model/ledger.ts'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { metaColumns, type Table } from '../../src/model/table.ts'
import type { Fence, Scope, Session, TextRow, Warehouse } from '../../src/warehouse/port.ts'
import type { StagedFile, Sweep, TableWrite } from '../../src/warehouse/table-write.ts'
import { writeParquet, type Cell } from './parquet.ts'

/** Gives a handle on the warehouse that lives at a place; the second one is what another process has. */
export type OpenWarehouse = (
  location: string,
  onStatement?: (sql: string) => void,
) => { readonly warehouse: Warehouse; readonly close: () => Promise<void> }

/** Minutes of one hour stand for instants: `_version: 10`. */
export type Row = {
  readonly [column: string]: Cell
  readonly _version: number
  readonly _read_at: number
  readonly _deleted_at?: number
}

export type Columns = { readonly [name: string]: LogicalType }

export type Load = {
  readonly table?: string
  readonly columns?: Columns
  readonly key?: readonly string[]
  readonly rows?: readonly Row[]
  /** Further chunks of the same write. */
  readonly more?: readonly (readonly Row[])[]
  readonly tombstones?: readonly Row[]
  readonly rejects?: readonly { readonly key: string; readonly code: string; readonly row?: string }[]
  /** Counts that staging would not give, to make a ledger that cannot balance. */
  readonly counts?: Partial<StagedFile['counts']>
  readonly sequence?: number
  readonly cursor?: Cursor
  readonly fence?: Fence
} & Partial<
  Pick<
    TableWrite,
    'mode' | 'scanId' | 'isLast' | 'touchUnchanged' | 'sweep' | 'windows' | 'onlyStanding' | 'unstamped' | 'syncedAt'
  >
>

export type Workbench = {
  readonly warehouse: Warehouse
  readonly location: string
  readonly session: <T>(work: (session: Session) => Promise<T>) => Promise<T>
  readonly rows: (sql: string) => Promise<readonly TextRow[]>
  /** Table there, fence taken, one commit. */
  readonly load: (load: Load) => Promise<EtlLedger>
  /** The same, with rows that come inside them. */
  readonly loadWith: (load: Load, inside: Load & { readonly stream: string }) => Promise<readonly EtlLedger[]>
  readonly path: (name: string) => string
}

export const people: Columns = { id: 'integer', name: 'string' }
export const scope: Scope = { sync: 'crm', stream: 'people', partition: '' }

export const at = (minute: number): string =>
  `2026-11-20T${String(10 + Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00.000Z`

export const tableOf = (name: string, columns: Columns, schema = 'crm'): Table => ({
  schema,
  name,
  columns: [...Object.entries(columns).map(([column, type]) => ({ name: column, type })), ...metaColumns],
})

/** A fresh warehouse for each test of the surrounding `describe`. */
export function useWorkbench(open: OpenWarehouse): () => Workbench {
  let files: Database
  let bench: Workbench & { readonly close: () => Promise<void> }
  beforeAll(async () => {
    files = await openDatabase({ path: ':memory:', memoryLimit: '500MB', spillDirectory: tmpdir(), threads: 1 })
  })
  beforeEach(() => {
    bench = openWorkbench(open, files)
  })
  afterEach(async () => {
    await bench.close()
    rmSync(bench.location, { recursive: true, force: true })
  })
  afterAll(() => files.close())
  return () => bench
}

export function openWorkbench(
  open: OpenWarehouse,
  files: Database,
): Workbench & { readonly close: () => Promise<void> } {
  const location = mkdtempSync(join(tmpdir(), 'millrace-warehouse-'))
  const { warehouse, close } = open(location)
  const session: Workbench['session'] = (work) => warehouse.session({ runId: 'run-1', purpose: 'test' }, work)
  let fileNumber = 0
  let sequence = 0
  const path = (name: string) => join(location, `${++fileNumber}-${name}`)
  const parquet = async (columns: Columns, rows: readonly { readonly [column: string]: Cell }[]) => {
    if (rows.length === 0) return null
    const file = path('staged.parquet')
    await writeParquet(files, file, { columns, rows: rows.map(withInstants), json: warehouse.parquet.json })
    return file
  }
  const writeOf = async (load: Load, stream: string): Promise<TableWrite> => {
    const { columns = people, key = ['id'], rows = [], more = [], tombstones = [], rejects = [] } = load
    const chunks = await Promise.all([rows, ...more].map((chunk) => parquet({ ...columns, ...stamps }, chunk)))
    const keys = Object.fromEntries(Object.entries(columns).filter(([name]) => key.includes(name)))
    const refused = rejects.map((reject) => ({ row: '{}', ...reject, message: 'refused' }))
    const staged = chunks.map((chunk, index): StagedFile => ({
      ...nothing,
      path: chunk,
      counts: { ...nothing.counts, read: [rows, ...more][index]?.length ?? 0 },
    }))
    const gone = await parquet({ ...keys, ...stamps }, tombstones)
    staged.push({
      path: null,
      tombstones: gone,
      rejects: await parquet(rejectColumns, refused),
      counts: {
        ...nothing.counts,
        read: tombstones.length + rejects.length,
        rejected: rejects.length,
        ...load.counts,
      },
    })
    const plain = tableOf(load.table ?? 'people', columns)
    const table = load.mode === 'scd2' ? { ...plain, columns: [...plain.columns, ...intervalColumns] } : plain
    return {
      stream,
      table,
      key,
      staged,
      mode: load.mode ?? 'merge',
      ...(load.scanId !== undefined && { scanId: load.scanId }),
      isLast: load.isLast ?? false,
      touchUnchanged: load.touchUnchanged ?? false,
      sweep: load.sweep ?? null,
      windows: load.windows ?? [],
      onlyStanding: load.onlyStanding ?? false,
      unstamped: load.unstamped ?? false,
      syncedAt: load.syncedAt ?? at(59),
    }
  }
  const commit = async (load: Load, writes: readonly TableWrite[]): Promise<readonly EtlLedger[]> =>
    session(async (open_) => {
      for (const { table } of writes) await open_.ensureTable(table, 'evolve')
      const fence = load.fence ?? (await open_.state.takeFence(scope, 'run-1'))
      const written = await open_.etl.commit({
        fence,
        sequence: load.sequence ?? ++sequence,
        cursor: load.cursor ? { cursor: load.cursor, connector: 'test', version: 1 } : null,
        writes,
      })
      return written.map(({ ledger }) => ledger)
    })
  return {
    warehouse,
    location,
    session,
    path,
    close,
    rows: (sql) => session((open_) => collect(open_.query(sql))),
    load: async (load) => {
      const [ledger] = await commit(load, [await writeOf(load, 'people')])
      if (!ledger) throw new Error('the commit counted nothing')
      return ledger
    },
    loadWith: async (load, inside) =>
      commit(load, [await writeOf(load, 'people'), await writeOf(inside, inside.stream)]),
  }
}

export async function collect<T>(chunks: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const chunk of chunks) all.push(...chunk)
  return all
}

/** The error that the work ends with, which must be one of ours. */
export async function errorOf(work: Promise<unknown>): Promise<MillraceError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(MillraceError)
  return error as MillraceError // the line above
}

export const unseen = (
  readBefore: number,
  maxShrink: { readonly fraction: number } | { readonly rows: number } | null = null,
): Sweep => ({
  kind: 'unseen',
  readBefore: at(readBefore),
  maxShrink,
})

const withInstants = (row: { readonly [column: string]: Cell }) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, name in stamps && typeof value === 'number' ? at(value) : value]),
  )

const stamps: Columns = { _read_at: 'timestamp', _version: 'timestamp', _deleted_at: 'timestamp' }
const rejectColumns: Columns = { key: 'string', code: 'string', message: 'string', row: 'string' }
const nothing: StagedFile = {
  path: null,
  tombstones: null,
  rejects: null,
  counts: { read: 0, derived: 0, duplicates: 0, filtered: 0, rejected: 0 },
}
