/** GRANT and REVOKE: https://docs.snowflake.com/en/sql-reference/sql/grant-privilege */
import type { RunContext } from '../run/run-statement.ts'
import { kindOf } from '../run/catalog.ts'
import { dependentGrant, insufficient } from '../run/failures.ts'
import { shownName, shownPart } from '../sql/names.ts'
import { objectMissing, unsupported } from '../sql/snowflake-error.ts'
import type { ObjectName } from '../sql/statement.ts'
import type { Token } from '../sql/tokenize.ts'
import type { TokenReader } from '../sql/token-reader.ts'
import type { Grant, Role } from './account.ts'
import { isInside, privilegesOn } from './privileges.ts'
import { fullName, type Rights } from './rights.ts'
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
  const wished = readPrivileges(reader)
  const { objects, on, within } = readObjects(context, reader)
  const owns = wished.some(({ privilege }) => privilege === 'OWNERSHIP')
  for (const { privilege, token } of wished) {
    // Ownership moves, by a statement of its own, and is never taken away.
    const isThere = owns ? gives && wished.length === 1 : isGrantable(privilege, on, within)
    if (!isThere) throw reader.unexpected(token)
  }
  reader.expectWord(gives ? 'TO' : 'FROM')
  reader.takeWord('ROLE')
  const role = findRole(context, readParts(reader)[0] ?? '')
  const current = owns ? readCurrentGrants(reader) : null
  if (gives && !owns) reader.takeWord('WITH', 'GRANT', 'OPTION')
  reader.expectEnd()
  for (const { name } of objects) mayGrant(context, on, name)
  for (const { name } of objects) {
    if (owns) moveOwnership(context, role, { on, name, current })
    else
      for (const { privilege } of wished)
        for (const one of privilege === 'ALL' ? privilegesOn(on, name) : [privilege])
          if (gives) service.rights.give(role.name, { privilege: one, on, name, grantor: session.role })
          else service.rights.take(role.name, { privilege: one, on, name })
  }
  return 'Statement executed successfully.'
}

const isGrantable = (privilege: string, on: string, name: string): boolean =>
  (privilege === 'ALL' && privilegesOn(on, name).length > 0) || privilegesOn(on, name).includes(privilege)

type Wished = { readonly privilege: string; readonly token: Token }

function readPrivileges(reader: TokenReader): readonly Wished[] {
  const privileges: Wished[] = []
  do {
    const { token } = reader
    const parts: string[] = []
    while (!reader.isWord('ON') && !isDone(reader)) {
      if (reader.takeSymbol(',')) break
      parts.push(readWord(reader))
    }
    if (parts.length === 0) throw reader.unexpected()
    const privilege = parts.join(' ')
    privileges.push({ privilege: privilege === 'ALL PRIVILEGES' ? 'ALL' : privilege, token })
  } while (!reader.takeWord('ON'))
  return privileges
}

const readCurrentGrants = (reader: TokenReader): 'COPY' | 'REVOKE' | null =>
  reader.takeWord('COPY', 'CURRENT', 'GRANTS')
    ? 'COPY'
    : reader.takeWord('REVOKE', 'CURRENT', 'GRANTS')
      ? 'REVOKE'
      : null

type Ownership = { readonly on: string; readonly name: string; readonly current: 'COPY' | 'REVOKE' | null }

/** https://docs.snowflake.com/en/sql-reference/sql/grant-ownership */
function moveOwnership({ session, service }: RunContext, to: Role, { on, name, current }: Ownership): void {
  const { rights, account } = service
  const isOn = (grant: Grant) => grant.on === on && grant.name === name
  if (to.grants.some((grant) => isOn(grant) && grant.privilege === 'OWNERSHIP')) return
  for (const role of Object.values(account.state.roles))
    for (const grant of role.grants.filter(isOn)) {
      if (on.startsWith('FUTURE ') && grant.privilege !== 'OWNERSHIP') continue
      if (grant.privilege !== 'OWNERSHIP' && current === null) throw dependentGrant(grant, role.name)
      if (grant.privilege === 'OWNERSHIP' || current === 'REVOKE') rights.take(role.name, grant)
    }
  rights.give(to.name, { privilege: 'OWNERSHIP', on, name, grantor: session.role })
}

type Granted = {
  readonly on: string
  /** Those that there are; where it is for what is yet to come, what they lie in. */
  readonly objects: readonly { readonly name: string }[]
  /** The object, or what all of them lie in. */
  readonly within: string
}

function readObjects(context: RunContext, reader: TokenReader): Granted {
  const { session, service } = context
  if (reader.takeWord('ACCOUNT')) return { on: 'ACCOUNT', objects: [{ name: 'ACCOUNT' }], within: 'ACCOUNT' }
  const future = reader.takeWord('FUTURE')
  if (future || reader.takeWord('ALL')) {
    const { token } = reader
    const on = (reader.takeWord('FILE', 'FORMATS') ? 'FILE_FORMATS' : readWord(reader)).replace(/S$/, '')
    if (!token.value.endsWith('S') && token.value !== 'FILE') throw reader.unexpected(token)
    if (!isInside(on)) throw unsupported(`GRANT on all objects of type ${on}`)
    reader.expectWord('IN')
    if (!reader.isWord('DATABASE') && (on === 'SCHEMA' || !reader.isWord('SCHEMA'))) throw reader.unexpected()
    const where = readWord(reader)
    const name = completeName(readParts(reader), where, session)
    checkThere(context, where, name)
    const within = fullName(name)
    if (future) return { on: `FUTURE ${on}`, objects: [{ name: within }], within }
    const objects = [...service.catalog.all()]
      .filter((object) => object.kind.toUpperCase() === on && fullName(object.name).startsWith(`${within}.`))
      .map((object) => ({ name: fullName(object.name) }))
    return { on, objects, within }
  }
  const on = reader.takeWord('FILE', 'FORMAT') ? 'FILE_FORMAT' : readWord(reader)
  const name = completeName(readParts(reader), on, session)
  checkThere(context, on, name)
  return { on, objects: [{ name: fullName(name) }], within: fullName(name) }
}

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
