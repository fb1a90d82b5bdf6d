import { shownName } from '../sql/names.ts'
import type { ObjectName } from '../sql/statement.ts'
import type { WritePlace } from '../session/transaction.ts'
import { cancelled, lockedOut } from './failures.ts'
import type { RunContext } from './run-statement.ts'

/** Where a statement writes, and how long it waits for whoever writes now. */
export function writePlace({ query, parameters }: RunContext, target: ObjectName): WritePlace {
  const seconds = Number(parameters.LOCK_TIMEOUT)
  return {
    table: shownName({ ...target, database: null, schema: null }),
    queryId: query.id,
    lockTimeoutMs: seconds * 1000,
    signal: query.abort.signal,
    onLocked: (holder) => {
      throw holder === 'aborted' ? cancelled() : lockedOut(holder, query.id, seconds)
    },
  }
}
