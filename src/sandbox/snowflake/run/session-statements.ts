/** USE, ALTER SESSION, UNSET. */
import { shownPart } from '../sql/names.ts'
import type { Statement } from '../sql/statement.ts'
import { defaultParameters, readParameter } from '../session/parameters.ts'
import { cannotUse, roleNotUsable, unknownParameter, wrongParameter } from './failures.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import type { RunContext } from './run-statement.ts'
import { statusOutcome } from './listing.ts'

export function useObject(context: RunContext, use: Extract<Statement, { kind: 'use' }>): Outcome {
  const { service, session } = context
  const { rights, catalog } = service
  switch (use.what) {
    case 'role':
      if (!rights.mayAssume(session.user, use.name)) throw roleNotUsable(shownPart(use.name))
      session.role = use.name
      break
    case 'warehouse':
      if (!rights.mayUse(session.role, 'WAREHOUSE', use.name)) throw cannotUse()
      session.warehouse = use.name
      break
    case 'database':
      useDatabase(context, use.name)
      session.schema = catalog.hasSchema({ database: use.name, schema: 'PUBLIC' }) ? 'PUBLIC' : null
      break
    case 'schema': {
      const database = use.database ?? session.database
      if (database === null || !catalog.hasSchema({ database, schema: use.name })) throw cannotUse()
      if (!rights.maySee(session.role, { database, schema: use.name, name: '' })) throw cannotUse()
      session.database = database
      session.schema = use.name
      break
    }
    case 'secondary_roles':
      break
  }
  return statusOutcome(statementTypes.use)
}

function useDatabase({ service, session }: RunContext, name: string): void {
  const seen = service.rights.mayUse(session.role, 'DATABASE', name)
  if (!service.catalog.hasDatabase(name) || !seen) throw cannotUse()
  session.database = name
}

/** https://docs.snowflake.com/en/sql-reference/sql/alter-session */
export function alterSession({ session }: RunContext, alter: Extract<Statement, { kind: 'alter_session' }>): Outcome {
  const values = Object.entries(alter.set).map(([name, text]) => {
    const read = readParameter(name, text)
    if (!('kind' in read)) return [name, read.value] as const
    throw read.kind === 'unknown' ? unknownParameter(name) : wrongParameter(name, read.value, read.why)
  })
  for (const name of alter.unset) if (!Object.hasOwn(defaultParameters, name)) throw unknownParameter(name)
  for (const [name, value] of values) session.parameters[name] = value
  for (const name of alter.unset) session.parameters[name] = defaultParameters[name] ?? ''
  return statusOutcome(statementTypes.alterSession)
}

export function unsetVariables({ session }: RunContext, names: readonly string[]): Outcome {
  for (const name of names) session.variables.delete(name)
  return statusOutcome(statementTypes.alterSession)
}
