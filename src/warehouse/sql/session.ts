import type { Session } from '../port.ts'
import { commitStream } from './commit-stream.ts'
import { decimalViewSql } from './decimal-view.ts'
import type { Engine } from './engine.ts'
import { fieldHistorySql } from './field-history-view.ts'
import { holdsGeneration } from './generation-table.ts'
import { holdsOtherVersions } from './other-versions.ts'
import { recordHistorySql } from './record-history-view.ts'
import { reverseSession } from './reverse-session.ts'
import { holdsRowsBeside } from './rows-of.ts'
import { stateUpkeepOf } from './state-upkeep.ts'
import { stateTablesOf } from './state-tables.ts'
import { ensureTable, planTable } from './tables.ts'

export function openSession(db: Engine): Session {
  return {
    query: db.stream,
    describe: db.describe,
    introspect: db.introspect,
    ensureTable: (table, policy) => ensureTable(db, table, policy),
    planTable: (table, policy) => planTable(db, table, policy),
    ensureView: db.makeView,
    ensureFieldHistory: async (view) => {
      const parent = await db.introspect(view.schema, view.parent.table)
      await db.makeView(view.schema, view.name, fieldHistorySql(db, view, parent?.columns ?? []))
    },
    ensureRecordHistory: (view) => db.makeView(view.schema, view.name, recordHistorySql(db, view)),
    ensureDecimals: (view) => db.makeView(view.schema, view.name, decimalViewSql(db, view)),
    state: stateTablesOf(db),
    etl: {
      commit: (commit) => commitStream(db, commit),
      holdsGeneration: (request) => holdsGeneration(db, request),
      holdsRowsBeside: (request) => holdsRowsBeside(db, request),
      holdsOtherVersions: (request) => holdsOtherVersions(db, request),
    },
    reverse: reverseSession(db),
    upkeep: stateUpkeepOf(db),
  }
}
