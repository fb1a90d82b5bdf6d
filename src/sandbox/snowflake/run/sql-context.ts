/** What reading a statement may ask of the session: its place, its names, the tables that there are. */
import { accountName } from '../account/account.ts'
import { fullName } from '../account/rights.ts'
import type { Bind, ObjectName, SqlContext } from '../sql/statement.ts'
import { keyOf, type CatalogObject } from './catalog.ts'
import { sessionFunction } from './session-functions.ts'
import type { RunContext } from './run-statement.ts'
import { viewColumns } from './view-columns.ts'

export function sqlContext(context: RunContext, binds: readonly Bind[]): SqlContext {
  const { service, session, parameters, variables } = context
  const own: SqlContext = {
    database: session.database,
    schema: session.schema,
    binds,
    session: {
      user: session.user,
      role: session.role,
      warehouse: session.warehouse,
      sessionId: session.id,
      account: accountName,
      lastQueryId: session.lastQueryId,
    },
    columnsOf: (table) => findRelation(context, table)?.columns ?? null,
    viewColumns: (view) =>
      viewColumns(findRelation(context, view), own, (name, table) => isReadable(context, name, table)),
    hidden: (database) => hiddenIn(context, database),
    isTemporary: (table) => session.temporary.has(keyOf('relation', table)),
    hasSchema: (schema) => service.catalog.hasSchema(schema),
    tableFunction: (name, args, named) => sessionFunction(context, name, { args, named }),
    ...(variables ? { variables } : {}),
    sessionVariables: session.variables,
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])),
    now: service.now(),
  }
  return own
}

function isReadable({ service, session }: RunContext, view: ObjectName, table: ObjectName): boolean {
  const { rights, catalog } = service
  const owner = rights.ownerOf('VIEW', fullName(view))
  const found = catalog.get('relation', table)
  if (owner === null || !found || table.database === 'SNOWFLAKE' || session.temporary.has(keyOf('relation', table)))
    return true
  return rights.maySee(owner, table) && rights.may(owner, ['SELECT'], found.kind.toUpperCase(), fullName(table))
}

function hiddenIn({ service, session }: RunContext, database: string): readonly ObjectName[] {
  const shown = service.rights.shown(session.role)
  return [...service.catalog.all()]
    .filter((object) => object.name.database === database && !shown(object))
    .map(({ name }) => name)
    .filter((name) => !session.temporary.has(keyOf('relation', name)))
}

/** A session's temporary table hides a permanent one of the same name. */
export const findRelation = (
  { service, session }: Pick<RunContext, 'service' | 'session'>,
  name: ObjectName,
): CatalogObject | undefined => session.temporary.get(keyOf('relation', name)) ?? service.catalog.get('relation', name)
