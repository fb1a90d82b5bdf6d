/**
 * A file that is opened again and again, and let go in between so that others can have it: the engine around it stays, since
 * making one takes longer than opening the file, and its first look at a catalogue five times as long as the next.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import {
  attachFile,
  createInstance,
  database,
  threadsOf,
  type Database,
  type DatabaseOptions,
} from './open-database.ts'
import { quoteName, quoteText } from './sql-text.ts'
import { isLocked, translateError } from './translate-error.ts'

export type FileEngine = {
  readonly open: (options: DatabaseOptions) => Promise<OpenFile>
  /** What is open stays open. */
  readonly close: () => void
}

export type OpenFile = {
  /** With settings and temporary tables of its own; one after another. */
  readonly connect: (settings: FileSettings) => Promise<Database>
  /** @param isSound false: something failed, and nothing of the engine is used again */
  readonly letGo: (isSound: boolean) => Promise<void>
}

export type FileSettings = {
  readonly threads: number | null
  /**
   * What a commit wrote to the log stays there when it is closed, for whoever opens the file next: at most 200 KB, as more
   * goes straight into the file. Else closing writes the last groups of rows of a table once more.
   */
  readonly leavesLog: boolean
}

export function openFileEngine(): FileEngine {
  let idle: DuckDBInstance | undefined
  let isClosed = false
  return {
    async open(options) {
      const kept = idle
      idle = undefined
      const { instance, name } = await inWords(options.path, () => attach(options, kept))
      return {
        connect: (settings) => connect(instance, name, settings),
        async letGo(isSound) {
          const detached = isSound && (await detach(instance, name, options.memoryLimit))
          if (!detached || isClosed || idle) instance.closeSync()
          else idle = instance
        },
      }
    },
    close() {
      isClosed = true
      idle?.closeSync()
      idle = undefined
    },
  }
}

type Attached = { readonly instance: DuckDBInstance; readonly name: string }

/**
 * DuckDB may hold on to a file for a moment after it has let go of it in words: an engine that was kept gives way to a new one,
 * and a lock is asked for again, for a fifth of a second.
 */
async function attach(options: DatabaseOptions, kept: DuckDBInstance | undefined): Promise<Attached> {
  const until = performance.now() + patienceMs
  const again = kept && (await attachTo(kept, options).catch(() => undefined))
  if (again) return again
  for (;;) {
    try {
      return await attachTo(await createInstance(options), options)
    } catch (error) {
      if (!isLocked(error) || performance.now() >= until) throw error
    }
    await sleep(askAgainMs)
  }
}

/** Where it fails the engine is closed. */
async function attachTo(instance: DuckDBInstance, { path }: DatabaseOptions): Promise<Attached> {
  try {
    return { instance, name: await onceConnected(instance, (connection) => attachFile(connection, path)) }
  } catch (error) {
    instance.closeSync()
    throw error
  }
}

const patienceMs = 200
const askAgainMs = 20

/** What one session has set another would find. */
async function connect(
  instance: DuckDBInstance,
  name: string,
  { leavesLog, ...settings }: FileSettings,
): Promise<Database> {
  const connection = await instance.connect()
  const { threads } = threadsOf(settings.threads)
  try {
    await connection.run(
      [
        `USE ${quoteName(name)}`,
        threads === undefined ? 'RESET threads' : `SET threads = ${threads}`,
        // Whoever opens the file next reads the log: at this size that takes as long as it took to write it into the file.
        `SET checkpoint_threshold = '${leavesLog ? '200KB' : '1MB'}'`,
        `PRAGMA ${leavesLog ? 'disable' : 'enable'}_checkpoint_on_shutdown`,
      ].join('; '),
    )
    return await database(connection)
  } catch (error) {
    connection.closeSync()
    throw translateError(error, `connecting to the DuckDB database ${name}`)
  }
}

async function detach(instance: DuckDBInstance, name: string, memoryLimit: string): Promise<boolean> {
  try {
    await onceConnected(instance, async (connection) => {
      await connection.run(`DETACH ${quoteName(name)}`)
      // Set anew, it makes DuckDB give back what it has freed.
      await connection.run(`SET memory_limit = ${quoteText(memoryLimit)}`)
    })
    return true
  } catch {
    // What is committed stands in the file or in its log; whoever opens it next reads both.
    return false
  }
}

async function onceConnected<T>(
  instance: DuckDBInstance,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const connection = await instance.connect()
  try {
    return await work(connection)
  } finally {
    connection.closeSync()
  }
}

async function inWords<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translateError(error, `opening the DuckDB database ${file}`, { file })
  }
}
