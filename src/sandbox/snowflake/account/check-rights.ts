/** What a statement needs, and the refusal where the role lacks it. */
import { shownName, shownPart } from '../sql/names.ts'
import { objectMissing, type SnowflakeError } from '../sql/snowflake-error.ts'
import type { Dml, ObjectName } from '../sql/statement.ts'
import { keyOf } from '../run/catalog.ts'
import { insufficient } from '../run/failures.ts'
import type { RunContext } from '../run/run-statement.ts'
import { fullName } from './rights.ts'
import { findRelation } from '../run/sql-context.ts'

/** @throws SnowflakeError */
export function checkReads(context: RunContext, reads: readonly ObjectName[]): void {
  for (const name of reads) {
    if (name.schema === 'INFORMATION_SCHEMA') checkSeen(context, name)
    else if (name.database === 'SNOWFLAKE') checkShared(context, name)
    else checkTable(context, name, ['SELECT'])
  }
}

/** @throws SnowflakeError */
export function checkWrite(context: RunContext, { verb, target, overwrite, counts }: Dml): void {
  const needed: string[] =
    verb === 'merge'
      ? [
          ...(counts.inserted ? ['INSERT'] : []),
          ...(counts.updated ? ['UPDATE'] : []),
          ...(counts.deleted ? ['DELETE'] : []),
        ]
      : [verb.toUpperCase(), ...(overwrite ? ['DELETE'] : [])]
  for (const privilege of needed) checkTable(context, target, [privilege])
}

/** One of these privileges on a table or view, whose schema the role sees. */
export function checkTable(context: RunContext, name: ObjectName, privileges: readonly string[]): void {
  if (context.session.temporary.has(keyOf('relation', name))) return
  const found = findRelation(context, name)
  if (!found) return
  checkSeen(context, name)
  checkObject(context, privileges, found.kind.toUpperCase(), name)
}

/** One of these privileges on a schema or database, or whatever else has a name. */
export function checkObject(context: RunContext, privileges: readonly string[], on: string, name: ObjectName): void {
  const { service, session } = context
  if (!service.rights.may(session.role, privileges, on, fullName(name))) throw insufficient(on, shownPart(name.name))
}

/** What lies in a schema that the role may not use is as if it were not there. */
export function checkSeen({ service, session }: RunContext, name: ObjectName): void {
  if (!service.rights.maySee(session.role, name)) throw missing(name)
}

function checkShared({ service, session }: RunContext, name: ObjectName): void {
  const roles = ['IMPORTED PRIVILEGES', ...(viewers[name.name] ?? [])]
  if (!service.rights.may(session.role, roles, 'DATABASE', 'SNOWFLAKE')) throw missing(name)
}

/** Which role of the shared database sees which view: https://docs.snowflake.com/en/sql-reference/snowflake-db-roles */
const viewers: { readonly [view: string]: readonly string[] } = {
  QUERY_HISTORY: ['GOVERNANCE_VIEWER'],
  QUERY_ATTRIBUTION_HISTORY: ['USAGE_VIEWER', 'GOVERNANCE_VIEWER'],
}

const missing = (name: ObjectName): SnowflakeError => objectMissing(shownName(name))
