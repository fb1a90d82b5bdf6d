import { MillraceError } from '../../model/millrace-error.ts'
import type { Fence, Scope } from '../port.ts'
import type { Engine } from './engine.ts'

/**
 * A fenced transaction (promise 2). The first statement updates the fence row whatever it says, which takes the lock; the
 * second reads who owns it; a mismatch rolls back. Reading alone would let two writers pass.
 *
 * @param probe was this commit made? For a COMMIT whose answer was lost; null: it can be made once more
 */
export function fencedTransaction<T>(
  db: Engine,
  fence: Fence,
  work: () => Promise<T>,
  probe: (() => Promise<boolean>) | null = null,
): Promise<T> {
  const check = {
    stream: `${lockFences(db, fence.sync)} AND stream = ${db.text(fence.stream)}`,
    update: `UPDATE _millrace.fences SET taken_at = ${db.now} WHERE ${scopeIs(db, fence)}`,
    select: fenceRows(db, scopeIs(db, fence)),
    epoch: fence.epoch,
    owner: fence.runId,
    raise: (epoch: number) =>
      `UPDATE _millrace.fences SET epoch = epoch + 1, taken_at = ${db.now} WHERE ${scopeIs(db, fence)} AND epoch = ${epoch} AND owner = ${db.text(fence.runId)}`,
    lost: (owner: string | null) => fenceLost(fence, owner),
    probe,
  }
  return db.fenced(check, work)
}

/** Waits for whoever commits for the sync, and takes nothing from it. */
export const lockFences = (db: Engine, sync: string): string =>
  `UPDATE _millrace.fences SET taken_at = ${db.now} WHERE sync = ${db.text(sync)}`

const fenceRows = (db: Engine, where: string): string =>
  `SELECT stream, ${db.quote('partition')} AS part, epoch, owner, 0 AS form FROM _millrace.fences WHERE ${where}`

/** With the form of the scope's cursor; 0: it has none. */
export function fenceRowsWithForms(db: Engine, where: string): string {
  const part = db.quote('partition')
  return (
    `SELECT f.stream, f.${part} AS part, f.epoch, f.owner, coalesce(c.cursor_version, 0) AS form ` +
    `FROM (SELECT * FROM _millrace.fences WHERE ${where}) f ` +
    `LEFT JOIN _millrace.cursors c ON c.sync = f.sync AND c.stream = f.stream AND c.${part} = f.${part}`
  )
}

export const scopeIs = (db: Engine, scope: Scope): string =>
  `${streamIs(db, scope)} AND ${db.quote('partition')} = ${db.text(scope.partition)}`

export const streamIs = (db: Engine, { sync, stream }: Pick<Scope, 'sync' | 'stream'>): string =>
  `sync = ${db.text(sync)} AND stream = ${db.text(stream)}`

export const scopeCells = (db: Engine, { sync, stream, partition }: Scope) => ({
  sync: db.text(sync),
  stream: db.text(stream),
  partition: db.text(partition),
})

function fenceLost(fence: Fence, owner: string | null): MillraceError {
  return new MillraceError('MR-2005', {
    message: `Run ${fence.runId} may no longer commit ${fence.sync} ${fence.stream}: ${owner ? `run ${owner} has taken over` : 'its fence row is gone'}.`,
    kept: 'This commit was rolled back; everything that the other run commits stands.',
    next: `millrace sync status ${fence.sync}   shows who is at it now`,
  })
}
