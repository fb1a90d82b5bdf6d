/** GRANT and REVOKE: https://docs.snowflake.com/en/sql-reference/sql/grant-privilege */
import type { RunContext } from '../run/run-statement.ts'
import { kindOf } from '../run/catalog.ts'
import { insufficient } from '../run/failures.ts'
import { shownName, shownPart } from '../sql/names.ts'
import { objectMissing } from '../sql/snowflake-error.ts'
import type { ObjectName } from '../sql/statement.ts'
import type { TokenReader } from '../sql/token-reader.ts'
import type { Role } from './account.ts'
import { fullName } from './check-rights.ts'
import type { Rights } from './rights.ts'
import { completeName, isDone, readParts, readWord } from './statement-words.ts'

export function runGrant(context: RunContext, reader: TokenReader): string {
  const gives = readWord(reader) === 'GRANT'
  if (reader.takeWord('ROLE')) return grantRole(context, reader, gives)
  if (reader.takeWord('DATABASE', 'ROLE')) return grantDatabaseRole(context, reader, gives)
  return grantPrivileges(context, reader, gives)
}

function grantRole(context: RunContext, reader: TokenReader, gives: boolean): string {
  const { state } = context.service.account
  const role = findRole(context, readParts(reader)[0] ?? '')
  mayGrant(context, 'ROLE', role.name)
  reader.expectWord(gives ? 'TO' : 'FROM')
  const toUser = reader.takeWord('USER')
  if (!toUser) reader.expectWord('ROLE')
  const [receiver = ''] = readParts(reader)
  reader.expectEnd()
  const roles = toUser ? state.users[receiver]?.roles : findRole(context, receiver).roles
  if (!roles) throw objectMissing(shownPart(receiver), 'User')
  const place = roles.indexOf(role.name)
  if (gives && place < 0) roles.push(role.name)
  if (!gives && place >= 0) roles.splice(place, 1)
  return 'Statement executed successfully.'
}

/** Those of the shared database: https://docs.snowflake.com/en/sql-reference/snowflake-db-roles */
function grantDatabaseRole(context: RunContext, reader: TokenReader, gives: boolean): string {
  const { rights } = context.service
  const parts = readParts(reader)
  const [database, databaseRole = ''] = parts
  if (database !== 'SNOWFLAKE' || !sharedRoles.includes(databaseRole))
    throw objectMissing(parts.map(shownPart).join('.'), 'Database role')
  mayGrant(context, 'DATABASE', 'SNOWFLAKE')
  reader.expectWord(gives ? 'TO' : 'FROM', 'ROLE')
  const role = findRole(context, readParts(reader)[0] ?? '')
  reader.expectEnd()
  const grant = { privilege: databaseRole, on: 'DATABASE', name: 'SNOWFLAKE' }
  if (gives) rights.give(role.name, { ...grant, grantor: context.session.role })
  else rights.take(role.name, grant)
  return 'Statement executed successfully.'
}

const sharedRoles: readonly string[] = ['OBJECT_VIEWER', 'USAGE_VIEWER', 'GOVERNANCE_VIEWER', 'SECURITY_VIEWER']

function grantPrivileges(context: RunContext, reader: TokenReader, gives: boolean): string {
  const { session, service } = context
  const privileges = readPrivileges(reader)
  const objects = readObjects(context, reader)
  reader.expectWord(gives ? 'TO' : 'FROM')
  reader.takeWord('ROLE')
  const role = findRole(context, readParts(reader)[0] ?? '')
  reader.takeWord('WITH', 'GRANT', 'OPTION')
  if (!reader.takeWord('COPY', 'CURRENT', 'GRANTS')) reader.takeWord('REVOKE', 'CURRENT', 'GRANTS')
  reader.expectEnd()
  for (const { on, name } of objects) {
    mayGrant(context, on, name)
    for (const privilege of privileges) {
      if (privilege === 'OWNERSHIP' && gives)
        for (const other of Object.keys(service.account.state.roles))
          service.rights.take(other, { privilege, on, name })
      if (gives) service.rights.give(role.name, { privilege, on, name, grantor: session.role })
      else service.rights.take(role.name, { privilege, on, name })
    }
  }
  return 'Statement executed successfully.'
}

function readPrivileges(reader: TokenReader): readonly string[] {
  const privileges: string[] = []
  do {
    const parts: string[] = []
    while (!reader.isWord('ON') && !isDone(reader)) {
      if (reader.takeSymbol(',')) break
      parts.push(readWord(reader))
    }
    if (parts.length === 0) throw reader.unexpected()
    const privilege = parts.join(' ')
    privileges.push(privilege === 'ALL' ? 'ALL PRIVILEGES' : privilege)
  } while (!reader.takeWord('ON'))
  return privileges
}

type Granted = { readonly on: string; readonly name: string }

function readObjects(context: RunContext, reader: TokenReader): readonly Granted[] {
  const { session, service } = context
  if (reader.takeWord('ACCOUNT')) return [{ on: 'ACCOUNT', name: 'ACCOUNT' }]
  const future = reader.takeWord('FUTURE')
  if (future || reader.takeWord('ALL')) {
    const on = singular(readWord(reader))
    reader.expectWord('IN')
    const where = readWord(reader)
    const name = completeName(readParts(reader), where, session)
    checkThere(context, where, name)
    if (future) return [{ on: `FUTURE ${on}`, name: fullName(name) }]
    return [...service.catalog.all()]
      .filter((object) => object.kind.toUpperCase() === on && fullName(object.name).startsWith(`${fullName(name)}.`))
      .map((object) => ({ on, name: fullName(object.name) }))
  }
  const on = reader.takeWord('FILE', 'FORMAT') ? 'FILE_FORMAT' : readWord(reader)
  const name = completeName(readParts(reader), on, session)
  checkThere(context, on, name)
  return [{ on, name: fullName(name) }]
}

const singular = (words: string) => words.replace(/S$/, '')

function checkThere({ service, session }: RunContext, on: string, name: ObjectName): void {
  const { catalog, account, rights } = service
  const isThere =
    on === 'WAREHOUSE'
      ? Object.hasOwn(account.state.warehouses, name.name)
      : (on === 'DATABASE' && name.name === 'SNOWFLAKE') ||
        [...catalog.all()].some(
          (object) => object.kind.toUpperCase() === on && catalog.get(kindOf(object), name) === object,
        )
  if (!isThere || !(managesGrants(rights, session.role) || rights.may(session.role, [], on, fullName(name))))
    throw objectMissing(shownName(name), on.charAt(0) + on.slice(1).toLowerCase())
}

function findRole({ service }: RunContext, name: string): Role {
  const { roles } = service.account.state
  const role = Object.hasOwn(roles, name) ? roles[name] : undefined
  if (!role) throw objectMissing(shownPart(name), 'Role')
  return role
}

/** Its owner, and whoever manages grants. */
function mayGrant({ service, session }: RunContext, on: string, name: string): void {
  const { rights } = service
  if (!managesGrants(rights, session.role) && !rights.may(session.role, ['OWNERSHIP'], on, name))
    throw insufficient(on, name)
}

const managesGrants = (rights: Rights, role: string) => rights.may(role, ['MANAGE GRANTS'], 'ACCOUNT', 'ACCOUNT')
