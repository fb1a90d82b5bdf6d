/** GRANT and REVOKE: https://docs.snowflake.com/en/sql-reference/sql/grant-privilege */
import type { RunContext } from '../run/run-statement.ts'
import { kindOf } from '../run/catalog.ts'
import { insufficient } from '../run/failures.ts'
import { shownName, shownPart } from '../sql/names.ts'
import { objectMissing } from '../sql/snowflake-error.ts'
import type { ObjectName } from '../sql/statement.ts'
import type { Role } from './account.ts'
import { fullName } from './check-rights.ts'
import { completeName, type Words } from './statement-words.ts'

export function runGrant(context: RunContext, words: Words): string {
  const gives = words.word() === 'GRANT'
  if (words.take('ROLE')) return grantRole(context, words, gives)
  if (words.take('DATABASE', 'ROLE')) return grantDatabaseRole(context, words, gives)
  return grantPrivileges(context, words, gives)
}

function grantRole(context: RunContext, words: Words, gives: boolean): string {
  const { state } = context.service.account
  const role = findRole(context, words.name()[0] ?? '')
  mayGrant(context, 'ROLE', role.name)
  words.expect(gives ? 'TO' : 'FROM')
  const toUser = words.take('USER')
  if (!toUser) words.expect('ROLE')
  const [receiver = ''] = words.name()
  const roles = toUser ? state.users[receiver]?.roles : findRole(context, receiver).roles
  if (!roles) throw objectMissing(shownPart(receiver), 'User')
  const place = roles.indexOf(role.name)
  if (gives && place < 0) roles.push(role.name)
  if (!gives && place >= 0) roles.splice(place, 1)
  return 'Statement executed successfully.'
}

/** Those of the shared database: https://docs.snowflake.com/en/sql-reference/snowflake-db-roles */
function grantDatabaseRole(context: RunContext, words: Words, gives: boolean): string {
  const { rights } = context.service
  const parts = words.name()
  const [database, databaseRole = ''] = parts
  if (database !== 'SNOWFLAKE' || !sharedRoles.includes(databaseRole))
    throw objectMissing(parts.map(shownPart).join('.'), 'Database role')
  mayGrant(context, 'DATABASE', 'SNOWFLAKE')
  words.expect(gives ? 'TO' : 'FROM', 'ROLE')
  const role = findRole(context, words.name()[0] ?? '')
  if (!words.isEnd()) words.unexpected()
  const grant = { privilege: databaseRole, on: 'DATABASE', name: 'SNOWFLAKE' }
  if (gives) rights.give(role.name, { ...grant, grantor: context.session.role })
  else rights.take(role.name, grant)
  return 'Statement executed successfully.'
}

const sharedRoles: readonly string[] = ['OBJECT_VIEWER', 'USAGE_VIEWER', 'GOVERNANCE_VIEWER', 'SECURITY_VIEWER']

function grantPrivileges(context: RunContext, words: Words, gives: boolean): string {
  const { session, service } = context
  const privileges = readPrivileges(words)
  const objects = readObjects(context, words)
  words.expect(gives ? 'TO' : 'FROM')
  words.take('ROLE')
  const role = findRole(context, words.name()[0] ?? '')
  words.take('WITH', 'GRANT', 'OPTION')
  if (!words.take('COPY', 'CURRENT', 'GRANTS')) words.take('REVOKE', 'CURRENT', 'GRANTS')
  if (!words.isEnd()) words.unexpected()
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

function readPrivileges(words: Words): readonly string[] {
  const privileges: string[] = []
  do {
    const parts: string[] = []
    while (!words.is('ON') && !words.isEnd()) {
      if (words.takeSymbol(',')) break
      parts.push(words.word())
    }
    if (parts.length === 0) words.unexpected()
    const privilege = parts.join(' ')
    privileges.push(privilege === 'ALL' ? 'ALL PRIVILEGES' : privilege)
  } while (!words.take('ON'))
  return privileges
}

type Granted = { readonly on: string; readonly name: string }

function readObjects(context: RunContext, words: Words): readonly Granted[] {
  const { session, service } = context
  if (words.take('ACCOUNT')) return [{ on: 'ACCOUNT', name: 'ACCOUNT' }]
  const future = words.take('FUTURE')
  if (future || words.take('ALL')) {
    const on = singular(words.word())
    words.expect('IN')
    const where = words.word()
    const name = completeName(words.name(), where, session)
    checkThere(context, where, name)
    if (future) return [{ on: `FUTURE ${on}`, name: fullName(name) }]
    return [...service.catalog.all()]
      .filter((object) => object.kind.toUpperCase() === on && fullName(object.name).startsWith(`${fullName(name)}.`))
      .map((object) => ({ on, name: fullName(object.name) }))
  }
  const on = words.take('FILE', 'FORMAT') ? 'FILE_FORMAT' : words.word()
  const name = completeName(words.name(), on, session)
  checkThere(context, on, name)
  return [{ on, name: fullName(name) }]
}

const singular = (words: string) => words.replace(/S$/, '')

function checkThere({ service, session }: RunContext, on: string, name: ObjectName): void {
  const { catalog, account } = service
  const there =
    on === 'WAREHOUSE'
      ? Object.hasOwn(account.state.warehouses, name.name)
      : on === 'DATABASE' && name.name === 'SNOWFLAKE'
        ? true
        : [...catalog.all()].some(
            (object) => object.kind.toUpperCase() === on && catalog.get(kindOf(object), name) === object,
          )
  if (!there) throw objectMissing(shownName(name), on.charAt(0) + on.slice(1).toLowerCase())
  if (
    !service.rights.may(session.role, ['MANAGE GRANTS'], 'ACCOUNT', 'ACCOUNT') &&
    !service.rights.may(session.role, [], on, fullName(name))
  )
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
  const allowed =
    rights.may(session.role, ['MANAGE GRANTS'], 'ACCOUNT', 'ACCOUNT') ||
    rights.may(session.role, ['OWNERSHIP'], on, name)
  if (!allowed) throw insufficient(on, name)
}
