import type { Database } from '../../duckdb/open-database.ts'
import { quoteText } from '../../duckdb/sql-text.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { Fence, Scope } from '../port.ts'

/** All or nothing; on any error it is rolled back. */
export async function transaction<T>(db: Database, work: () => Promise<T>): Promise<T> {
  await db.run('BEGIN TRANSACTION')
  try {
    const result = await work()
    await db.run('COMMIT')
    return result
  } catch (error) {
    // The rollback fails where DuckDB has already ended the transaction; the first error is the one that matters.
    await db.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/**
 * A fenced transaction (promise 2). The first statement updates the fence row whatever it says, which takes the lock; the
 * second reads who owns it; a mismatch rolls back. Reading alone would let two writers pass.
 */
export async function fencedTransaction<T>(db: Database, fence: Fence, work: () => Promise<T>): Promise<T> {
  return transaction(db, async () => {
    const touched = await db.run(`UPDATE _millrace.fences SET taken_at = now()::TIMESTAMP WHERE ${scopeIs(fence)}`)
    const [row] = await db.rows(`SELECT epoch, owner FROM _millrace.fences WHERE ${scopeIs(fence)}`)
    if (touched.rowsChanged !== 1 || row?.['epoch'] !== String(fence.epoch) || row['owner'] !== fence.runId)
      throw fenceLost(fence, row?.['owner'] ?? null)
    return work()
  })
}

export const scopeIs = (scope: Scope): string =>
  `sync = ${quoteText(scope.sync)} AND stream = ${quoteText(scope.stream)} AND "partition" = ${quoteText(scope.partition)}`

export function fenceLost(fence: Fence, owner: string | null): MillraceError {
  return new MillraceError('MR-2005', {
    message: `Run ${fence.runId} may no longer commit ${fence.sync} ${fence.stream}: ${owner ? `run ${owner} has taken over` : 'its fence row is gone'}.`,
    kept: 'This commit was rolled back; everything that the other run commits stands.',
    next: `millrace sync status ${fence.sync}   shows who is at it now`,
  })
}
