/** One signed-in session: its place, its parameters, its own DuckDB connection and its transaction. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { CatalogObject } from '../run/catalog.ts'
import type { Parameters } from './parameters.ts'
import type { Variable } from '../sql/statement.ts'
import type { Transaction } from './transaction.ts'

export type Session = {
  readonly id: string
  readonly user: string
  readonly connection: DuckDBConnection
  readonly parameters: Parameters
  readonly transaction: Transaction
  readonly variables: Map<string, Variable>
  /** Temporary tables and stages of its own, by key. */
  readonly temporary: Map<string, CatalogObject>
  role: string
  warehouse: string | null
  database: string | null
  schema: string | null
  lastQueryId: string | null
  closed: boolean
  /** Milliseconds at which its last statement ended. */
  idleSince: number
  /** Statements of a session run one after the other. */
  tail: Promise<unknown>
}

/** Runs `work` after what the session was asked before. */
export function inTurn<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const turn = session.tail.then(work, work)
  session.tail = turn.catch(() => null)
  return turn
}
