import type { Database } from '../../duckdb/open-database.ts'
import { quoteText } from '../../duckdb/sql-text.ts'
import type { StateUpkeep } from '../state-upkeep.ts'
import { eraseKey, findKey, modelHasKey } from './erase-key.ts'
import { moveState } from './move-state.ts'
import { hasState, replaceState, stateRows, stateTablesOfSync } from './state-rows.ts'

export function stateUpkeepOf(db: Database): StateUpkeep {
  return {
    has: (sync) => hasState(db, sync),
    tables: (sync) => stateTablesOfSync(db, sync),
    rows: (sync, table) => stateRows(db, sync, table),
    replace: (replacement) => replaceState(db, replacement),
    move: (move) => moveState(db, move),
    pruneChanges: async ({ sync, recordedBefore, limit }) => {
      // The oldest stand together at the front, so a bounded number is found without reading everything.
      const before = quoteText(recordedBefore.replace('T', ' ').replace('Z', ''))
      const pruned = await db.run(
        `DELETE FROM _millrace.changes WHERE rowid IN (SELECT rowid FROM _millrace.changes ` +
          `WHERE sync = ${quoteText(sync)} AND recorded_at < TIMESTAMP ${before} LIMIT ${limit})`,
      )
      return pruned.rowsChanged
    },
    findKey: ({ keys }) => findKey(db, keys),
    modelHasKey: (request) => modelHasKey(db, request),
    eraseKey: (request) => eraseKey(db, request),
  }
}
