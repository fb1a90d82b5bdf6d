/** The Snowflake simulator: an account in a directory, served on 127.0.0.1 to the real snowflake-sdk. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { threadsOf } from '../../duckdb/open-database.ts'
import { ownFolder } from '../../model/own-folder.ts'
import { checkFault } from '../check-fault.ts'
import { createFaultBoard, type FaultSpec } from '../fault.ts'
import {
  accountName,
  adminUser,
  databaseName,
  openAccount,
  serviceRole,
  serviceUser,
  warehouseName,
} from './account/account.ts'
import { createRights } from './account/rights.ts'
import { snowflakeFaults } from './faults.ts'
import { createJournal, type JournalEntry } from './journal.ts'
import { openCatalog } from './run/catalog.ts'
import { createHistory, saveHistory, usualLag, type UsageLag } from './run/history.ts'
import { createQueryStore } from './run/query-store.ts'
import { createScanned } from './run/scanned.ts'
import { seedAccount } from './seed-account.ts'
import type { Service } from './service.ts'
import { closeSession } from './session/open-session.ts'
import { createTokens, usualValidity, type TokenValidity } from './session/tokens.ts'
import { createWriteLock } from './session/write-lock.ts'
import { setupSql } from './sql/setup.ts'
import { createLoadHistory } from './stage/load-history.ts'
import { startReaper } from './session/reap-sessions.ts'
import { startServer } from './wire/server.ts'

export type SnowflakeOptions = {
  /** Its DuckDB file, its stages and its state live here, and survive a restart. */
  readonly directory: string
  /** @default any */
  readonly port?: number
  /** @default the machine's */
  readonly now?: () => Date
  readonly faults?: { readonly [name: string]: FaultSpec }
  /** Users beside the two that there are; kept. */
  readonly users?: readonly NewUser[]
  readonly validity?: TokenValidity
  /** How long a request waits for its statement. @default 45,000 */
  readonly patienceMs?: number
  /** How late the views of ACCOUNT_USAGE tell of a statement. @default as late as the vendor's may be */
  readonly usageLag?: UsageLag
  /** How long a transaction may be idle while others wait for its lock. @default 300,000 */
  readonly idleTransactionMs?: number
  /** DuckDB's words. @default 1GB */
  readonly memoryLimit?: string
}

export type NewUser = {
  readonly name: string
  /** PEM, PKCS8: its public part is registered. */
  readonly privateKey?: string
  /** The second key, for rotation. */
  readonly secondPrivateKey?: string
  readonly roles?: readonly string[]
  readonly defaultRole?: string
  readonly locked?: boolean
  readonly disabled?: boolean
  readonly allowedAddresses?: readonly string[]
  readonly tokens?: readonly {
    readonly kind: 'pat' | 'oauth'
    readonly value: string
    readonly role?: string
    readonly expiresAt?: Date
  }[]
}

export type SnowflakeConnection = {
  readonly account: string
  readonly user: string
  /** PEM, PKCS8: the simulator's own. */
  readonly privateKey: string
  readonly role: string
  readonly warehouse: string
  readonly database: string
  /** The SDK's `accessUrl`. */
  readonly url: string
}

export type RunningSnowflake = {
  readonly port: number
  readonly url: string
  /** What a target's `warehouse:` needs. */
  readonly connection: SnowflakeConnection
  /** The same for an administrator (ACCOUNTADMIN). */
  readonly admin: SnowflakeConnection
  readonly journal: () => readonly JournalEntry[]
  /** @see README for the names */
  readonly fault: (name: string, spec: FaultSpec | null) => void
  /** Session ids, and who waits for whom. */
  readonly sessions: () => readonly { readonly id: string; readonly user: string; readonly inTransaction: boolean }[]
  readonly waiting: () => number
  /** Statements that are at work, or wait. */
  readonly running: () => readonly string[]
  readonly close: () => Promise<void>
}

export async function startSnowflake(options: SnowflakeOptions): Promise<RunningSnowflake> {
  const { directory } = options
  mkdirSync(directory, ownFolder(directory))
  const now = options.now ?? (() => new Date())
  const instance = await openInstance(options)
  const own = await instance.connect()
  await setUp(own)
  const account = openAccount(directory)
  const journal = createJournal()
  const catalog = await openCatalog(own)
  const faults = createFaultBoard({}, () => {})
  const setFault = (name: string, spec: FaultSpec | null) => {
    checkFault(name, spec, { vendor: 'the simulated Snowflake', faults: snowflakeFaults, isOpen: false })
    faults.set(name, spec)
  }
  for (const [name, spec] of Object.entries(options.faults ?? {})) setFault(name, spec)
  let url = ''
  const service: Service = {
    directory,
    account,
    rights: createRights(account),
    instance,
    catalog,
    lock: createWriteLock(),
    tokens: createTokens(() => now().getTime(), options.validity ?? usualValidity),
    sessions: new Map(),
    queries: createQueryStore(join(directory, 'results'), () => now().getTime()),
    journal,
    faults,
    now,
    patienceMs: options.patienceMs ?? 45_000,
    idleTransactionMs: options.idleTransactionMs ?? 300_000,
    url: () => url,
    scanned: createScanned(),
    saveHistory: () => saveHistory(own, journal, now()),
  }
  await seedAccount(service, own, { users: options.users ?? [], lag: options.usageLag ?? usualLag })
  const server = await startServer(service, options.port ?? 0)
  url = `http://127.0.0.1:${server.port}`
  const stopReaping = startReaper(service)
  const connectionOf = (user: string, role: string): SnowflakeConnection => ({
    account: accountName,
    user,
    privateKey: account.state.keys[user] ?? '',
    role,
    warehouse: warehouseName,
    database: databaseName,
    url,
  })
  return {
    port: server.port,
    url,
    connection: connectionOf(serviceUser, serviceRole),
    admin: connectionOf(adminUser, 'ACCOUNTADMIN'),
    journal: () => journal.entries(),
    fault: setFault,
    sessions: () =>
      [...service.sessions.values()].map(({ id, user, transaction }) => ({
        id,
        user,
        inTransaction: transaction.isOpen(),
      })),
    waiting: () => service.lock.waiting(),
    running: () => service.queries.running().map(({ sql }) => sql),
    close: async () => {
      stopReaping()
      await server.close()
      for (const session of service.sessions.values()) await closeSession(service, session)
      await saveHistory(own, journal, now())
      own.closeSync()
      instance.closeSync()
    },
  }
}

const openInstance = ({ directory, memoryLimit }: SnowflakeOptions): Promise<DuckDBInstance> =>
  DuckDBInstance.create(join(directory, 'warehouse.duckdb'), {
    memory_limit: memoryLimit ?? '1GB',
    ...threadsOf(null),
    temp_directory: join(directory, 'spill'),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // NULLs are last when they go up, and first when they go down, as the translation writes it out.
    default_null_order: 'nulls_last',
  })

async function setUp(connection: DuckDBConnection): Promise<void> {
  await connection.run(`SET TimeZone = 'UTC'`)
  await connection.run(`CREATE SCHEMA IF NOT EXISTS _sandbox`)
  await connection.run('BEGIN TRANSACTION')
  for (const sql of setupSql) await connection.run(sql)
  await createHistory(connection)
  await createLoadHistory(connection)
  await connection.run('COMMIT')
}
