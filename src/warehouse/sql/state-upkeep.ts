import type { Engine } from './engine.ts'
import type { StateUpkeep } from '../state-upkeep.ts'
import { eraseKey, findKey, modelHasKey } from './erase-key.ts'
import { moveState } from './move-state.ts'
import { hasState, replaceState, stateRows, stateTablesOfSync } from './state-rows.ts'

export function stateUpkeepOf(db: Engine): StateUpkeep {
  return {
    has: (sync) => hasState(db, sync),
    hasTables: async (schema) => (await db.tablesIn(schema, '')).length > 0,
    tables: (sync) => stateTablesOfSync(db, sync),
    rows: (sync, table) => stateRows(db, sync, table),
    replace: (replacement) => replaceState(db, replacement),
    move: (move) => moveState(db, move),
    pruneChanges: async ({ sync, recordedBefore, limit }) => {
      // The oldest stand together at the front, so a bounded number is found without reading everything.
      const where = `sync = ${db.text(sync)} AND recorded_at < ${db.instant(recordedBefore)}`
      return db.deleteSome('_millrace.changes', where, limit)
    },
    findKey: ({ keys }) => findKey(db, keys),
    modelHasKey: (request) => modelHasKey(db, request),
    eraseKey: (request) => eraseKey(db, request),
  }
}
