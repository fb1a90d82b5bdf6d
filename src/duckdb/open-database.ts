/** The engine under staging and under the embedded warehouse: an in-process DuckDB, opened the same careful way for both. */
import { basename } from 'node:path'
import type { DuckDBConnection, DuckDBInstance, DuckDBResult, Json } from '@duckdb/node-api'
import { MillraceError } from '../model/millrace-error.ts'
import { textRow, type TextRow } from '../model/text-row.ts'
import { quoteName, quoteText } from './sql-text.ts'
import { refuseStranger } from './refuse-stranger.ts'
import { translateError } from './translate-error.ts'

export type Database = {
  readonly run: (sql: string) => Promise<DuckDBResult>
  /** The rows of a small result, every cell as text. */
  readonly rows: (sql: string) => Promise<readonly TextRow[]>
  /** The rows of a large result, chunk by chunk. */
  readonly stream: (sql: string) => AsyncIterable<readonly TextRow[]>
  readonly interrupt: () => void
  readonly close: () => void
}

export type DatabaseOptions = {
  /** A file, or `:memory:`. */
  readonly path: string
  /** DuckDB's words: `1GB`. */
  readonly memoryLimit: string
  readonly spillDirectory: string
  readonly threads: number | null
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  let instance: DuckDBInstance | undefined
  try {
    instance = await createInstance(options)
    const connection = await instance.connect()
    if (options.path !== ':memory:')
      await connection.run(`USE ${quoteName(await attachFile(connection, options.path))}`)
    return await database(connection, instance)
  } catch (error) {
    instance?.closeSync()
    throw translateError(error, `opening the DuckDB database ${options.path}`, { file: options.path })
  }
}

export async function createInstance(options: DatabaseOptions): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  return DuckDBInstance.create(':memory:', settings(options))
}

/**
 * Gives the name under which it is attached.
 *
 * A group of rows stays in memory until it is full, and a checkpoint joins small groups into up to three full ones: at
 * DuckDB's own 122,880 rows that takes 500 MB where a row has 1.6 KB. Opening a file offers no such setting, ATTACH does.
 */
export async function attachFile(connection: DuckDBConnection, path: string): Promise<string> {
  const name = catalogName(path)
  // It writes the log of `a?b.duckdb` to `a.wal?b.duckdb`, and no commit would find it.
  if (path.includes('?'))
    throw new MillraceError('MR-2001', {
      message: `opening the DuckDB database ${path}: DuckDB takes a ? in a path for the end of an address, and cannot write there.`,
      kept: 'Nothing was read or changed.',
      next: 'Give the file, or the folder that it is in, a name without a question mark.',
    })
  refuseStranger(path)
  await connection.run(`ATTACH ${quoteText(path)} AS ${quoteName(name)} (ROW_GROUP_SIZE ${rowsInGroup})`)
  return name
}

/** A multiple of DuckDB's vector of 2,048. */
const rowsInGroup = 10_240

/** The one that DuckDB gives to a file that it opens, so that queries with it go on working. */
function catalogName(path: string): string {
  const stem = basename(path).replace(/\.[^.]*$/, '')
  return taken.includes(stem.toLowerCase()) ? `${stem}_file` : stem
}

/** DuckDB's own names, and those of our schemas: `models.x` would be of the file or of the schema, and DuckDB refuses to guess. */
const taken = ['', 'memory', 'system', 'temp', 'main', 'models', '_millrace']

/** @param threads null: as many as there are cores, or in tests, of which many share the cores, as `MILLRACE_THREADS` says */
export function threadsOf(threads: number | null): { readonly threads?: string } {
  const chosen = threads === null ? process.env['MILLRACE_THREADS'] : String(threads)
  return chosen ? { threads: chosen } : {}
}

function settings(options: DatabaseOptions): Record<string, string> {
  return {
    memory_limit: options.memoryLimit,
    temp_directory: options.spillDirectory,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Without it a large result or insert holds on to its input's order, and to the memory for it.
    preserve_insertion_order: 'false',
    // A commit of more than this goes straight into the file, on DuckDB's own threads: else it is written to the log, and
    // once more by close(), which holds up the whole process.
    checkpoint_threshold: '1MB',
    ...threadsOf(options.threads),
  }
}

/** @param instance goes with its connection, where one is given */
export async function database(connection: DuckDBConnection, instance?: DuckDBInstance): Promise<Database> {
  const { JsonDuckDBValueConverter: converter } = await import('@duckdb/node-api')
  await connection.run(`SET TimeZone = 'UTC'`)
  const guarded = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw translateError(error, 'running a statement in DuckDB', { sql })
    }
  }
  return {
    run: (sql) => guarded(sql, () => connection.run(sql)),
    rows: (sql) =>
      guarded(sql, async () => {
        const result = await connection.run(sql)
        // Not as objects: DuckDB's binding loses a column named __proto__.
        return toRows(await result.getRowsJson(), result.deduplicatedColumnNames())
      }),
    async *stream(sql) {
      const result = await guarded(sql, () => connection.stream(sql))
      for (;;) {
        const chunk = await guarded(sql, () => result.fetchChunk())
        if (!chunk || chunk.rowCount === 0) return
        yield toRows(chunk.convertRows(converter), result.deduplicatedColumnNames())
      }
    },
    interrupt: () => connection.interrupt(),
    close: () => {
      connection.closeSync()
      instance?.closeSync()
    },
  }
}
const toRows = (rows: readonly (readonly (Json | null)[])[], names: readonly string[]): readonly TextRow[] =>
  rows.map((row) => textRow(names, row.map(text)))

const text = (value: Json | undefined): string | null => {
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
