/** What the simulator is made of: one account, one DuckDB file, and whoever is signed in. */
import type { DuckDBInstance } from '@duckdb/node-api'
import type { Account } from './account/account.ts'
import type { Rights } from './account/rights.ts'
import type { Catalog } from './run/catalog.ts'
import type { QueryStore } from './run/query-store.ts'
import type { Scanned } from './run/scanned.ts'
import type { FaultBoard } from '../fault.ts'
import type { Session } from './session/session.ts'
import type { Tokens } from './session/tokens.ts'
import type { WriteLock } from './session/write-lock.ts'
import type { Journal } from './journal.ts'

export type Service = {
  readonly directory: string
  readonly account: Account
  readonly rights: Rights
  readonly instance: DuckDBInstance
  readonly catalog: Catalog
  readonly lock: WriteLock
  readonly tokens: Tokens
  readonly sessions: Map<string, Session>
  readonly queries: QueryStore
  readonly journal: Journal
  readonly faults: FaultBoard
  readonly now: () => Date
  /** How long a request waits for its statement before the client is told to ask again. */
  readonly patienceMs: number
  /** How long a transaction may be idle while others wait for its lock. */
  readonly idleTransactionMs: number
  readonly scanned: Scanned
  /** Into the table behind QUERY_HISTORY. */
  readonly saveHistory: () => Promise<void>
  /** Where the client reaches us; known once it listens. */
  readonly url: () => string
}
