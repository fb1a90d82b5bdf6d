import type { Database } from '../../duckdb/open-database.ts'
import type { Session } from '../port.ts'
import { commitStream } from './commit-stream.ts'
import { decimalViewSql } from './decimal-view.ts'
import { fieldHistorySql } from './field-history-view.ts'
import { holdsGeneration } from './generation-table.ts'
import { recordHistorySql } from './record-history-view.ts'
import { reverseSession } from './reverse-session.ts'
import { stateUpkeepOf } from './state-upkeep.ts'
import { stateTablesOf } from './state-tables.ts'
import { describeQuery, ensureTable, ensureView, introspect, planTable } from './tables.ts'

export function openSession(db: Database): Session {
  return {
    query: (sql) => db.stream(sql),
    describe: (sql) => describeQuery(db, sql),
    introspect: (schema, name) => introspect(db, schema, name),
    ensureTable: (table, policy) => ensureTable(db, table, policy),
    planTable: (table, policy) => planTable(db, table, policy),
    ensureView: (schema, name, sql) => ensureView(db, schema, name, sql),
    ensureFieldHistory: (view) => ensureView(db, view.schema, view.name, fieldHistorySql(view)),
    ensureRecordHistory: (view) => ensureView(db, view.schema, view.name, recordHistorySql(view)),
    ensureDecimals: (view) => ensureView(db, view.schema, view.name, decimalViewSql(view)),
    state: stateTablesOf(db),
    etl: {
      commit: (commit) => commitStream(db, commit),
      holdsGeneration: (request) => holdsGeneration(db, request),
    },
    reverse: reverseSession(db),
    upkeep: stateUpkeepOf(db),
  }
}
