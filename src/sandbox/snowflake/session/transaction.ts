/**
 * Transactions as Snowflake has them, over DuckDB's: READ COMMITTED, autocommit but for BEGIN, DDL commits first.
 * https://docs.snowflake.com/en/sql-reference/transactions
 * What is read before the first write is read outside of DuckDB's transaction; the first write takes the lock and only
 * then begins it, so that it sees what others committed meanwhile. An INSERT takes no lock. An error leaves the transaction open: DuckDB gives it
 * up, so the statements that had worked are run again before the next one.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { LockHolder, WriteLock } from './write-lock.ts'

export type Transaction = {
  readonly isOpen: () => boolean
  readonly begin: () => void
  readonly commit: () => Promise<void>
  readonly rollback: () => Promise<void>
  /**
   * Runs one writing statement: takes the lock if it needs it, begins where nothing has begun, commits where no transaction is open.
   * `work` gets a `run` whose statements are remembered.
   */
  readonly write: <T>(place: WritePlace, work: (run: Run) => Promise<T>) => Promise<T>
  /** Once what is written now is committed; never, if it is rolled back. */
  readonly afterCommit: (work: () => void) => void
  /** Runs what only reads, after whatever has to be mended first. */
  readonly read: <T>(work: () => Promise<T>) => Promise<T>
}

export type Run = (sql: string) => Promise<number>

export type WritePlace = {
  readonly table: string
  readonly queryId: string
  /** An INSERT writes new partitions only: it waits for nobody, and sees what was committed when it came. */
  readonly onlyAdds?: boolean
  readonly lockTimeoutMs: number
  readonly signal: AbortSignal
  /** @throws where the lock is not to be had */
  readonly onLocked: (holder: LockHolder | 'aborted') => never
}

export type TransactionParts = {
  readonly sessionId: string
  readonly connection: DuckDBConnection
  readonly lock: WriteLock
  readonly now: () => number
}

export function createTransaction({ sessionId, connection, lock, now }: TransactionParts): Transaction {
  let openedAt: number | null = null
  let writing = false
  /** After an error: `suspect` where nothing of the statement was done, so that DuckDB may have kept the transaction. */
  let state: 'sound' | 'suspect' | 'broken' = 'sound'
  let done: string[] = []
  let later: (() => void)[] = []
  const reset = () => {
    later = []
    openedAt = null
    writing = false
    state = 'sound'
    done = []
    lock.release(sessionId)
  }
  const mend = async () => {
    if (state === 'sound') return
    if (state === 'broken' || (await isGivenUp(connection))) {
      await rollBack(connection)
      await connection.run('BEGIN TRANSACTION')
      for (const sql of done) await connection.run(sql)
    }
    state = 'sound'
  }
  const rollback = async () => {
    try {
      if (writing) await rollBack(connection)
    } finally {
      reset()
    }
  }
  const commit = async () => {
    try {
      await mend()
      if (writing) await connection.run('COMMIT')
      for (const work of later) work()
    } catch (error) {
      await rollBack(connection)
      throw error
    } finally {
      reset()
    }
  }

  return {
    isOpen: () => openedAt !== null,
    begin: () => {
      openedAt ??= now()
    },
    commit,
    rollback,
    read: async (work) => {
      await mend()
      try {
        return await work()
      } catch (error) {
        if (writing) state = 'suspect'
        throw error
      }
    },
    afterCommit: (work) => {
      if (openedAt === null) work()
      else later.push(work)
    },
    write: async (place, work) => {
      const alone = openedAt === null
      if (!place.onlyAdds) {
        const wanted = { sessionId, transaction: openedAt ?? now(), queryId: place.queryId, table: place.table }
        const refused = await lock.take(wanted, place.lockTimeoutMs, place.signal)
        if (refused) place.onLocked(refused)
      }
      const before = done.length
      try {
        await mend()
        if (!writing) await connection.run('BEGIN TRANSACTION')
        writing = true
        const result = await work(async (sql) => {
          const { rowsChanged } = await connection.run(sql)
          done.push(sql)
          return rowsChanged
        })
        if (alone) await commit()
        return result
      } catch (error) {
        if (alone) await rollback()
        else {
          if (writing) state = done.length > before ? 'broken' : 'suspect'
          done.length = before
        }
        throw error
      }
    },
  }
}

/** Errors of names leave DuckDB's transaction as it is; errors of values end it. */
const isGivenUp = (connection: DuckDBConnection): Promise<boolean> =>
  connection.run('SELECT 1').then(
    () => false,
    () => true,
  )

/** Surely: what is being cancelled interrupts this too, and after a failed COMMIT there is nothing left to roll back. */
async function rollBack(connection: DuckDBConnection): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await connection.run('ROLLBACK')
      return
    } catch (error) {
      if (/no transaction is active/i.test(String(error))) return
      if (tries === 5) throw error
    }
  }
}
