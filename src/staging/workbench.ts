import { availableParallelism } from 'node:os'
import { openDatabase, threadsOf, type Database } from '../duckdb/open-database.ts'

/** The private DuckDB of one stream and its children, opened by the first chunk. */
export type Workbench = {
  readonly database: (request: { readonly memoryLimit: string; readonly columns: number }) => Promise<Database>
  readonly close: () => Promise<void>
}

/**
 * Opening and closing one costs as much as staging a few hundred rows: as long as another stream with this directory is at
 * work, the next one goes on with what this one leaves.
 * @param spillDirectory where DuckDB writes what does not fit into its memory; made when it is needed
 */
export function openWorkbench(spillDirectory: string): Workbench {
  const shared = sharing.get(spillDirectory) ?? { users: 0, idle: [] }
  sharing.set(spillDirectory, shared)
  shared.users++
  let opened: Promise<Database> | undefined
  let isOpen = true
  return {
    async database({ memoryLimit, columns }) {
      opened ??= take(shared) ?? openDatabase({ path: ':memory:', memoryLimit, spillDirectory, threads: 1 })
      const db = await opened
      await db.run(`SET threads = ${chooseThreads(columns)}`)
      return db
    },
    async close() {
      if (!isOpen) return
      isOpen = false
      // What could not be opened has been said by whoever wanted to work with it.
      const db = await opened?.catch(() => undefined)
      if (db) shared.idle.push(db)
      if (--shared.users > 0) return
      sharing.delete(spillDirectory)
      for (const each of shared.idle) each.close()
    },
  }
}

type Shared = { users: number; readonly idle: Database[] }

/** By spill directory: that of a run. */
const sharing = new Map<string, Shared>()

function take({ idle }: Shared): Promise<Database> | undefined {
  const db = idle.pop()
  return db && Promise.resolve(db)
}

/**
 * Each thread holds a vector of every column several times over, and a buffer of its own to read into: wide rows leave room
 * for few.
 */
function chooseThreads(columns: number): number {
  const { threads = availableParallelism() } = threadsOf(null)
  return Math.max(1, Math.min(4, Number(threads), Math.floor(400 / columns)))
}
