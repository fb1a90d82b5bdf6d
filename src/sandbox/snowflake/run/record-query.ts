/** A finished statement in the journal: what QUERY_HISTORY tells of it later. */
import type { Service } from '../service.ts'
import type { QueryRecord } from './query-store.ts'

export function recordQuery(
  service: Service,
  query: QueryRecord,
  { queryTag, startedAt }: { readonly queryTag: string; readonly startedAt: number },
): void {
  const { session, outcome, error } = query
  const changed = outcome?.changed ?? { inserted: 0, updated: 0, deleted: 0 }
  const rowsChanged = changed.inserted + changed.updated + changed.deleted
  const warehouse = session.warehouse === null ? undefined : service.account.state.warehouses[session.warehouse]
  service.journal.add({
    at: new Date(startedAt).toISOString(),
    sessionId: session.id,
    queryId: query.id,
    sql: query.sql,
    queryTag,
    status: error ? 'failed' : 'ok',
    rows: outcome?.changed ? rowsChanged : (outcome?.result.total ?? 0),
    ...(error ? { code: error.code, message: error.message } : {}),
    user: session.user,
    role: session.role,
    warehouse: session.warehouse,
    warehouseSize: warehouse?.size ?? null,
    database: session.database,
    schema: session.schema,
    queryType: queryType(outcome?.statementTypeId ?? 0),
    milliseconds: service.now().getTime() - startedAt,
    bytesScanned: outcome?.bytesScanned ?? 0,
    rowsInserted: changed.inserted,
    rowsUpdated: changed.updated,
    rowsDeleted: changed.deleted,
  })
}

/** The numbers are the drivers': the JDBC driver's table of statement types has them too. */
export const statementTypes = {
  select: 0x1000,
  insert: 0x3100,
  update: 0x3200,
  delete: 0x3300,
  merge: 0x3400,
  copy: 0x3600,
  alterSession: 0x4100,
  use: 0x4300,
  show: 0x4400,
  describe: 0x4500,
  list: 0x4600,
  block: 0x4700,
  begin: 0x5100,
  commit: 0x5200,
  rollback: 0x5300,
  ddl: 0x6000,
  truncate: 0x6100,
  grant: 0x6200,
  put: 0x7102,
  get: 0x7101,
  remove: 0x7103,
} as const

const names = new Map<number, string>([
  [statementTypes.select, 'SELECT'],
  [statementTypes.insert, 'INSERT'],
  [statementTypes.update, 'UPDATE'],
  [statementTypes.delete, 'DELETE'],
  [statementTypes.merge, 'MERGE'],
  [statementTypes.copy, 'COPY'],
  [statementTypes.alterSession, 'ALTER_SESSION'],
  [statementTypes.use, 'USE'],
  [statementTypes.show, 'SHOW'],
  [statementTypes.describe, 'DESCRIBE'],
  [statementTypes.list, 'LIST_FILES'],
  [statementTypes.block, 'CALL'],
  [statementTypes.begin, 'BEGIN_TRANSACTION'],
  [statementTypes.commit, 'COMMIT'],
  [statementTypes.rollback, 'ROLLBACK'],
  [statementTypes.ddl, 'CREATE'],
  [statementTypes.truncate, 'TRUNCATE_TABLE'],
  [statementTypes.grant, 'GRANT'],
  [statementTypes.put, 'PUT_FILES'],
  [statementTypes.get, 'GET_FILES'],
  [statementTypes.remove, 'REMOVE_FILES'],
])

const queryType = (id: number): string => names.get(id) ?? 'UNKNOWN'
