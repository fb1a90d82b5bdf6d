/** What is said of users, roles and warehouses; grants are in grant-statement.ts. Everything else is not for here: null. */
import type { Outcome } from '../run/query-store.ts'
import { statementTypes } from '../run/record-query.ts'
import type { RunContext } from '../run/run-statement.ts'
import { statusOutcome } from '../run/listing.ts'
import { openReader } from '../sql/grammar.ts'
import { snowflakeError } from '../sql/snowflake-error.ts'
import type { TokenReader } from '../sql/token-reader.ts'
import { newUser, type User } from './account.ts'
import { checkObject } from './check-rights.ts'
import { runGrant } from './grant-statement.ts'
import { readPublicKey } from './key-pair.ts'
import { changeObject, createObject, dropObject, wantedObject } from './named-object.ts'
import { isDone, readParts, readProperties, readWord } from './statement-words.ts'
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
  mayManage(context, 'CREATE ROLE')
  if (wish.verb === 'CREATE') return createObject(wish, state.roles, () => ({ name: wish.name, grants: [], roles: [] }))
  if (wish.verb === 'DROP') return dropObject(wish, state.roles)
  return changeObject(wish, state.roles, () => void readProperties(reader))
}

function runUser(context: RunContext, reader: TokenReader): string {
  const { state } = context.service.account
  const wish = wantedObject(reader, 'USER')
  mayManage(context, 'CREATE USER')
  if (wish.verb === 'CREATE')
    return createObject(wish, state.users, () => {
      const user = newUser(wish.name)
      setUser(user, readProperties(reader))
      return user
    })
  if (wish.verb === 'DROP') return dropObject(wish, state.users)
  return changeObject(wish, state.users, (user) => alterUser(context, user, reader))
}

/** https://docs.snowflake.com/en/sql-reference/sql/alter-user */
function alterUser({ service }: RunContext, user: User, reader: TokenReader): void {
  if (reader.takeWord('UNSET')) {
    while (!isDone(reader)) {
      const key = readWord(reader)
      if (key === 'RSA_PUBLIC_KEY') user.publicKey = null
      if (key === 'RSA_PUBLIC_KEY_2') user.publicKey2 = null
      reader.takeSymbol(',')
    }
    return
  }
  if (reader.takeWord('ADD', 'PROGRAMMATIC', 'ACCESS', 'TOKEN') || reader.takeWord('ADD', 'PAT')) {
    const [name = ''] = readParts(reader)
    const { ROLE_RESTRICTION: role = null, DAYS_TO_EXPIRY: days = '15' } = readProperties(reader)
    const expiresAt = service.now().getTime() + Number(days) * 86_400_000
    // The simulator's own: who adds it finds it in the account's file.
    user.tokens.push({ kind: 'pat', value: `sandbox-token-${user.name}-${name}`, role, expiresAt })
    return
  }
  reader.expectWord('SET')
  setUser(user, readProperties(reader))
}

function setUser(user: User, properties: { readonly [key: string]: string }): void {
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
