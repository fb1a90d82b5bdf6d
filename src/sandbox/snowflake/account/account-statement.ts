/** What is said of roles and users; warehouses and grants have files of their own. Everything else is not for here: null. */
import type { Outcome } from '../run/query-store.ts'
import { statementTypes } from '../run/record-query.ts'
import type { RunContext } from '../run/run-statement.ts'
import { statusOutcome } from '../run/listing.ts'
import { openReader } from '../sql/grammar.ts'
import { objectMissing, snowflakeError } from '../sql/snowflake-error.ts'
import { shownPart } from '../sql/names.ts'
import type { TokenReader } from '../sql/token-reader.ts'
import { defaultParameters } from '../session/parameters.ts'
import { newUser, type User } from './account.ts'
import { checkObject } from './check-rights.ts'
import { runGrant } from './grant-statement.ts'
import { readPublicKey } from './key-pair.ts'
import { changeObject, createObject, dropObject, wantedObject } from './named-object.ts'
import { isDone, readParts, readProperties, readWord, type Properties } from './statement-words.ts'
import { runWarehouse } from './warehouse-statement.ts'

export async function runAccountStatement(context: RunContext, sql: string): Promise<Outcome | null> {
  const opening = /^\s*(?:(?:--|\/\/)[^\n]*\n\s*|\/\*[^]*?\*\/\s*)*(\w+)\s+(?:OR\s+REPLACE\s+)?(\w+)/i.exec(sql)
  const [verb = '', what = ''] = [opening?.[1]?.toUpperCase(), opening?.[2]?.toUpperCase()]
  if (verb === 'GRANT' || verb === 'REVOKE') return committed(context, () => runGrant(context, openReader(sql)))
  if (!['CREATE', 'ALTER', 'DROP'].includes(verb)) return null
  if (what === 'ROLE') return committed(context, () => runRole(context, openReader(sql)))
  if (what === 'USER') return committed(context, () => runUser(context, openReader(sql)))
  if (what === 'WAREHOUSE') return committed(context, () => runWarehouse(context, openReader(sql)))
  return null
}

/** Such statements commit what is open, as all DDL does. */
async function committed(context: RunContext, work: () => string): Promise<Outcome> {
  await context.session.transaction.commit()
  const status = work()
  context.service.account.save()
  return statusOutcome(statementTypes.grant, status)
}

function runRole(context: RunContext, reader: TokenReader): string {
  const { state } = context.service.account
  const wish = wantedObject(reader, 'ROLE')
  if (wish.verb === 'ALTER') reader.expectWord('SET')
  if (wish.verb === 'DROP') reader.expectEnd()
  else readProperties(reader, 'ROLE', ['COMMENT'], { some: wish.verb === 'ALTER' })
  mayManage(context, 'CREATE ROLE')
  // One that comes again is granted to nobody.
  const forget = () => {
    for (const { roles } of [...Object.values(state.users), ...Object.values(state.roles)])
      if (roles.includes(wish.name)) roles.splice(roles.indexOf(wish.name), 1)
  }
  if (wish.verb === 'DROP') return dropObject(wish, state.roles, forget)
  if (wish.verb === 'CREATE')
    return createObject(wish, state.roles, () => {
      forget()
      return { name: wish.name, grants: [], roles: [] }
    })
  return changeObject(wish, state.roles, () => undefined)
}

function runUser(context: RunContext, reader: TokenReader): string {
  const { state } = context.service.account
  const wish = wantedObject(reader, 'USER')
  if (wish.verb === 'DROP') {
    reader.expectEnd()
    mayManage(context, 'CREATE USER')
    return dropObject(wish, state.users)
  }
  const change = readUserChange(context, reader, wish.verb)
  mayManage(context, 'CREATE USER')
  if (wish.verb === 'ALTER') return changeObject(wish, state.users, change)
  return createObject(wish, state.users, () => {
    const user = newUser(wish.name)
    change(user)
    return user
  })
}

/** The whole statement, before anything of it is done: https://docs.snowflake.com/en/sql-reference/sql/alter-user */
function readUserChange(context: RunContext, reader: TokenReader, verb: 'CREATE' | 'ALTER'): (user: User) => void {
  if (verb === 'CREATE') {
    const properties = readProperties(reader, 'USER', userProperties)
    return (user) => setUser(user, properties)
  }
  if (reader.takeWord('UNSET')) {
    const keys = reader.list(() => readWord(reader))
    if (!isDone(reader)) throw reader.unexpected()
    return (user) => {
      if (keys.includes('RSA_PUBLIC_KEY')) user.publicKey = null
      if (keys.includes('RSA_PUBLIC_KEY_2')) user.publicKey2 = null
    }
  }
  if (reader.takeWord('ADD', 'PROGRAMMATIC', 'ACCESS', 'TOKEN') || reader.takeWord('ADD', 'PAT')) {
    const [name = ''] = readParts(reader)
    const properties = readProperties(reader, 'PROGRAMMATIC_ACCESS_TOKEN', tokenProperties)
    return (user) => addToken(context, user, name, properties)
  }
  reader.expectWord('SET')
  const properties = readProperties(reader, 'USER', userProperties, { some: true })
  return (user) => setUser(user, properties)
}

function addToken({ service }: RunContext, user: User, name: string, properties: Properties): void {
  const { ROLE_RESTRICTION: role = null, DAYS_TO_EXPIRY: days = '15' } = properties
  // https://docs.snowflake.com/en/sql-reference/sql/alter-user-add-programmatic-access-token
  if (role !== null && !service.rights.mayAssume(user.name, role)) throw objectMissing(shownPart(role), 'Role')
  const expiresAt = service.now().getTime() + Number(days) * 86_400_000
  // The simulator's own: who adds it finds it in the account's file.
  user.tokens.push({ kind: 'pat', value: `sandbox-token-${user.name}-${name}`, role, expiresAt })
}

const tokenProperties: readonly string[] = [
  'ROLE_RESTRICTION',
  'DAYS_TO_EXPIRY',
  'MINS_TO_BYPASS_NETWORK_POLICY_REQUIREMENT',
  'COMMENT',
]

/** https://docs.snowflake.com/en/sql-reference/sql/create-user: its own, and parameters of its sessions. */
const userProperties: readonly string[] = [
  ...`PASSWORD LOGIN_NAME DISPLAY_NAME FIRST_NAME MIDDLE_NAME LAST_NAME EMAIL MUST_CHANGE_PASSWORD DISABLED DAYS_TO_EXPIRY
  MINS_TO_UNLOCK DEFAULT_WAREHOUSE DEFAULT_NAMESPACE DEFAULT_ROLE DEFAULT_SECONDARY_ROLES MINS_TO_BYPASS_MFA DISABLE_MFA
  RSA_PUBLIC_KEY RSA_PUBLIC_KEY_FP RSA_PUBLIC_KEY_2 RSA_PUBLIC_KEY_2_FP TYPE COMMENT NETWORK_POLICY WORKLOAD_IDENTITY
  ALLOWED_INTERFACES ENABLE_UNREDACTED_QUERY_SYNTAX_ERROR PREVENT_UNLOAD_TO_INTERNAL_STAGES`.split(/\s+/),
  ...Object.keys(defaultParameters),
]

function setUser(user: User, properties: Properties): void {
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'RSA_PUBLIC_KEY' || key === 'RSA_PUBLIC_KEY_2') {
      const text = value.replace(/-----[^-]*-----|\s+/g, '')
      if (!readPublicKey(text))
        throw snowflakeError(
          '003500',
          '22023',
          "SQL execution error: New public key rejected by current policy. Reason: 'Invalid public key'.",
        )
      if (key === 'RSA_PUBLIC_KEY') user.publicKey = text
      else user.publicKey2 = text
    }
    if (key === 'DEFAULT_ROLE') user.defaultRole = value
    if (key === 'DEFAULT_WAREHOUSE') user.defaultWarehouse = value
    if (key === 'DISABLED') user.disabled = value === 'TRUE'
  }
}

const mayManage = (context: RunContext, privilege: string) =>
  checkObject(context, [privilege], 'ACCOUNT', { database: null, schema: null, name: 'ACCOUNT' })
