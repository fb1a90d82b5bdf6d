/** Statements by id: running, done or failed; what a retried request, a poll or a cancel finds. */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SnowflakeError } from '../sql/snowflake-error.ts'
import type { Session } from '../session/session.ts'
import type { ResultSet } from './result-set.ts'

export type Outcome = {
  readonly result: ResultSet
  readonly statementTypeId: number
  /** Of PUT and GET: the SDK moves the files itself, by this. */
  readonly transfer?: { readonly [key: string]: unknown }
  /** Of a request with several statements: theirs. */
  readonly children?: readonly { readonly queryId: string; readonly statementTypeId: number }[]
  /** Rows that it changed, by kind. */
  readonly changed?: { readonly inserted: number; readonly updated: number; readonly deleted: number }
  readonly bytesScanned?: number
}

export type QueryRecord = {
  readonly id: string
  readonly requestId: string | null
  readonly session: Session
  readonly sql: string
  readonly startedAt: number
  readonly abort: AbortController
  readonly async: boolean
  state: 'running' | 'done' | 'failed'
  outcome: Outcome | null
  error: SnowflakeError | null
  /** The fault `lose_commit_answer`: it was done, the socket is cut; and what a request that is sent again gets. */
  lostAnswer: 'answer' | 'cut' | 'gone' | null
  /** Settles when it is done, whichever way; never throws. */
  finished: Promise<void>
}

export type QueryStore = {
  readonly open: (query: Pick<QueryRecord, 'session' | 'sql' | 'requestId' | 'async'>) => QueryRecord
  readonly get: (id: string) => QueryRecord | undefined
  readonly byRequest: (requestId: string) => QueryRecord | undefined
  readonly running: () => readonly QueryRecord[]
  readonly directoryOf: (id: string) => string
}

export function createQueryStore(directory: string, now: () => number): QueryStore {
  // Results of a life before this one: nobody has their ids.
  rmSync(directory, { recursive: true, force: true })
  const byId = new Map<string, QueryRecord>()
  const byRequest = new Map<string, QueryRecord>()
  const forgetOldest = () => {
    for (const [id, query] of byId) {
      if (byId.size <= maxKept) return
      if (query.state === 'running') continue
      byId.delete(id)
      if (query.requestId) byRequest.delete(query.requestId)
      rmSync(join(directory, id), { recursive: true, force: true })
    }
  }
  return {
    open: (query) => {
      const record: QueryRecord = {
        ...query,
        id: createQueryId(now()),
        startedAt: now(),
        abort: new AbortController(),
        state: 'running',
        outcome: null,
        error: null,
        lostAnswer: null,
        finished: Promise.resolve(),
      }
      byId.set(record.id, record)
      if (query.requestId) byRequest.set(query.requestId, record)
      forgetOldest()
      return record
    },
    get: (id) => byId.get(id),
    byRequest: (requestId) => byRequest.get(requestId),
    running: () => [...byId.values()].filter(({ state }) => state === 'running'),
    directoryOf: (id) => join(directory, id),
  }
}

/** Begins with the time, in minutes, as Snowflake's do. */
function createQueryId(now: number): string {
  const minutes = Math.floor(now / 60_000)
    .toString(16)
    .padStart(8, '0')
    .slice(-8)
  const rest = randomBytes(12).toString('hex')
  return [minutes, rest.slice(0, 4), rest.slice(4, 8), rest.slice(8, 12), rest.slice(12)].join('-').slice(0, 36)
}

/** Snowflake keeps results for a day; here it is a number of them. */
const maxKept = 300
