/** What an account holds beside its data: users, roles, warehouses. Kept in one small JSON file, written whole. */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publicKeyOf } from './key-pair.ts'

export type User = {
  readonly name: string
  /** The base64 of a public key without its PEM lines, as ALTER USER … SET RSA_PUBLIC_KEY takes it; the second is for rotation. */
  publicKey: string | null
  publicKey2: string | null
  defaultRole: string | null
  defaultWarehouse: string | null
  roles: string[]
  disabled: boolean
  locked: boolean
  /** Addresses that may sign in; null: all. */
  allowedAddresses: string[] | null
  tokens: UserToken[]
}

export type UserToken = {
  readonly kind: 'pat' | 'oauth' | 'browser'
  readonly value: string
  /** A token may be bound to one role. */
  readonly role: string | null
  /** Milliseconds; null: never. */
  expiresAt: number | null
}

export type Grant = {
  readonly privilege: string
  /** TABLE, SCHEMA, DATABASE, WAREHOUSE, ACCOUNT, FUTURE TABLE … */
  readonly on: string
  /** Folded, with its parents: DB.SCHEMA.TABLE. For FUTURE …: what they lie in. */
  readonly name: string
  readonly grantor: string
}

export type Role = { readonly name: string; readonly grants: Grant[]; readonly roles: string[] }

export type VirtualWarehouse = {
  readonly name: string
  size: string
  autoResume: boolean
  suspended: boolean
  /** Seconds; 0: none of its own. */
  statementTimeout: number
}

export type AccountState = {
  readonly account: string
  readonly users: { [name: string]: User }
  readonly roles: { [name: string]: Role }
  readonly warehouses: { [name: string]: VirtualWarehouse }
  /** The simulator's own secrets, as PEM (PKCS8): user → key. */
  readonly keys: { [user: string]: string }
}

export type Account = {
  readonly state: AccountState
  /** After each change. */
  readonly save: () => void
}

export function openAccount(directory: string): Account {
  const path = join(directory, 'account.json')
  const kept = existsSync(path)
  // Our own file.
  const state = kept ? (JSON.parse(readFileSync(path, 'utf8')) as AccountState) : newAccount()
  const save = () => {
    writeFileSync(`${path}.new`, JSON.stringify(state, null, 1), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
  if (!kept) save()
  return { state, save }
}

/** An account as `millrace grants snowflake` would have set it up, and an administrator. */
function newAccount(): AccountState {
  const keys: { [user: string]: string } = { [serviceUser]: keyOf(serviceUser), [adminUser]: keyOf(adminUser) }
  const user = (name: string, role: string): User => ({
    ...newUser(name),
    publicKey: publicKeyOf(keys[name] ?? ''),
    defaultRole: role,
    defaultWarehouse: warehouseName,
    roles: [role],
  })
  const grant = (privilege: string, on: string, name: string): Grant => ({
    privilege,
    on,
    name,
    grantor: 'ACCOUNTADMIN',
  })
  return {
    account: accountName,
    users: { [serviceUser]: user(serviceUser, serviceRole), [adminUser]: user(adminUser, 'ACCOUNTADMIN') },
    roles: {
      ACCOUNTADMIN: { name: 'ACCOUNTADMIN', grants: [], roles: ['SECURITYADMIN', 'SYSADMIN'] },
      SECURITYADMIN: {
        name: 'SECURITYADMIN',
        grants: [grant('MANAGE GRANTS', 'ACCOUNT', 'ACCOUNT')],
        roles: ['USERADMIN'],
      },
      USERADMIN: {
        name: 'USERADMIN',
        grants: [grant('CREATE USER', 'ACCOUNT', 'ACCOUNT'), grant('CREATE ROLE', 'ACCOUNT', 'ACCOUNT')],
        roles: [],
      },
      SYSADMIN: {
        name: 'SYSADMIN',
        grants: [grant('CREATE DATABASE', 'ACCOUNT', 'ACCOUNT'), grant('CREATE WAREHOUSE', 'ACCOUNT', 'ACCOUNT')],
        roles: [serviceRole],
      },
      PUBLIC: { name: 'PUBLIC', grants: [], roles: [] },
      [serviceRole]: {
        name: serviceRole,
        grants: [
          grant('USAGE', 'WAREHOUSE', warehouseName),
          grant('USAGE', 'DATABASE', databaseName),
          grant('CREATE SCHEMA', 'DATABASE', databaseName),
          grant('MONITOR', 'WAREHOUSE', warehouseName),
        ],
        roles: [],
      },
    },
    warehouses: {
      [warehouseName]: {
        name: warehouseName,
        size: 'X-Small',
        autoResume: true,
        suspended: false,
        statementTimeout: 0,
      },
    },
    keys,
  }
}

export const newUser = (name: string): User => ({
  name,
  publicKey: null,
  publicKey2: null,
  defaultRole: null,
  defaultWarehouse: null,
  roles: [],
  disabled: false,
  locked: false,
  allowedAddresses: null,
  tokens: [],
})

/** The same for every account that this process makes: to make one takes as long as the rest of an account. */
const keyOf = (user: string): string => {
  const key =
    keys.get(user) ??
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  keys.set(user, key)
  return key
}
const keys = new Map<string, string>()

export const accountName = 'SANDBOX'
export const serviceUser = 'MILLRACE'
export const adminUser = 'ADMIN'
export const serviceRole = 'MILLRACE'
export const warehouseName = 'MILLRACE_WH'
export const databaseName = 'MILLRACE'
