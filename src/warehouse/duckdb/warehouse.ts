import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openFileEngine, type FileEngine, type OpenFile } from '../../duckdb/file-engine.ts'
import type { Database } from '../../duckdb/open-database.ts'
import { refuseStranger } from '../../duckdb/refuse-stranger.ts'
import { quoteName } from '../../duckdb/sql-text.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import { ownFolder } from '../../model/own-folder.ts'
import type { Session, SessionRequest, Warehouse } from '../port.ts'
import { asSession, sessionStopped as stopped } from '../session-context.ts'
import { joinLookups } from '../sql/lookup-join.ts'
import { openSession } from '../sql/session.ts'
import { createState, stateSchema, wantedColumns } from '../sql/state-schema.ts'
import { duckdbDialect } from './dialect.ts'
import { duckdbEngine } from './engine.ts'
import { duckdbParquet } from './parquet-style.ts'
import { shareTurns, type TurnOptions } from './share-turns.ts'

export type DuckDBWarehouseOptions = {
  readonly path: string
  readonly memoryLimit: string
  readonly threads: number | null
  /** Hears every statement before it runs. */
  readonly onStatement?: (sql: string) => void
} & Pick<TurnOptions, 'inTurn' | 'onTurn'>

/**
 * DuckDB lets one process open the file: sessions open it, work and close it again, in turn. That costs 10 to 30 ms, which is
 * the price of letting a run of an hour, a delivery of an hour and a hand-run sync share one file.
 */
export function openDuckDBWarehouse(options: DuckDBWarehouseOptions): Warehouse {
  const engine = openFileEngine()
  const turns = shareTurns({ ...options, open: (request) => openFor(engine, options, request) })
  return {
    type: 'duckdb',
    place: options.path,
    parquet: duckdbParquet,
    quote: quoteName,
    joinLookups: (model, lookups) => joinLookups(duckdbDialect, model, lookups),
    session: (request, work) =>
      asSession(request, () => turns.take(request, (file) => workInFile(file, options, request, work))),
    costOf: null,
    close: async () => engine.close(),
  }
}

async function openFor(
  engine: FileEngine,
  options: DuckDBWarehouseOptions,
  request: SessionRequest,
): Promise<OpenFile> {
  if (request.signal?.aborted) throw stopped(request, request.signal.reason)
  refuseStranger(options.path)
  if (request.rehearsal && !existsSync(options.path)) throw nothingLoaded(options.path)
  mkdirSync(dirname(options.path), ownFolder(dirname(options.path)))
  return engine.open({
    path: options.path,
    memoryLimit: options.memoryLimit,
    spillDirectory: join(dirname(options.path), 'tmp'),
    threads: options.threads,
  })
}

async function workInFile<T>(
  open: OpenFile,
  options: DuckDBWarehouseOptions,
  request: SessionRequest,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  if (request.signal?.aborted) throw stopped(request, request.signal.reason)
  const isAside = request.isAside ?? false
  const db = await open.connect({ threads: isAside ? 1 : options.threads, leavesLog: isAside })
  const interrupt = () => db.interrupt()
  request.signal?.addEventListener('abort', interrupt, { once: true })
  try {
    if (request.rehearsal) await db.run('BEGIN TRANSACTION')
    const engine = duckdbEngine(obeying(db, request, options.onStatement))
    // In one transaction: a process that dies half way must not leave half of them.
    const file = identityOf(options.path)
    if (!(withState.has(file) || (await hasState(db))))
      await (request.rehearsal ? createState(engine) : engine.transaction(() => createState(engine)))
    if (!request.rehearsal) withState.add(file)
    const result = await work(openSession(engine))
    if (request.rehearsal) await db.run('ROLLBACK')
    return result
  } catch (error) {
    // An interrupted statement fails with whatever DuckDB says of it.
    throw request.signal?.aborted ? stopped(request, error) : error
  } finally {
    request.signal?.removeEventListener('abort', interrupt)
    db.close()
  }
}

/** The interrupt only reaches a statement that is running: what comes after it must not begin. */
function obeying(db: Database, request: SessionRequest, onStatement: DuckDBWarehouseOptions['onStatement']): Database {
  const { signal } = request
  const begin = async (sql: string) => {
    if (signal?.aborted) throw stopped(request, signal.reason)
    onStatement?.(sql)
  }
  return {
    ...db,
    run: (sql) => begin(sql).then(() => db.run(sql)),
    rows: (sql) => begin(sql).then(() => db.rows(sql)),
    async *stream(sql) {
      await begin(sql)
      yield* db.stream(sql)
    },
  }
}

/** Files that had their state in an earlier session of this process: asking for it again takes a third of a small one. */
const withState = new Set<string>()

/** Another file at the same path is another one. */
function identityOf(path: string): string {
  const { dev, ino, birthtimeMs } = statSync(path)
  return `${dev} ${ino} ${birthtimeMs}`
}

async function hasState(db: Database): Promise<boolean> {
  const wanted = wantedColumns()
  const each = wanted.map(({ table, column }) => `(table_name = '${table}' AND column_name = '${column}')`)
  const [found] = await db.rows(
    `SELECT count(*) AS n FROM duckdb_columns() WHERE schema_name = '${stateSchema}' AND (${each.join(' OR ')})`,
  )
  return found?.['n'] === String(wanted.length)
}

const nothingLoaded = (path: string) =>
  new MillraceError('MR-2102', {
    message: `The warehouse ${path} does not exist yet: nothing has been loaded on this target.`,
    next: 'The first run of a sync makes it:  millrace sync list',
  })
